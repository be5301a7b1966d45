"""Resume state: rows that earlier parts of a run settled, by its checkpoint and the letters past its last record."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from loader.checkpoint.errors import CheckpointError
from loader.checkpoint.log import ChunkRecord, Record, RowState, content_digest, read
from loader.checkpoint.requests import NotedRequests, read_requests
from loader.checkpoint.spans import Run, unpack, without
from loader.dlq import letter as letters
from loader.dlq.errors import LetterError
from loader.dlq.letter import DeadLetter
from loader.durable import files
from loader.error_types import LetterClass
from loader.errors import UsageError
from loader.keys import row_key
from loader.rows import BadRow, Chunk, Origin, Rows, Source


class ChangedInputError(Exception):
    """A chunk is not what it was when its rows were settled."""


@dataclass(frozen=True, slots=True)
class LetterPast:
    """A letter of this run that no record covers, and where it stands in the queue: first byte and count."""

    letter: DeadLetter
    bytes: Run


class ResumeState:
    """The past of a run, empty for a new one. Used by one thread; adopted letters are given out once."""

    def __init__(
        self, run_id: str, state: RowState, adopted: Sequence[LetterPast] = (), noted: NotedRequests | None = None
    ) -> None:
        self._run_id = run_id
        self._chunks = state.chunks
        self._noted = _Runs(state.noted)
        self._in_doubt = _Runs(state.in_doubt)
        noted = noted or NotedRequests()
        self._noted_chunks = {n: chunk for n, chunk in noted.chunks.items() if n not in state.chunks}
        self.accepted = noted.accepted
        self.requests = noted.requests
        self._letters_past: dict[str, list[LetterPast]] = {}
        self._mended_past: dict[str, list[LetterPast]] = {}
        for each in adopted:
            is_mended = each.letter.letter_class is LetterClass.MENDED
            past = self._mended_past if is_mended else self._letters_past
            past.setdefault(each.letter.idempotency_key or "", []).append(each)
        self.has_lost_requests = noted.is_damaged
        self.last: Record | None = state.last
        self.start = state.start
        known = state.last or state.notes or adopted or noted.chunks or noted.accepted or noted.requests
        self.is_empty = not known
        self.settles_nothing = state.settles_nothing and not (adopted or noted.accepted)

    def settled_in(self, chunk: Chunk) -> bytes:
        """One byte a row of `chunk`, 1 where it is settled; empty if nothing is known of it.

        Raises ChangedInputError if the chunk is not the one that was recorded under its number.
        """
        noted = self._noted_chunks.get(chunk.number)
        record = self._chunks.get(chunk.number, noted)
        if record is None:
            return b""
        if not _is_same(chunk, record):
            raise ChangedInputError(f"{chunk.source.name}: rows from line {chunk.line} on are not what they were")
        if noted is not None:
            del self._noted_chunks[chunk.number]  # from now on it is for this part to record it
            return b""
        return unpack(record.settled, record.rows) if record.settled else b"\1" * record.rows

    def check_again(self, chunk: Chunk) -> None:
        """Raise ChangedInputError if a chunk is not the one that was recorded under its number. From any thread."""
        record = self._chunks.get(chunk.number)
        if record is not None and not _is_same(chunk, record):
            raise ChangedInputError(f"{chunk.source.name}: rows from line {chunk.line} on are not what they were")

    @property
    def recorded(self) -> Mapping[int, int]:
        """The rows of each chunk that was recorded, by number."""
        return {number: record.rows for number, record in (self._chunks | self._noted_chunks).items()}

    @property
    def noted_chunks(self) -> Iterable[ChunkRecord]:
        """Chunks that no record has, and that have not come up again."""
        return self._noted_chunks.values()

    @property
    def sources(self) -> frozenset[int]:
        """The indexes of the inputs that rows were recorded of."""
        return frozenset(record.source for record in self._chunks.values())

    def check_end(self, number: int) -> None:
        """The input ended before chunk `number`. Raises ChangedInputError if an earlier part read further."""
        record = self._chunks.get(number, self._noted_chunks.get(number))
        if record is not None:
            line = record.line
            raise ChangedInputError(f"it ends before line {line}, up to which an earlier part had read")

    def is_noted(self, ordinal: int) -> bool:
        """Whether the row may not be repeated, was about to be sent, and has no recorded outcome."""
        return ordinal in self._noted

    @property
    def in_doubt(self) -> Iterator[int]:
        """Ordinals of the rows that earlier parts handed back after an ambiguous attempt, and did not settle."""
        return iter(self._in_doubt)

    def is_in_doubt(self, ordinal: int) -> bool:
        """Whether the row was handed back after an ambiguous attempt."""
        return ordinal in self._in_doubt

    def accepted_by(self, ordinal: int) -> str | None:
        """The target that accepted a row in an answer that no record covers; told once."""
        return self.accepted.pop(ordinal, None)

    @property
    def unclaimed(self) -> list[Run]:
        """The bytes of adopted letters that were not given out yet: the next record must not pass over them."""
        past = chain(self._letters_past.values(), self._mended_past.values())
        return without([each.bytes for found in past for each in found], ())

    def letter_of(self, rows: Rows, index: int) -> DeadLetter | None:
        """The letter of a row that was written after the last record."""
        found = self._of_row(self._letters_past, rows, index)
        return None if found is None else found.letter

    def mended_letter_of(self, rows: Rows, index: int) -> Run | None:
        """The bytes of the letter of a mended row that was written after the last record: the row has no fate by it."""
        found = self._of_row(self._mended_past, rows, index)
        return None if found is None else found.bytes

    def letter_of_bad(self, source: Source, bad: BadRow) -> DeadLetter | None:
        """The letter of a row that could not be read."""
        found = self._take(self._letters_past, bad.origin, source, bad.offset) if self._letters_past else None
        return None if found is None else found.letter

    def _of_row(self, past: dict[str, list[LetterPast]], rows: Rows, index: int) -> LetterPast | None:
        if not past:
            return None
        origin = rows.origins[index] if rows.origins is not None else None
        return self._take(past, origin, rows.source, rows.offsets[index])

    def _take(
        self, past: dict[str, list[LetterPast]], origin: Origin | None, source: Source, offset: int
    ) -> LetterPast | None:
        """Letters are found by the key of their row, which those of a replay have from their origin."""
        if origin is None:
            key = row_key(self._run_id, source.index, source.name, offset)
        else:
            key = origin.idempotency_key or row_key(self._run_id, 0, origin.source, origin.offset)
        found = past.get(key)
        return found.pop() if found else None


def _is_same(chunk: Chunk, record: ChunkRecord) -> bool:
    """Whether a chunk is the one that was recorded: by its place, and by its bytes where they come through a stream."""
    place = (chunk.source.index, chunk.ordinal, chunk.offset, chunk.rows)
    if place != (record.source, record.ordinal, record.offset, record.rows):
        return False
    return content_digest(chunk) == record.digest if record.digest else len(chunk.data) == record.length


class _Runs:
    """Membership in runs of ordinals."""

    def __init__(self, runs: Sequence[Run]) -> None:
        self._runs = sorted(runs)
        self._starts = [first for first, _ in self._runs]

    def __iter__(self) -> Iterator[int]:
        return (ordinal for first, count in self._runs for ordinal in range(first, first + count))

    def __contains__(self, ordinal: int) -> bool:
        place = bisect_right(self._starts, ordinal) - 1
        return place >= 0 and ordinal < sum(self._runs[place])


def no_resume_state(run_id: str) -> ResumeState:
    """The past of a new run."""
    return ResumeState(run_id, RowState())


def read_resume_state(run_id: str, folder: Path, dlq: Path) -> ResumeState:
    """What the files in the folder of the run say, and the letters of this run beyond those they cover.

    Raises UsageError where one cannot be read, or the queue is shorter than recorded.
    """
    checkpoint = folder / "checkpoint"
    if not checkpoint.exists():
        return no_resume_state(run_id)
    try:
        state, noted = read(checkpoint), read_requests(folder / "requests")
    except CheckpointError as error:
        raise UsageError(str(error)) from error
    return ResumeState(run_id, state, list(_letters_after(state, run_id, dlq)), noted)


def _letters_after(state: RowState, run_id: str, dlq: Path) -> Iterator[LetterPast]:
    """Whole lines of this run from the recorded length on, and those before it that were not claimed by then."""
    recorded = state.last.dlq_length if state.last is not None else 0
    length = dlq.stat().st_size if dlq.exists() else 0
    if length < recorded:
        raise UsageError(
            f"{dlq}: the dead letter queue is {length:,} bytes long, {recorded:,} were recorded: letters are missing; "
            "put the queue back where it was"
        )
    if not length:
        return
    unclaimed = state.last.letters if state.last is not None else []
    with os.fdopen(files.open_private(dlq, os.O_RDONLY), "rb") as file:
        for first, count in (*unclaimed, (recorded, length - recorded)):
            yield from _letters_within(file, first, first + count, run_id)


def _letters_within(file: BinaryIO, first: int, stop: int, run_id: str) -> Iterator[LetterPast]:
    file.seek(first)
    while first < stop and (line := file.readline()):
        try:
            letter = letters.decode(line)
        except LetterError:
            pass  # a torn last line is cut by the writer, and its row is sent again
        else:
            if letter.run_id == run_id:
                yield LetterPast(letter, (first, len(line)))
        first += len(line)
