"""`<DLQ>.replayed`: which letters of a queue were settled by replays.

A letter is known by its offset and the checksum of its line, so a queue that was deleted and made anew under the same
name is not mistaken for the old one. One line for each sync: checksum, space, JSON.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from zlib import crc32

import msgspec

from loader import files
from loader.dlq.errors import DlqError
from loader.outcomes import Fate
from loader.rows import Rows


class _Entry(msgspec.Struct):
    run_id: str
    settled: list[tuple[int, int, int]]  # offset, checksum of the line, fate


def replayed_path(dlq: Path) -> Path:
    """Where the marks of a queue stand."""
    return dlq.with_name(dlq.name + ".replayed")


class SettledLetters:
    """The letters of one queue that are settled, with their fates."""

    def __init__(self, fates: dict[tuple[int, int], int] | None = None) -> None:
        self._fates = fates or {}

    def holds(self, offset: int, line: bytes) -> bool:
        """Whether the letter on `line`, at `offset`, is settled."""
        return bool(self._fates) and (offset, crc32(line)) in self._fates

    def __len__(self) -> int:
        return len(self._fates)


def read_settled(dlq: Path) -> SettledLetters:
    """What earlier replays of `dlq` settled; a torn last line is passed over. Raises DlqError."""
    path = replayed_path(dlq)
    fates: dict[tuple[int, int], int] = {}
    try:
        with path.open("rb") as file:
            for line in file:
                for offset, checksum, fate in _settled(line):
                    fates[offset, checksum] = fate
    except FileNotFoundError:
        return SettledLetters()
    except OSError as error:
        raise DlqError(f"{path}: cannot be read: {error.strerror}") from error
    return SettledLetters(fates)


def _settled(line: bytes) -> list[tuple[int, int, int]]:
    checksum, _, data = line.rstrip(b"\n").partition(b" ")
    if not line.endswith(b"\n") or checksum != b"%08x" % crc32(data):
        return []
    return msgspec.json.decode(data, type=_Entry).settled


class ReplayedWriter:
    """Marks letters of one queue as settled. Holds an exclusive lock, so that two replays never run at once."""

    def __init__(self, dlq: Path, run_id: str) -> None:
        """Raises DlqError where the marks cannot be kept."""
        self.path = replayed_path(dlq)
        self._run_id = run_id
        self._new: list[tuple[int, int, int]] = []
        try:
            files.check_folder(self.path)
            self._fd = files.open_private(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND)
            try:
                files.lock(self._fd, self.path, "queue for a replay")
                self._cut_torn_line()
            except OSError:
                os.close(self._fd)
                raise
        except OSError as error:
            raise DlqError(str(error)) from error

    def add(self, offset: int, checksum: int, fate: Fate) -> None:
        """A letter is settled; durable after the next `sync`."""
        self._new.append((offset, checksum, int(fate)))

    def sync(self) -> None:
        """Make all marks durable. Raises DlqError."""
        if not self._new:
            return
        data = msgspec.json.encode(_Entry(self._run_id, self._new))
        try:
            files.write_all(self._fd, b"%08x %b\n" % (crc32(data), data))
            files.sync(self._fd)
        except OSError as error:
            raise DlqError(f"{self.path}: cannot be written: {error.strerror}") from error
        self._new.clear()

    def close(self) -> None:
        os.close(self._fd)

    def _cut_torn_line(self) -> None:
        data = self.path.read_bytes()
        if data and not data.endswith(b"\n"):
            os.ftruncate(self._fd, data.rfind(b"\n") + 1)


class ReplayMarks:
    """Marks settled rows of a replay in the queues they come from."""

    def __init__(self, writers: dict[int, ReplayedWriter], checksum_of: Callable[[int, int], int]) -> None:
        """`writers` by source index; `checksum_of(source index, offset)` gives back what the parser saw, once."""
        self._writers = writers
        self._checksum_of = checksum_of

    def settled(self, rows: Rows, fate: Fate) -> None:
        """The letters behind `rows` are settled."""
        for offset in rows.offsets:
            self.settle(rows.source.index, offset, fate)

    def settle(self, source: int, offset: int, fate: Fate) -> None:
        self._writers[source].add(offset, self._checksum_of(source, offset), fate)

    def sync(self) -> None:
        """Make all marks durable. Raises DlqError."""
        for writer in self._writers.values():
            writer.sync()

    def close(self) -> None:
        for writer in self._writers.values():
            writer.close()
