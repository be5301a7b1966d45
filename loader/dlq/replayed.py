"""`<DLQ>.replayed`: which letters of a queue were settled by replays.

A letter is known by its offset and the checksum of its line, so a queue that was deleted and made anew under the same
name is not mistaken for the old one. One sealed line for each sync.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable
from itertools import pairwise
from pathlib import Path
from zlib import crc32

import msgspec

from loader import files
from loader.dlq.errors import DlqError
from loader.dlq.sealed import DamagedError, SealedFile, read_sealed
from loader.outcomes import Fate


class _Entry(msgspec.Struct):
    run_id: str
    settled: list[tuple[int, int, int]]  # offset, checksum of the line, fate


_decode = msgspec.json.Decoder(_Entry).decode


def replayed_path(dlq: Path) -> Path:
    """Where the marks of a queue stand."""
    return dlq.with_name(dlq.name + ".replayed")


class SettledLetters:
    """The letters of one queue that are settled: 12 bytes of memory each. Immutable."""

    def __init__(self, letters: Iterable[tuple[int, int]] = ()) -> None:
        """`letters` are pairs of offset and checksum of the line, in any order."""
        self._offsets = array("Q")
        self._checksums = array("I")
        self._fill(letters)
        # A replay settles letters about in their order, so that most files need no sorting.
        if any(later <= earlier for earlier, later in pairwise(self._offsets)):
            pairs = sorted(set(zip(self._offsets, self._checksums, strict=True)))
            self._offsets, self._checksums = array("Q"), array("I")
            self._fill(pairs)

    def holds(self, offset: int, line: bytes) -> bool:
        """Whether the letter on `line` (without its end), at `offset`, is settled."""
        place = bisect_left(self._offsets, offset)
        if place == len(self._offsets) or self._offsets[place] != offset:
            return False
        checksum = crc32(line)
        while place < len(self._offsets) and self._offsets[place] == offset:
            if self._checksums[place] == checksum:
                return True
            place += 1
        return False

    def __len__(self) -> int:
        return len(self._offsets)

    def _fill(self, letters: Iterable[tuple[int, int]]) -> None:
        for offset, checksum in letters:
            self._offsets.append(offset)
            self._checksums.append(checksum)


def read_settled(dlq: Path, but_by: str = "") -> SettledLetters:
    """What earlier replays of `dlq` settled; a torn last line is passed over. Raises DlqError.

    The replay with the run id `but_by` is left out: when it is resumed, its own checkpoint says what it settled.

    A damaged line before it is an error: what it settled would be sent again.
    """
    path = replayed_path(dlq)
    if not path.exists():
        return SettledLetters()
    try:
        read = (_decode(payload) for payload in read_sealed(path))
        entries = (entry for entry in read if entry.run_id != but_by)
        return SettledLetters((offset, checksum) for entry in entries for offset, checksum, _ in entry.settled)
    except OSError as error:
        raise DlqError(files.sentence(path, error)) from error
    except (DamagedError, msgspec.DecodeError, OverflowError) as error:
        raise _unusable(path, error) from error


class ReplayedWriter:
    """Marks letters of one queue as settled. Holds an exclusive lock, so that two replays never run at once."""

    def __init__(self, dlq: Path, run_id: str) -> None:
        """Raises DlqError where the marks cannot be kept."""
        self.path = replayed_path(dlq)
        self._run_id = run_id
        self._new: list[tuple[int, int, int]] = []
        try:
            files.check_folder(self.path)
            self._file = SealedFile(self.path, "queue for a replay")
        except OSError as error:
            raise DlqError(files.sentence(self.path, error)) from error
        except DamagedError as error:
            raise _unusable(self.path, error) from error

    def add(self, offset: int, checksum: int, fate: Fate) -> None:
        """A letter is settled; durable after the next `sync`. `checksum` is the crc32 of its line without line end."""
        self._new.append((offset, checksum, int(fate)))

    def sync(self) -> None:
        """Make all marks durable. Raises DlqError."""
        if not self._new:
            return
        try:
            self._file.append(msgspec.json.encode(_Entry(self._run_id, self._new)))
        except OSError as error:
            raise DlqError(f"{self.path}: cannot be written: {error.strerror or error}") from error
        self._new.clear()

    def close(self) -> None:
        """Give the lock back; what was not synced is not kept. Idempotent."""
        self._file.close()


class ReplayMarks:
    """Marks settled rows of a replay in the queues they come from."""

    def __init__(self, writers: dict[int, ReplayedWriter], checksum_of: Callable[[int, int], int]) -> None:
        """`writers` by source index; `checksum_of(source index, offset)` gives back what the parser saw, once."""
        self._writers = writers
        self._checksum_of = checksum_of

    def settle(self, source: int, offsets: Iterable[int], fate: Fate) -> None:
        """The letters at `offsets` of the queue with the index `source` are settled."""
        writer = self._writers[source]
        for offset in offsets:
            writer.add(offset, self._checksum_of(source, offset), fate)

    def sync(self) -> None:
        """Make all marks durable. Raises DlqError."""
        for writer in self._writers.values():
            writer.sync()

    def close(self) -> None:
        for writer in self._writers.values():
            writer.close()


def _unusable(path: Path, error: Exception) -> DlqError:
    return DlqError(f"{error}; what it settled is not known any more. Move {path} away to replay all letters again")
