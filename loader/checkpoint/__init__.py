"""The run folder and its append-only record of what was settled."""
