"""Any row comes out of a dead letter queue as it went in."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from loader.config.sections import InputSettings
from loader.contents import RawJson, TextColumns
from loader.dlq.letter import encode
from loader.dlq.letter_factory import LetterFactory
from loader.dlq.replayed import SettledLetters
from loader.dlq.selection import Selection
from loader.dlq.source import DlqParser
from loader.error_types import LetterClass
from loader.history import History
from loader.outcomes import Cause, Ending
from loader.rows import LETTERS, Chunk, Layout, Rows, Source
from loader.sources import InputError, chunks, expand, open_inputs, parser_for
from tests.dlq.making import texts_of

from .making import QUEUE, replay_one

TEXT = st.text(st.characters(codec="utf-8"))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
)
CAUSE = Cause("http_422", "no", Ending.REFUSED, status=422)


def replayed(rows: Rows) -> Rows:
    head = LetterFactory("run", "api", str)
    letters = head.of_rows(rows, {0: CAUSE}, LetterClass.REFUSED, History(attempts=1), target="api", wall=0.0)
    queue = Source(0, "dead.jsonl", Layout(LETTERS), stream=False, size=None, letters=True)
    parser = DlqParser(Selection(), SettledLetters(), lambda _offset, _mark: None)
    (group,) = parser.parse(Chunk(0, queue, 0, 1, 0, 1, encode(letters), 0)).groups
    assert group.target == "api"
    return group.rows


@given(st.dictionaries(TEXT, VALUES), st.booleans(), st.sampled_from([None, 1]))
def test_any_json_row_byte_for_byte(value, escaped, indent):
    raw = json.dumps(value, ensure_ascii=escaped, separators=None if indent is None else (" , ", " : ")).encode()
    source = Source(0, "rows.jsonl", Layout("jsonl"), stream=False, size=None)
    back = replayed(Rows(source, source.layout, [0], [7], [99], RawJson([raw])))
    assert list(back.raw) == [raw]
    assert (back.origins[0].source, back.origins[0].line, back.origins[0].offset) == ("rows.jsonl", 7, 99)


@given(st.dictionaries(TEXT.filter(bool), TEXT, min_size=1, max_size=5))
def test_any_delimited_row_field_for_field(row):
    layout = Layout("csv", tuple(row))
    source = Source(0, "rows.csv", layout, stream=False, size=None)
    back = replayed(Rows(source, layout, [0], [2], [10], TextColumns(tuple(row), [b"as it was"], [list(row.values())])))
    assert back.layout == layout
    assert list(map(list, texts_of(back))) == [list(row.values())]


CSV_TEXT = st.text(st.sampled_from('a1,;"\\\n\r'), max_size=40)
SETTINGS = st.builds(
    InputSettings,
    delimiter=st.sampled_from(["auto", ";"]),
    quote=st.sampled_from(['"', ""]),
    escape=st.sampled_from(["", "\\"]),
    strict=st.booleans(),
    columns=st.sampled_from([(), ("a", "b")]),
    header=st.booleans(),
)


@given(
    SETTINGS.filter(lambda settings: settings.header or settings.columns),
    st.sampled_from(["a,b", "a;b;", "x,y"]),
    CSV_TEXT,
)
def test_no_bad_row_becomes_readable_by_a_replay(tmp_path_factory, settings, header, text):
    """Whoever has mended nothing delivers nothing: a row that was bad in its input is bad for the same reason."""
    path = tmp_path_factory.mktemp("input") / "a.csv"
    path.write_text(f"{header}\n{text}", newline="")
    try:
        inputs = open_inputs(expand([str(path)]), settings)
    except InputError:
        return
    with inputs:
        (source,) = inputs.sources
        parser = parser_for(source, settings)
        bad_rows = [bad for chunk in chunks(inputs, max_wait=0.1) for bad in parser.parse(chunk).bad]
    for bad in bad_rows:
        (letter,) = LetterFactory("run", "api", str, settings).of_bad_rows(source, [bad], wall=0.0)
        for _ in range(2):
            (again,) = replay_one(letter).bad
            assert (again.error_type, again.raw) == (bad.error_type, bad.raw)
            (letter,) = LetterFactory("later", "api", str).of_bad_rows(QUEUE, [again], wall=0.0)
