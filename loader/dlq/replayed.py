"""Replay marks: the letters of a queue that replays have settled, in `<DLQ>.replayed`.

A letter is known by the fingerprint of what it says, so a queue that was deleted and made anew under the same name is
not mistaken for the old one, and one that was edited still has its settled letters. One checksummed line for each sync.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable
from hashlib import blake2b
from itertools import groupby
from pathlib import Path

import msgspec

from loader.dlq import letter as letters
from loader.dlq.errors import DlqError, LetterError
from loader.dlq.letter import DeadLetter
from loader.dlq.queue_lines import lines_in
from loader.durable import files
from loader.durable.checksummed_lines import ChecksummedFile, DamagedError, read_checksummed
from loader.outcomes import Fate


class _Entry(msgspec.Struct):
    run_id: str
    settled: list[tuple[int, int, int]]  # offset as it was, fingerprint, fate


_decode = msgspec.json.Decoder(_Entry).decode


def replayed_path(dlq: Path) -> Path:
    """Where the marks of a queue stand."""
    return dlq.parent / f"{dlq.name}.replayed"


def fingerprint(letter: DeadLetter) -> int:
    """64 bits that stand for what a letter says, however an editor has spelled it."""
    said = letters.encode([msgspec.structs.replace(letter, row=msgspec.Raw(letters.canonical(bytes(letter.row))))])
    return int.from_bytes(blake2b(said, digest_size=8).digest(), "big")


class SettledLetters:
    """The letters of one queue, as it is now, that are settled: 8 bytes of memory each. Immutable."""

    def __init__(self, offsets: Iterable[int] = ()) -> None:
        """`offsets` are those of the letters, ascending."""
        self._offsets = array("Q", offsets)

    def holds(self, offset: int) -> bool:
        """Whether the letter on the line that begins at `offset` is settled."""
        place = bisect_left(self._offsets, offset)
        return place < len(self._offsets) and self._offsets[place] == offset

    def __len__(self) -> int:
        return len(self._offsets)


class _Marks:
    """Marks of letters, wherever these stand now; each stands for one of the letters that are alike."""

    def __init__(self, entries: Iterable[_Entry]) -> None:
        offsets, marks = array("Q"), array("Q")
        for entry in entries:
            offsets.extend(offset for offset, _, _ in entry.settled)
            marks.extend(mark for _, mark, _ in entry.settled)
        self._fingerprints = array("Q")
        for mark, alike in groupby(sorted(range(len(marks)), key=marks.__getitem__), key=marks.__getitem__):
            places = {offsets[index] for index in alike}  # a letter that was taken again was settled twice
            self._fingerprints.extend([mark] * len(places))
        self._used = bytearray(len(self._fingerprints))

    def __len__(self) -> int:
        return len(self._fingerprints)

    def take(self, line: bytes) -> bool:
        """Whether there is a mark of the letter on `line` that was not taken yet."""
        try:
            found = fingerprint(letters.decode(line))
        except LetterError:
            return False
        place = bisect_left(self._fingerprints, found)
        while place < len(self._fingerprints) and self._fingerprints[place] == found:
            if not self._used[place]:
                self._used[place] = 1
                return True
            place += 1
        return False


def read_settled(dlq: Path, but_by: str = "") -> SettledLetters:
    """What earlier replays settled of `dlq` as it is now; a torn last line is passed over. Raises DlqError.

    The replay with the run id `but_by` is left out: when it is resumed, its own checkpoint says what it settled.
    Letters are looked for by what they say: where one was mended, all behind it stand elsewhere than they did.

    A damaged line before the last is an error: what it settled would be sent again.
    """
    path = replayed_path(dlq)
    if not path.exists():
        return SettledLetters()
    try:
        read = (_decode(payload) for payload in read_checksummed(path))
        marks = _Marks(entry for entry in read if entry.run_id != but_by)
    except OSError as error:
        raise DlqError(files.sentence(path, error)) from error
    except (DamagedError, msgspec.DecodeError, OverflowError) as error:
        raise _unusable(path, error) from error
    return SettledLetters(line.offset for line in lines_in(dlq) if marks.take(line.raw)) if marks else SettledLetters()


class ReplayedWriter:
    """Marks letters of one queue as settled. Holds an exclusive lock, so that two replays never run at once."""

    def __init__(self, dlq: Path, run_id: str) -> None:
        """Raises DlqError where the marks cannot be kept."""
        self.path = replayed_path(dlq)
        self._run_id = run_id
        self._new: list[tuple[int, int, int]] = []
        try:
            files.check_folder(self.path)
            self._file = ChecksummedFile(self.path, "queue for a replay")
        except OSError as error:
            raise DlqError(files.sentence(self.path, error)) from error
        except DamagedError as error:
            raise _unusable(self.path, error) from error

    def add(self, offset: int, mark: int, fate: Fate) -> None:
        """A letter is settled; durable after the next `sync`. `mark` is its fingerprint."""
        self._new.append((offset, mark, int(fate)))

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

    def __init__(self, writers: dict[int, ReplayedWriter], mark_of: Callable[[int, int], int]) -> None:
        """`writers` by source index; `mark_of(source index, offset)` gives back what the parser saw, once."""
        self._writers = writers
        self._mark_of = mark_of

    def settle(self, source: int, offsets: Iterable[int], fate: Fate) -> None:
        """The letters at `offsets` of the queue with the index `source` are settled."""
        writer = self._writers[source]
        for offset in offsets:
            writer.add(offset, self._mark_of(source, offset), fate)

    def sync(self) -> None:
        """Make all marks durable. Raises DlqError."""
        for writer in self._writers.values():
            writer.sync()

    def close(self) -> None:
        for writer in self._writers.values():
            writer.close()


def _unusable(path: Path, error: Exception) -> DlqError:
    return DlqError(f"{error}; what it settled is not known any more. Move {path} away to replay all letters again")
