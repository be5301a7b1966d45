"""What can go wrong with the folder of a run."""

from __future__ import annotations


class CheckpointError(Exception):
    """A run folder or a checkpoint cannot be used, read or written. Exit 2 before anything is read, 3 later."""
