"""The policies, on a clock that the test turns: plain floats."""
