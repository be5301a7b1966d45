"""The run folder its append-only record of what was settled, and notes of what is under way."""
