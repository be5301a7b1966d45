"""The row of a dead letter, read again: as it was, or as somebody has mended it since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from loader.dlq import letter as letters
from loader.dlq.error_types import DAMAGED_LETTER
from loader.dlq.letter import DeadLetter
from loader.dlq.reading import layout_of, settings_of
from loader.rows import Chunk, Format, Layout, ReadAs, Source
from loader.sources.error_types import UNCLOSED_QUOTE
from loader.sources.formats.delimited.dialect import edges_of
from loader.sources.formats.jsonl import fault_of
from loader.sources.formats.parsers import parser_for
from loader.sources.split import Fault


@dataclass(frozen=True, slots=True)
class LetterRow:
    """A row that a replay can send; `fields` are those of a delimited row, in the order of its columns."""

    raw: bytes
    layout: Layout
    fields: Sequence[str] = ()


def row_of(letter: DeadLetter) -> LetterRow | Fault:
    """The row, or why there is none.

    It is what stands in `row`; where that is null, `raw` (or `raw_base64`) is read anew, in the way that `input` says.
    Where both are there and are two different rows, nobody can know which is meant, and there is none.
    """
    if letter.row_format is Format.DLQ:
        return letter.error_type, letter.error
    if not letter.has_row:
        return _cut(letter) if letter.truncated else _read_anew(letter)
    row = _text_row(letter) if letter.row_format.is_delimited else _json_row(letter)
    if isinstance(row, LetterRow) and letter.original is not None and not letter.truncated:
        return _agreed(row, _read_anew(letter))
    return row


def _damaged(why: str) -> Fault:
    return DAMAGED_LETTER.name, why


def _cut(letter: DeadLetter) -> Fault:
    kept, length = len(letter.original or b""), letter.length or 0
    where = f"line {letter.line} of {letter.source}" if letter.source else "its source"
    return letter.error_type, (
        f"only the first {kept:,} of {length:,} bytes of this row are in its letter; take the row from {where}"
    )


def _json_row(letter: DeadLetter) -> LetterRow | Fault:
    row = bytes(letter.row)
    fault = fault_of(row)
    return LetterRow(row, Layout(Format.JSONL)) if fault is None else _damaged(f"its `row` is no row: {fault[1]}")


def _text_row(letter: DeadLetter) -> LetterRow | Fault:
    try:
        members = letters.members(letter)
    except (msgspec.DecodeError, RecursionError):
        return _damaged(
            f'its `row` is no object of texts, such as {{"id": "1"}}, as it must be for {letter.row_format}'
        )
    columns = letter.read_as.columns if letter.read_as is not None else ()
    if columns and members.keys() != set(columns):
        return _damaged(f"the fields of its `row` are not those of its `input`: {', '.join(columns)}")
    if columns:
        members = {name: members[name] for name in columns}
    return LetterRow(bytes(letter.row), Layout(letter.row_format, tuple(members)), tuple(members.values()))


def _agreed(row: LetterRow, original: LetterRow | Fault) -> LetterRow | Fault:
    """The original bytes are sent if they say what `row` says; what cannot be read is what `row` was written for."""
    if not isinstance(original, LetterRow):
        return row
    if _meaning(original) == _meaning(row):
        return original
    return _damaged("its `row` and its `raw` are two different rows; take out the one that is not meant")


def _meaning(row: LetterRow) -> object:
    """What a row says, however it is spelled."""
    if row.layout.format.is_delimited:
        return dict(zip(row.layout.columns, row.fields, strict=True))
    return letters.canonical(row.raw)


def _read_anew(letter: DeadLetter) -> LetterRow | Fault:
    """The row in the original bytes."""
    raw = letter.original
    if raw is None:
        return _damaged("it has neither `row` nor `raw`")
    if letter.row_format.is_delimited:
        return _record_anew(raw, letter.row_format, letter.read_as or ReadAs())
    fault = fault_of(raw)
    if fault is not None:
        return fault
    return LetterRow(letters.embedded(raw) if b"\n" in raw else raw, Layout(Format.JSONL))


def _record_anew(raw: bytes, row_format: Format, read_as: ReadAs) -> LetterRow | Fault:
    """The same of a delimited row: it must be all of one record."""
    if not read_as.columns:
        return _damaged('it does not name the columns of its row: "input": {"columns": ["id", ...]}')
    settings = settings_of(read_as, row_format)
    finder = edges_of(row_format, settings)
    if finder.quote_open(raw):
        return UNCLOSED_QUOTE.name, "a quote of this row is not closed"
    rows = len(finder.edges(raw, final=True).starts)
    if rows != 1:
        return _damaged(f"its `raw` holds {rows} rows, and a letter is one: loader dlq export, and push the file")
    source = Source(0, "", layout_of(read_as, row_format), stream=True, size=None)
    parsed = parser_for(source, settings).parse(Chunk(0, source, 0, 1, 0, 1, raw, 0))
    for group in parsed.groups:
        return LetterRow(raw, Layout(row_format, read_as.columns), tuple((group.rows.fields or ())[0]))
    return parsed.bad[0].error_type, parsed.bad[0].error
