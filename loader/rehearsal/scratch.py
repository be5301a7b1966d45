"""A keyspace for one rehearsal: made, and dropped for certain; those of rehearsals that were killed are dropped too."""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cassandra import InvalidRequest
from cassandra.protocol import ConfigurationException, SyntaxException

from loader.durable import files
from loader.errors import UsageError
from loader.local.state import state_folder
from loader.mapping.cql.definition import definitions
from loader.mapping.cql.table import Table, quoted
from loader.rehearsal.interruption import undisturbed
from loader.targets.cassandra.classify import DOWN
from loader.targets.cassandra.schema import read_table

_NAME = re.compile(r"loader_rehearsal_([0-9a-f]{8})[0-9a-f]{8}")  # the first half is when it began, in seconds
_OLD = 24 * 60 * 60  # seconds after which a keyspace whose owner is not known is taken for a left-over
_REPLICATION = "{'class': 'SimpleStrategy', 'replication_factor': 1}"


def rehearsals_folder() -> Path:
    """The user's folder for rehearsals that go on, beside that of the local Cassandra."""
    return state_folder().with_name("rehearsals")


class Scratch:
    """The scratch keyspaces on one Cassandra, and a folder for each that this machine owns.

    Who owns a keyspace holds the lock in its folder as long as it lives. `warn` is told what could not be dropped.
    """

    def __init__(self, session: Any, folder: Path, now: float, warn: Callable[[str], None]) -> None:
        """`now` is in seconds since the epoch."""
        self._session = session
        self._folder = folder
        self._now = int(now)
        self._warn = warn

    @contextmanager
    def copy_of(self, table: Table) -> Iterator[tuple[Table, Path]]:
        """A copy of `table` without rows, and a folder; both are gone in the end.

        Raises UsageError for a table that the server does not take, and what the driver raises.
        """
        name = f"loader_rehearsal_{self._now:08x}{secrets.token_hex(4)}"
        folder = self._folder / name
        lock = _open_lock(folder)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._make(f"CREATE KEYSPACE {name} WITH replication = {_REPLICATION}")
            for statement in definitions(table.within(name)):
                self._make(statement)
            # Read as a load will read it: its columns have an order of their own.
            yield read_table(self._session, name, quoted(table.name)), folder
        finally:
            with undisturbed():
                self._drop(name)
                os.close(lock)

    def drop_leftovers(self) -> None:
        """Drop keyspaces of rehearsals that were killed: those whose owner is gone, or is not known and a day old."""
        keyspaces = {name for name in self._session.cluster.metadata.keyspaces if _NAME.fullmatch(name)}
        for name in keyspaces:
            owned = self._is_owned(name)
            if owned is False or (owned is None and self._is_old(name)):
                self._drop(name)
        # Folders whose keyspace is not here: it was never made, or its server is gone for good.
        for folder in self._folder.glob("loader_rehearsal_*"):
            if folder.name not in keyspaces and self._is_old(folder.name) and not self._is_owned(folder.name):
                shutil.rmtree(folder, ignore_errors=True)

    def _is_old(self, name: str) -> bool:
        match = _NAME.fullmatch(name)
        return match is not None and int(match[1], 16) < self._now - _OLD

    def _is_owned(self, name: str) -> bool | None:
        """Whether the rehearsal that made it goes on; None if that is of another machine or user."""
        try:
            lock = os.open(self._folder / name / "lock", os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(lock)
        return False

    def _make(self, statement: str) -> None:
        try:
            self._session.execute(statement)
        except (InvalidRequest, ConfigurationException, SyntaxException) as error:
            raise UsageError(f"the local Cassandra does not take the table: {error}\n{statement}") from error

    def _drop(self, name: str) -> None:
        try:
            self._session.execute(f"DROP KEYSPACE IF EXISTS {quoted(name)}")
        except DOWN as error:
            self._warn(f"the scratch keyspace {name} is left, the next rehearsal drops it: {error}")
            return
        shutil.rmtree(self._folder / name, ignore_errors=True)


def _open_lock(folder: Path) -> int:
    """Make the folder of a rehearsal; a descriptor of the lock in it. Raises UsageError."""
    try:
        files.make_folder(folder)
        return files.open_private(folder / "lock", os.O_RDWR | os.O_CREAT)
    except OSError as error:
        raise UsageError(f"{folder}: a rehearsal cannot keep its files there: {error.strerror or error}") from error
