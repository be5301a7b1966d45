"""Rows, letters and chunks of queues for the tests of this folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from loader.config.sections import InputSettings
from loader.contents import RawJson, TextColumns
from loader.dlq import letter as letters
from loader.dlq.letter import DeadLetter
from loader.dlq.letter_factory import LetterFactory
from loader.dlq.replayed import SettledLetters
from loader.dlq.selection import Selection
from loader.dlq.source import DlqParser
from loader.error_types import LetterClass
from loader.history import History
from loader.outcomes import Cause, Ending
from loader.rows import LETTERS, BadRow, Chunk, Layout, Origin, Rows, Source
from loader.sources.parser import Parsed

USUAL = InputSettings()
RUN = "20261124T001500-7f3a2c"
WALL = 1_795_479_300.25
JSONL = Source(0, "in.jsonl", Layout("jsonl"), False, 1000)
QUEUE = Source(0, "dlq.jsonl", Layout(LETTERS), False, 1000, letters=True)
REFUSED = Cause("http_422", "no", Ending.REFUSED, status=422)


def unmasked(text: str) -> str:
    return text


def json_rows(raw: bytes, *, line: int = 3, offset: int = 40, origin: Origin | None = None) -> Rows:
    origins = None if origin is None else [origin]
    return Rows(JSONL, JSONL.layout, [7], [line], [offset], RawJson([raw]), origins)


def csv_rows(fields: list[str], columns: tuple[str, ...], row_format: str = "csv") -> Rows:
    source = Source(1, "in.csv", Layout(row_format, columns), False, 1000)
    return Rows(source, source.layout, [7], [3], [40], TextColumns(columns, [b"as,read"], [fields]))


def row_letter(rows: Rows, cause: Cause = REFUSED, kind: LetterClass = LetterClass.REFUSED, **changed) -> DeadLetter:
    settings = changed.pop("settings", USUAL)
    head = LetterFactory(changed.pop("run_id", RUN), "", changed.pop("mask", unmasked), settings)
    history = changed.pop("history", History(attempts=1, first_error_at=WALL - 1))
    facts = {"target": "http://t/rows", "wall": WALL}
    return head.of_rows(rows, {0: cause}, kind, history, **{**facts, **changed})[0]


def bad_letter(
    bad: BadRow,
    source: Source = JSONL,
    *,
    run_id: str = RUN,
    target: str = "http://t/rows",
    mask: Callable[[str], str] = unmasked,
    settings: InputSettings = USUAL,
) -> DeadLetter:
    return LetterFactory(run_id, target, mask, settings).of_bad_rows(source, [bad], wall=WALL)[0]


def line_of(letter: DeadLetter) -> bytes:
    """The letter as it stands in a queue."""
    return letters.encode([letter])


def bad_row(raw: bytes, *, length: int | None = None) -> BadRow:
    return BadRow(9, 5, 80, raw, len(raw) if length is None else length, "bad_json", "unexpected end")


def chunk(data: bytes, rows: int, source: Source = QUEUE) -> Chunk:
    return Chunk(0, source, 100, 11, 5000, rows, data, len(data))


def replay(data: bytes, rows: int, selection: Selection | None = None, **options) -> Parsed:
    """What a replay makes of a chunk of a queue."""
    settled = options.pop("settled", SettledLetters())
    saw = options.pop("saw", lambda _offset, _mark: None)
    return DlqParser(selection or Selection(), settled, saw, **options).parse(chunk(data, rows))


def replay_one(letter: DeadLetter, **options) -> Parsed:
    return replay(line_of(letter), 1, **options)


def texts_of(rows: Rows) -> Sequence[Sequence[str | None]]:
    """The fields of delimited rows."""
    assert isinstance(rows.content, TextColumns)
    return list(map(list, rows.content.fields))
