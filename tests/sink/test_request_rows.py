from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loader.sink.http1 import BadRequest
from loader.sink.request_rows import rows_of

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
ROWS = st.lists(st.dictionaries(st.text(), VALUES, max_size=4), min_size=1, max_size=5)


@given(ROWS)
def test_rows_come_out_as_they_were_sent_as_array_and_as_lines(rows):
    texts = [json.dumps(row) for row in rows]
    assert rows_of(f"[{', '.join(texts)}]".encode()) == texts
    if not texts[0].startswith(('{"index": {', '{"create": {')):
        assert rows_of("\n".join(texts).encode()) == texts


@pytest.mark.parametrize(
    ("body", "rows"),
    [
        (b'{"a":1}', ['{"a":1}']),
        (b'\n {"a":\n 1}\n', ['{"a":\n 1}']),
        (b"[]", []),
        (b'{"a":1}\r\n\r\n{"a":2}\r\n', ['{"a":1}', '{"a":2}']),
        (b'{"index":{}}\n{"a":1}\n{"index":{"_id":"7"}}\n{"a":2}\n', ['{"a":1}', '{"a":2}']),
        (b'{"create":{"_index":"t"}}\n{"index":{}}\n', ['{"index":{}}']),
        (b'{"index":5}\n{"a":1}\n', ['{"index":5}', '{"a":1}']),
        (b'{"a":123456789012345678901234567890}', ['{"a":123456789012345678901234567890}']),
        ('{"a":"é"}'.encode(), ['{"a":"é"}']),
    ],
)
def test_forms_of_bodies(body, rows):
    assert rows_of(body) == rows


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty"),
        (b"5", "row 1 is not an object"),
        (b'[{"a":1},5]', "row 2 is not an object"),
        (b'[{"a":1}', "not a JSON array"),
        (b'{"a":1}\n{"a":', "line 2"),
        (b'{"a":"\xff"}', "not UTF-8"),
        (b'{"index":{}}\n{"a":1}\n{"index":{}}\n', "pairs"),
        (b'{"index":{}}\n{"a":1}\n{"a":2}\n{"a":3}\n', "pairs"),
        (b"[" * 100_000, "not a JSON array"),
        (b'{"a":' * 100_000, "line 1"),
    ],
)
def test_what_holds_no_rows_is_refused_with_a_reason(body, reason):
    with pytest.raises(BadRequest, match=reason):
        rows_of(body)
