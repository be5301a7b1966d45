"""Errors of run folders and checkpoints."""

from __future__ import annotations

from loader.errors import LoaderError


class CheckpointError(LoaderError):
    """A run folder or a checkpoint cannot be used, read or written. Exit 2 before anything is read, 3 later."""
