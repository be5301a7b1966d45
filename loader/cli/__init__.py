"""Command line: parses, calls, and returns exit codes. Nothing else in the package imports it."""
