"""Checkpoint log: append-only, checksummed records of the rows that are settled.

A record says what changed since the one before, so the file grows with the number of chunks, not of rows or seconds.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from loader.checkpoint.chunk_record import ChunkRecord
from loader.checkpoint.errors import CheckpointError
from loader.checkpoint.reading_order import LeftInput, ReadingOrder
from loader.checkpoint.spans import Run, pack, without
from loader.durable import files
from loader.durable.checksummed_lines import ChecksummedFile, DamagedError, last_checksummed, read_checksummed
from loader.rows import Chunk
from loader.sources.start import Place, Start

__all__ = [
    "CheckpointWriter",
    "ChunkRecord",
    "Note",
    "Record",
    "RowState",
    "chunk_digest",
    "content_digest",
    "is_finished",
    "pack",
    "read",
]


class Record(msgspec.Struct, frozen=True, omit_defaults=True, tag="settled"):
    """What was settled since the record before; all but `chunks` is what holds for the whole load so far.

    `chunks` are those that were opened, or had rows settled, since. `totals` and `errors` are plain JSON data by name.
    `dlq_length` is the length in bytes that the letters of these rows need. `limits` are byte limits by target.
    `in_doubt` are runs of ordinals handed back after an ambiguous attempt, `cleared` are noted rows handed back that
    surely did not arrive. `letters` are runs of bytes within `dlq_length`: letters that an earlier part wrote without
    a record, and whose rows have not come up again yet. `left` are the inputs that were out of reach, in the order in
    which they were left. `finished` marks the end of the input.
    """

    chunks: list[ChunkRecord]
    totals: dict[str, Any]
    errors: dict[str, Any]
    dlq_length: int
    limits: dict[str, int] = {}
    in_doubt: list[Run] = []
    finished: bool = False
    cleared: list[Run] = []
    letters: list[Run] = []
    left: list[LeftInput] = []


class Note(msgspec.Struct, frozen=True, tag="note"):
    """Rows that may not be repeated and are about to be sent: runs of ordinals, each first and count."""

    runs: list[Run]


_decode = msgspec.json.Decoder(Record | Note).decode
_BEYOND_USE = "this run cannot be resumed; without --resume a new one starts, which sends all rows again"
_NOTHING = Record([], {}, {}, 0)


@dataclass(slots=True)
class RowState:
    """What the whole file says. `last` holds all but the chunks, which are in `chunks` by number."""

    chunks: dict[int, ChunkRecord] = field(default_factory=dict)
    notes: list[Run] = field(default_factory=list)
    doubts: list[Run] = field(default_factory=list)
    last: Record | None = None

    @property
    def watermark(self) -> int:
        """Every chunk with a lower number is finished; the one with this number is not, or was never read."""
        number = 0
        while number in self.chunks and not self.chunks[number].settled:
            number += 1
        return number

    def start(self, unchanged: Collection[int], reaches: Sequence[int]) -> Start:
        """Where the next part begins to read: at the last of the finished chunks before any that is not.

        So that one is compared with what was recorded. `unchanged` are the indexes of the inputs whose bytes on disk
        are what they were. The others, and streams, are read from their beginning, as each chunk of them is compared.
        `reaches` has the `RowFormat.reach` of each input.
        """
        last = self.watermark - 1
        if self.left:
            order = ReadingOrder(self.chunks, self.left, len(reaches))
            return order.start(last, unchanged, partial(self._alone, reaches), self._chosen_before)
        if last < 0:
            return Start()
        source = self.chunks[last].source
        again = next((index for index in range(source) if index not in unchanged), source)
        if again == source and again in unchanged and not self.chunks[last].digest:
            record = self.chunks[self._by_itself(last, reaches[source])]
            place = Place(record.offset, record.line)
            return Start(again, record.number, record.ordinal, place, self._chosen_before(record.number))
        first = next(number for number in range(last + 1) if self.chunks[number].source >= again)
        return Start(again, first, self.chunks[first].ordinal, None, self._chosen_before(first))

    @property
    def left(self) -> Sequence[LeftInput]:
        """The inputs that were left, in order."""
        return () if self.last is None else self.last.left

    def _chosen_before(self, number: int) -> int:
        """Rows of finished chunks that are not left out."""
        return sum(self.chunks[each].rows - self.chunks[each].skipped for each in range(number))

    def _alone(self, reaches: Sequence[int], number: int) -> int:
        return self._by_itself(number, reaches[self.chunks[number].source])

    def _by_itself(self, number: int, reach: int) -> int:
        """The last chunk, at or before that one, whose rows do not depend on what stands before them."""
        for earlier in range(number - 1, -1, -1):
            chunk, behind = self.chunks[earlier], self.chunks[number]
            if chunk.source != behind.source or behind.offset - chunk.offset > reach:
                break
            if not chunk.length:  # a row that has no place in a chunk
                number = earlier
        return number

    @property
    def settles_nothing(self) -> bool:
        """Whether no row was settled, or may have arrived without having been settled."""
        return not (self.notes or self.doubts or any(self._settled()))

    @property
    def noted(self) -> list[Run]:
        """Ordinals of rows that were noted and never settled: they may have arrived, and are not sent again."""
        return without(self.notes, self._settled())

    @property
    def in_doubt(self) -> list[Run]:
        """Ordinals of rows handed back after an ambiguous attempt and not settled since."""
        return without(self.doubts, self._settled())

    def take(self, record: Record | Note) -> None:
        """Add the next record."""
        if isinstance(record, Note):
            self._note(record.runs)
            return
        self.chunks.update((chunk.number, chunk) for chunk in record.chunks)
        self.doubts += record.in_doubt  # doubt ends with the row alone: a later part may stop before it comes to it
        if record.cleared:
            self.notes = without(self.notes, sorted(record.cleared))
        before = self.last or _NOTHING
        self.last = msgspec.structs.replace(
            record,
            chunks=[],
            totals={**before.totals, **record.totals},
            errors={**before.errors, **record.errors},
            limits={**before.limits, **record.limits},
        )

    def _note(self, runs: list[Run]) -> None:
        """Requests mostly go in order, so that most notes only make the last one longer."""
        for first, count in runs:
            if self.notes and sum(self.notes[-1]) == first:
                self.notes[-1] = (self.notes[-1][0], self.notes[-1][1] + count)
            else:
                self.notes.append((first, count))

    def _settled(self) -> list[Run]:
        """Ascending, because chunks are numbered in the order of their ordinals."""
        return [run for number in sorted(self.chunks) for run in self.chunks[number].settled_rows]


class CheckpointWriter:
    """Appends records, each durable when the call returns. Raises CheckpointError. Used by one thread.

    What did not change since the record before is not written again.
    """

    def __init__(self, path: Path) -> None:
        """Open or make the file; a torn last record is cut. Raises CheckpointError."""
        self.path = path
        self._written: Record | None = None  # what an earlier part wrote is not compared
        try:
            self._file = ChecksummedFile(path, "checkpoint")
        except OSError as error:
            raise CheckpointError(files.sentence(path, error)) from error
        except DamagedError as error:
            raise CheckpointError(f"{error}; {_BEYOND_USE}") from error

    def append(self, record: Record | Note) -> None:
        if isinstance(record, Note):
            self._append(record)
            return
        news = self._news(record)
        if news is not None:
            self._append(news)
        self._written = msgspec.structs.replace(record, chunks=[])

    def close(self) -> None:
        """Idempotent."""
        self._file.close()

    def _news(self, record: Record) -> Record | None:
        """What `record` says that was not written yet; None if that is nothing."""
        before = self._written
        if before is None:
            return record
        if msgspec.structs.replace(record, chunks=[]) == before and not record.chunks:
            return None
        return msgspec.structs.replace(
            record,
            totals=_changed(before.totals, record.totals),
            errors=_changed(before.errors, record.errors),
            limits=_changed(before.limits, record.limits),
        )

    def _append(self, record: Record | Note) -> None:
        try:
            self._file.append(msgspec.json.encode(record))
        except OSError as error:
            reason = error.strerror or error
            raise CheckpointError(f"{self.path}: the checkpoint cannot be written: {reason}") from error


def read(path: Path) -> RowState:
    """All whole records. A torn last one is left out; a damaged one before it raises CheckpointError.

    The file is not changed: another process may be about to write its next record.
    """
    state = RowState()
    try:
        for payload in read_checksummed(path):
            state.take(_decode(payload))
    except OSError as error:
        raise CheckpointError(files.sentence(path, error)) from error
    except DamagedError as error:
        raise CheckpointError(f"{error}; {_BEYOND_USE}") from error
    except msgspec.DecodeError as error:
        raise CheckpointError(f"{path}: {error}; {_BEYOND_USE}") from error
    return state


def is_finished(path: Path) -> bool:
    """Whether the record at `path` ends with the end of the input. Reads no more than its last line. Raises OSError."""
    payload = last_checksummed(path)
    try:
        last = None if payload is None else _decode(payload)
    except msgspec.DecodeError:
        return False
    return isinstance(last, Record) and last.finished


def chunk_digest(chunk: Chunk) -> str:
    """What tells that a chunk of a stream is the same when it comes again; "" for files, whose facts are compared."""
    return content_digest(chunk) if chunk.source.stream else ""


def content_digest(chunk: Chunk) -> str:
    """The hash of a chunk, of any source: what was compressed may come again plain.

    The end of its last line is left out: an LF may come so late after a CR that the chunk is gone by then.
    """
    digest = blake2b(chunk.data.rstrip(b"\r\n"), digest_size=16)
    if chunk.bad is not None:
        digest.update(b"%d " % chunk.bad.length + chunk.bad.raw)
    return digest.hexdigest()


_Value = TypeVar("_Value")


def _changed(before: Mapping[str, _Value], now: Mapping[str, _Value]) -> dict[str, _Value]:
    return {name: value for name, value in now.items() if name not in before or before[name] != value}
