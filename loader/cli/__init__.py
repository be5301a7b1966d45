"""Commands: parse, call, exit code. Nothing else in the package knows this part."""
