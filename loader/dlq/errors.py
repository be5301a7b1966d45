"""Errors of dead letter queues."""

from __future__ import annotations

from loader.errors import LoaderError


class DlqError(LoaderError):
    """A queue, or its `.replayed`, cannot be opened, read or written. Exit 2 before anything is read, 3 later."""


class LetterError(ValueError):
    """A line is not a dead letter; the message says why."""
