"""Errors of the local Cassandra."""

from __future__ import annotations

from loader.errors import LoaderError, UsageError


class MissingError(UsageError):
    """This machine lacks something that a local Cassandra needs; the text says what, and how to get it."""


class NodeError(LoaderError):
    """A node did not start, did not stop or died; the text has the last lines of its log."""
