"""Any row comes out of a dead letter queue as it went in."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from loader.dlq.letter import encode
from loader.dlq.letterhead import Letterhead
from loader.dlq.replayed import SettledLetters
from loader.dlq.selection import Selection
from loader.dlq.source import DlqParser
from loader.outcomes import Cause, Ending, LetterClass
from loader.rows import Chunk, Format, Layout, Rows, Source

TEXT = st.text(st.characters(codec="utf-8"))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
)
CAUSE = Cause("http_422", "no", Ending.REFUSED, status=422)


def replayed(rows: Rows) -> Rows:
    head = Letterhead("run", "api", str)
    letters = head.of_rows(
        rows, {0: CAUSE}, LetterClass.REFUSED, target="api", attempts=1, first_error_at=None, wall=0.0
    )
    queue = Source(0, "dead.jsonl", Layout(Format.DLQ), stream=False, size=None)
    parser = DlqParser(Selection(), SettledLetters(), lambda _offset, _mark: None)
    (group,) = parser.parse(Chunk(0, queue, 0, 1, 0, 1, encode(letters), 0)).groups
    assert group.target == "api"
    return group.rows


@given(st.dictionaries(TEXT, VALUES), st.booleans(), st.sampled_from([None, 1]))
def test_any_json_row_byte_for_byte(value, escaped, indent):
    raw = json.dumps(value, ensure_ascii=escaped, separators=None if indent is None else (" , ", " : ")).encode()
    source = Source(0, "rows.jsonl", Layout(Format.JSONL), stream=False, size=None)
    back = replayed(Rows(source, source.layout, [0], [7], [99], [raw]))
    assert list(back.raw) == [raw]
    assert (back.origins[0].source, back.origins[0].line, back.origins[0].offset) == ("rows.jsonl", 7, 99)


@given(st.dictionaries(TEXT.filter(bool), TEXT, min_size=1, max_size=5))
def test_any_delimited_row_field_for_field(row):
    layout = Layout(Format.CSV, tuple(row))
    source = Source(0, "rows.csv", layout, stream=False, size=None)
    back = replayed(Rows(source, layout, [0], [2], [10], [b"as it was"], [list(row.values())]))
    assert back.layout == layout
    assert list(map(list, back.fields)) == [list(row.values())]
