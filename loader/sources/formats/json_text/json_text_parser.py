"""Parser of JSON text: chunks of arrays, documents and sequences to rows."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from loader.contents import RawJson
from loader.rows import Chunk, Rows
from loader.sources.formats.json_parser import faults_of, faults_of_valid
from loader.sources.formats.json_text.json_forms import JsonForm
from loader.sources.formats.json_text.placed_rows import PlacedRows, lines_of, placed
from loader.sources.formats.json_text.row_lines import UnknownLines
from loader.sources.formats.json_text.tape import Tape
from loader.sources.formats.json_text.value_ends import State
from loader.sources.parser import Group, Parsed
from loader.sources.split import split_off
from loader.sources.start import Place

_ANY_LINES = UnknownLines()


class JsonTextParser:
    """Parses chunks of JSON text of one form. Stateless. `encoding` is that of the input, as the config says it."""

    def __init__(self, form: JsonForm, encoding: str) -> None:
        self._form = form
        self._encoding = encoding

    def parse(self, chunk: Chunk) -> Parsed:
        """Readable rows as one group, and the bad ones."""
        if chunk.bad is not None:
            return Parsed((), (chunk.bad,))
        data = chunk.data
        try:
            found = placed(data, self._form.separation.split(data))
        except (msgspec.DecodeError, RecursionError):
            found = _one_by_one(data, self._form)
            faults = faults_of(data, found.rows, self._encoding)
        else:
            faults = faults_of_valid(data, found.rows, self._encoding)
        first, begin = chunk.line, chunk.offset
        rows = Rows(
            chunk.source,
            chunk.source.layout,
            range(chunk.ordinal, chunk.ordinal + chunk.rows),
            [first + line for line in found.lines],
            [begin + start for start in found.starts],
            RawJson(found.rows, is_spread=_is_spread(found.rows)),
        )
        return split_off(rows, faults) if faults else Parsed((Group(rows),))


def _one_by_one(data: bytes, form: JsonForm) -> PlacedRows:
    """The rows of `data`, some of which are broken; each ends where its brackets and quotes say."""
    tape, at = Tape(Place(0, 1), form.space), 0
    tape.add(data)
    starts, rows = list[int](), list[bytes]()
    while at < len(data):
        found = form.separation.row_at(data, at, len(data), _ANY_LINES, final=True)
        end = found.at if found.state is State.WHOLE else len(data)
        starts.append(at)
        rows.append(data[at:end])
        behind = form.separation.behind(data, end)
        if behind is None:
            break
        at = tape.space_end(behind)
    return PlacedRows(rows, starts, lines_of(data, starts))


def _is_spread(rows: Sequence[bytes]) -> bool:
    text = b"".join(rows)
    return b"\n" in text or b"\r" in text
