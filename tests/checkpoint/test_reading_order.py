"""The order of reading where inputs are out of reach: every row is read once, under one number, whatever happens."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loader.checkpoint.chunk_record import ChunkRecord
from loader.checkpoint.log import Record, RowState, chunk_digest
from loader.checkpoint.reading_order import LeftInput
from loader.rows import Chunk, Layout, Source
from loader.sources import InputError, Left, OutOfReachError, chunks
from loader.sources.formats.base import Reader, format_of
from loader.sources.start import Place, Start
from tests.sources.reading import DEFAULTS, Pieces


class Failing(Pieces):
    """Bytes up to a place behind which nobody answers."""

    def __init__(self, data: bytes, offset: int, end: int | None) -> None:
        super().__init__(data if end is None else data[:end], [])
        self.position = offset
        self._fails = end is not None

    def read(self, size, timeout):
        found = super().read(7, timeout)
        if not found and self._fails:
            raise OutOfReachError("nobody answers")
        return found


@dataclass
class Input:
    """An input of lines; in a part it is out of reach from the byte at `end` on."""

    source: Source
    data: bytes
    end: int | None = None
    opened_at: list[int] = field(default_factory=list)

    def open(self) -> Reader:
        return self.open_at(Place(0, 1))

    def open_at(self, place: Place) -> Reader:
        self.opened_at.append(place.offset)
        pieces = Failing(self.data, place.offset, self.end)
        return format_of("jsonl").open_at(pieces, self.source.layout, DEFAULTS, place)


def input_of(index: int, rows: int, *, stream: bool) -> Input:
    data = b"".join(b'{"id": %d}\n' % row for row in range(rows))
    return Input(Source(index, f"input {index}", Layout("jsonl"), stream, None), data)


@dataclass
class Run:
    """A run in parts; all that was recorded of it."""

    inputs: Sequence[Input]
    state: RowState = field(default_factory=RowState)
    data: dict[int, tuple[int, int, bytes]] = field(default_factory=dict)  # ordinal, source and bytes of each chunk

    def part(self, ends: Sequence[int | None], *, stops_after: int | None = None, unfinished: int = 0) -> list[int]:
        """Read on; returns the inputs that were left. It dies after so many chunks, the last of them not finished."""
        for each, end in zip(self.inputs, ends, strict=True):
            each.end = None if end is None else min(end, len(each.data))
        left: list[LeftInput] = list(self.state.left)
        here: list[int] = []
        unchanged = [each.source.index for each in self.inputs if not each.source.stream]
        start = self.state.start(unchanged, [0] * len(self.inputs))

        def leave(told: Left) -> None:
            left.append(LeftInput(told.source, told.number, told.ordinal, told.offset))
            here.append(told.source)
            self.state.take(Record([], {}, {}, 0, left=list(left)))

        recorded = {number: record.rows for number, record in self.state.chunks.items()}
        reading = chunks(
            self.inputs, max_wait=1.0, max_rows=3, recorded=recorded, start=start, again=self.check, leave=leave
        )
        taken: list[Chunk] = []
        for chunk in reading:
            self.check(chunk)
            taken.append(chunk)
            self.record(chunk, left, settled="" if len(taken) + unfinished <= (stops_after or 10**9) else "0+0")
            if len(taken) == stops_after:
                break
        reading.close()
        assert [chunk.number for chunk in taken] == list(range(start.number, start.number + len(taken)))
        return here

    def check(self, chunk: Chunk) -> None:
        """A number always means the same rows."""
        fact = (chunk.ordinal, chunk.source.index, chunk.data)
        assert self.data.setdefault(chunk.number, fact) == fact

    def record(self, chunk: Chunk, left: list[LeftInput], settled: str) -> None:
        before = self.state.chunks.get(chunk.number)
        if before is not None and not before.settled:
            return
        place = (chunk.number, chunk.source.index, chunk.ordinal, chunk.line, chunk.offset, len(chunk.data), chunk.rows)
        record = ChunkRecord(*place, chunk_digest(chunk), settled)
        self.state.take(Record([record], {}, {}, 0, left=list(left)))

    def content(self) -> list[bytes]:
        """The rows of each input as they were read, by number of their chunk."""
        found = [b""] * len(self.inputs)
        for number in sorted(self.data):
            _, source, data = self.data[number]
            found[source] += data
        return found


PART = st.tuples(
    st.lists(st.none() | st.integers(0, 300), min_size=3, max_size=3), st.none() | st.integers(1, 9), st.integers(0, 2)
)


@settings(max_examples=300, deadline=None)
@given(
    counts=st.lists(st.integers(0, 20), min_size=3, max_size=3),
    streams=st.lists(st.booleans(), min_size=3, max_size=3),
    parts=st.lists(PART, max_size=6),
)
def test_every_row_is_read_once_under_one_number(counts, streams, parts):
    run = Run([input_of(index, rows, stream=streams[index]) for index, rows in enumerate(counts)])
    for ends, stops_after, unfinished in parts:
        with suppress(OutOfReachError):  # of what was read before, on the way to what was not
            run.part(ends, stops_after=stops_after, unfinished=unfinished)
    assert run.part([None] * 3) == []
    assert run.content() == [each.data for each in run.inputs]
    ordinal = 0
    for number, (first, _, data) in sorted(run.data.items()):
        assert (number in run.state.chunks, first) == (True, ordinal)
        ordinal += data.count(b"\n")
    assert ordinal == sum(counts)


def test_what_is_left_is_read_behind_all_others_from_where_it_was_left():
    run = Run([input_of(index, 10, stream=False) for index in range(3)])
    assert run.part([45, None, None]) == [0]
    assert [source for _, source, _ in run.data.values()] == [0, 0, *[1] * 4, *[2] * 4]
    assert run.state.left == [LeftInput(0, 2, 4, 40)]
    run.inputs[0].opened_at.clear()
    assert run.part([None] * 3) == []
    assert run.content() == [each.data for each in run.inputs]
    assert run.inputs[0].opened_at == [30]  # where the last chunk begins that was read of it
    assert [number for number, (_, source, _) in run.data.items() if source == 0] == [0, 1, 10, 11]


def test_an_input_that_ends_before_what_was_read_of_it_is_told():
    run = Run([input_of(index, 10, stream=False) for index in range(2)])
    run.part([65, None])
    run.inputs[0].data = b""
    with pytest.raises(InputError, match="input 0: ends before what an earlier part of the run has read"):
        run.part([None, None])


def test_without_inputs_that_were_left_there_are_no_visits():
    run = Run([input_of(0, 10, stream=False)])
    run.part([None])
    assert run.state.start([0], [0]) == Start(0, 3, 9, Place(90, 10), 9)
