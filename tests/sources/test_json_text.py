"""JSON as it comes: the same rows, lines, ordinals and offsets however it is read and cut; broken ones told apart."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from itertools import accumulate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loader.config import sections
from loader.config.expressions.member_path import names_of
from loader.rows import Chunk, Layout, Source
from loader.sources import InputError, chunks
from loader.sources.formats.base import Opening, Reader, format_of
from loader.sources.recognition.head import Head
from loader.sources.start import Place, Start
from tests.sources.reading import DEFAULTS, Pieces, rows_of
from tests.sources.test_jsonl import BAD, GOOD

JSON = format_of("json")
LINE_END = re.compile(rb"\r\n?|\n")
SIZES = st.lists(st.integers(1, 30), max_size=20)
SPACE = st.lists(st.sampled_from([b" ", b"\n", b"\r\n", b"\r", b"\t"]), max_size=2).map(b"".join)
SPREAD_OBJECT = st.lists(
    st.tuples(st.sampled_from([b'"a"', b'"b"', b'"}"', b'"\\""', b'"[,"']), SPACE), max_size=3, unique_by=lambda m: m[0]
).map(lambda members: b"{" + b",".join(name + b":" + space + b'[{"x":"]}"}]' for name, space in members) + b"}")
GOOD_ROWS = st.one_of(st.sampled_from([b'{"a":1}', b'{"a":"},{"}', b"{}", b'{"a":[{"a":1},{"a":2}]}']), SPREAD_OBJECT)
# Broken, and yet it can be told where they end: brackets and quotes match.
BROKEN_ROWS = st.sampled_from([b'{"a":NaN}', b"{'a':1}", b'{"a":1,}', b'{"a":[tru]}', b'{"a" 1}', b'{"a":"\\ud800"}'])
OTHER_VALUES = st.sampled_from([b"[1]", b"null", b'"x,]"', b"1.5"])


@dataclass
class JsonInput:
    """An input as `chunks` takes it, recognised and opened as all are."""

    data: bytes
    sizes: list[int]
    settings: sections.InputSettings = DEFAULTS
    live: bool = False

    def __post_init__(self) -> None:
        self.source = Source(0, "rows", self._opened()[1], False, None)

    def open(self) -> Reader:
        return self._opened()[0]

    def open_at(self, place: Place) -> Reader:
        pieces = Pieces(self.data[place.offset :], self.sizes, live=self.live)
        return JSON.open_at(pieces, self.source.layout, self.settings, place)

    def _opened(self) -> tuple[Reader, Layout]:
        pieces = Pieces(self.data, self.sizes, live=self.live)
        return JSON.open(Opening("rows", Head(pieces), replace(self.settings, format="json")))


def cut(given_input: JsonInput, **limits):
    return list(chunks([given_input], max_wait=1.0, **limits))


def read(data: bytes, settings=DEFAULTS) -> list[tuple]:
    """(line, offset, raw, error type) of every row."""
    return [tuple(row) for _, *row in rows_of(cut(JsonInput(data, [len(data)], settings)), settings)]


def refusal(data: bytes, settings=DEFAULTS) -> tuple[int, str]:
    """How many rows come before reading ends, and why it does."""
    found: list[Chunk] = []
    with pytest.raises(InputError) as caught:
        found.extend(chunks([JsonInput(data, [len(data)], settings)], max_wait=1.0))
    return sum(chunk.rows for chunk in found), str(caught.value)


def placed(pieces: list[tuple[bytes, bool]]) -> tuple[bytes, list[tuple]]:
    """Text of pieces, some of which are rows, and the place of each row: line, offset, bytes."""
    data = b"".join(piece for piece, _ in pieces)
    offsets = accumulate((len(piece) for piece, _ in pieces), initial=0)
    rows = [
        (1 + len(LINE_END.findall(data[:offset])), offset, piece)
        for (piece, is_row), offset in zip(pieces, offsets, strict=False)
        if is_row
    ]
    return data, rows


@st.composite
def arrays(draw, *, around=(b"", b"")):
    """One or two arrays, with the places of their rows."""
    pieces = []
    for _ in range(draw(st.integers(1, 2))):
        pieces += [(draw(SPACE) + around[0], False), (b"[" + draw(SPACE), False)]
        rows = draw(st.lists(st.one_of(GOOD_ROWS, BROKEN_ROWS, OTHER_VALUES), max_size=8))
        for index, row in enumerate(rows):
            comma = b"," if index < len(rows) - 1 else b""
            pieces += [(row, True), (draw(SPACE) + comma + draw(SPACE), False)]
        pieces += [(b"]" + around[1] + draw(SPACE), False)]
    return placed(pieces)


@st.composite
def documents(draw):
    pieces = [(draw(SPACE), False), (b"{}", True), (draw(SPACE), False)]  # an array as the first is one of rows
    for _ in range(draw(st.integers(0, 8))):
        pieces += [(draw(st.one_of(GOOD_ROWS, BROKEN_ROWS, OTHER_VALUES)), True), (draw(SPACE), False)]
        if pieces[-2][0][:1] not in b'{["':  # a scalar ends where something else comes
            pieces.append((b"\n", False))
    return placed(pieces)


@st.composite
def sequences(draw):
    pieces = []
    for _ in range(draw(st.integers(1, 8))):
        row = draw(st.one_of(GOOD_ROWS, BROKEN_ROWS, OTHER_VALUES, st.sampled_from([b'{"a":{', b'{"a":"x', b"}]"])))
        pieces += [(b"\x1e" * draw(st.integers(1, 2)) + draw(SPACE), False), (row, True), (b"\n", False)]
    return placed(pieces)


def holds(text: tuple[bytes, list[tuple]], sizes, max_rows, max_bytes, row_settings=DEFAULTS) -> None:
    """All that is promised of reading, whatever the form."""
    data, expected = text
    given_input = JsonInput(data, sizes, row_settings)
    found = cut(given_input, max_rows=max_rows, max_bytes=max_bytes)
    rows = rows_of(found, row_settings)
    assert [(line, offset, raw) for _, line, offset, raw, _ in rows] == expected
    assert [ordinal for ordinal, *_ in rows] == list(range(len(expected)))
    assert [error is None for *_, error in rows] == [_is_row(raw) for *_, raw in expected]
    at_once = cut(JsonInput(data, [len(data)], row_settings), max_rows=max_rows, max_bytes=max_bytes)
    assert [_facts(chunk) for chunk in found] == [_facts(chunk) for chunk in at_once]
    for chunk in found:
        start = Start(0, chunk.number, chunk.ordinal, Place(chunk.offset, chunk.line))
        again = cut(given_input, max_rows=max_rows, max_bytes=max_bytes, start=start)
        assert [_facts(each) for each in again] == [_facts(each) for each in found[chunk.number :]]


def _facts(chunk) -> tuple:
    return chunk.number, chunk.ordinal, chunk.line, chunk.offset, chunk.rows, chunk.data, chunk.bad


def _is_row(raw: bytes) -> bool:
    try:
        return isinstance(json.loads(raw, parse_constant=int), dict) and b"\\ud800" not in raw
    except ValueError:
        return False


@settings(max_examples=300)
@given(arrays(), SIZES, st.integers(1, 6), st.integers(1, 60))
def test_elements_do_not_depend_on_how_they_are_read_and_cut(text, sizes, max_rows, max_bytes):
    holds(text, sizes, max_rows, max_bytes)


@given(arrays(around=(b'{"x":[{"data":[1]}],"a.b":{"n":"]","data":', b',"y":[{"z":1}]},"w":"}"}')), SIZES)
def test_elements_of_an_array_in_an_object_neither(text, sizes):
    holds(text, sizes, 3, 50, sections.InputSettings(path='"a.b".data'))


@settings(max_examples=300)
@given(documents(), SIZES, st.integers(1, 6), st.integers(1, 60))
def test_documents_neither(text, sizes, max_rows, max_bytes):
    holds(text, sizes, max_rows, max_bytes)


@given(sequences(), SIZES, st.integers(1, 6), st.integers(1, 60))
def test_sequences_neither(text, sizes, max_rows, max_bytes):
    holds(text, sizes, max_rows, max_bytes)


TOKENS = [
    *'{}[]:,"\\\n\n\r\x1e ',
    *('{"a":', '{"a":1},', '\n{"a":1}', '\n  {"a":', '"a":', "1", "tru", '"x"', "\r\n", "},{"),
]
NOISE = st.lists(st.sampled_from(TOKENS), max_size=40).map("".join)
BEGINNINGS = st.sampled_from(["[", "[\n  {", "[\n{", '{"a":1}', '{\n"a"', "\x1e", " {"])


def outcome(given_input: JsonInput, **limits) -> tuple[list[tuple], str]:
    """The chunks that come, and why no more do."""
    found: list[tuple] = []
    try:
        found.extend(_facts(chunk) for chunk in chunks([given_input], max_wait=1.0, **limits))
    except InputError as error:
        return found, without_excerpt(error)
    return found, ""


def without_excerpt(error: InputError) -> str:
    """What an error says up to what it shows of the input, which is as much as came so far."""
    return str(error).split("'")[0]


@settings(max_examples=500)
@given(BEGINNINGS, NOISE, SIZES, st.integers(1, 6), st.sampled_from([1, 5, 20, 1000]), st.sampled_from(["", "a"]))
def test_what_is_made_of_noise_does_not_depend_on_how_it_is_read(beginning, noise, sizes, max_rows, limit, path):
    data = (beginning + noise).encode()
    row_settings = sections.InputSettings(max_row_bytes=limit, path=path)
    try:
        at_once = JsonInput(data, [len(data)], row_settings)
    except InputError as error:
        with pytest.raises(InputError, match=f"^{re.escape(without_excerpt(error))}"):
            JsonInput(data, sizes, row_settings)
        return
    expected, why = outcome(at_once, max_rows=max_rows)
    in_pieces = JsonInput(data, sizes, row_settings)
    assert outcome(in_pieces, max_rows=max_rows) == (expected, why)
    assert in_pieces.source.layout == at_once.source.layout
    for number, ordinal, line, offset, *_ in expected:
        start = Start(0, number, ordinal, Place(offset, line))
        assert outcome(in_pieces, max_rows=max_rows, start=start) == (expected[number:], why)
    rows = rows_of(cut_as_far(at_once, max_rows=max_rows), row_settings)
    assert [ordinal for ordinal, *_ in rows] == list(range(len(rows)))
    assert all(data[offset:].startswith(raw) for _, _, offset, raw, _ in rows)
    assert all(line == 1 + len(LINE_END.findall(data[:offset])) for _, line, offset, *_ in rows)


def cut_as_far(given_input: JsonInput, **limits) -> list:
    found: list[Chunk] = []
    try:
        found.extend(chunks([given_input], max_wait=1.0, **limits))
    except InputError:
        return found
    return found


TELLING = [row for row, *_ in BAD if row.count(b"{") + row.count(b"[") == row.count(b"}") + row.count(b"]")]
ROW_FORMS = {"array": b'[{"n":1},%b,{"n":2}]', "documents": b'{"n":1}%b\n{"n":2}', "sequence": b"\x1e{}\x1e%b\x1e{}"}

# What follows behind an object is another row, but in an array.
BEHIND_OBJECTS: dict[bytes, list] = {
    b'{"a":1}{}': [(b'{"a":1}', None), (b"{}", None)],
    b"{}\x00": [(b"{}", None), (b"\x00", "bad_json")],
    b"{}\x0b": [(b"{}", None), (b"\x0b", "bad_json")],
}


@pytest.mark.parametrize(
    ("form", "row", "error_type"),
    [
        (form, row, error_type)
        for row, error_type, _ in BAD
        for form in ROW_FORMS
        if form == "sequence" or row in TELLING  # its brackets close
    ],
    ids=lambda value: str(value[:30]),
)
def test_a_bad_row_that_tells_where_it_ends_is_one_and_the_rows_around_it_go_on(form, row, error_type):
    found = [(raw, error) for _, _, raw, error in read(ROW_FORMS[form] % row)]
    assert [error for _, error in (found[0], found[-1])] == [None, None]
    assert found[1:-1] == ([(row, error_type)] if form == "array" else BEHIND_OBJECTS.get(row, [(row, error_type)]))


@pytest.mark.parametrize("form", ROW_FORMS)
@pytest.mark.parametrize("row", GOOD, ids=[str(row[:30]) for row in GOOD])
def test_a_good_row_of_any_form_goes_on_byte_for_byte(form, row):
    assert read(ROW_FORMS[form] % row)[1][2:] == (row.strip(), None)


# Rows of which brackets and quotes do not tell where they end: another does that begins its line like them.
BETWEEN_LINES = [
    b'{"a":"x}',  # a quote is missing
    b'{"a":x"}',
    b'{"a":[1,2}',  # a bracket
    b'{"a":{"b":1}',
    b'{"a":{"b":1},',
    b'{"a":1}}',
    b'{"a":"two\nlines"}',
    b'{"a":[\n    {"a":1},\n    {"a":2}\n  }',  # objects within it are no rows
]


@pytest.mark.parametrize("row", BETWEEN_LINES)
def test_behind_an_element_that_does_not_tell_where_it_ends_the_next_like_line_goes_on(row):
    data = b'[\n  {"a": 1},\n  %b,\n  {"a": 2},\n  {"a": 3}\n]\n' % row
    first, bad, *others = read(data)
    assert (first[2:], [other[2:] for other in others]) == (
        (b'{"a": 1}', None),
        [(b'{"a": 2}', None), (b'{"a": 3}', None)],
    )
    assert bad == (3, 16, row.rstrip(b","), "bad_json")
    assert [other[0] for other in others] == [4 + row.count(b"\n"), 5 + row.count(b"\n")]


@pytest.mark.parametrize("row", BETWEEN_LINES)
def test_it_is_the_last_element_where_the_array_ends_on_a_line_of_its_own(row):
    rows = read(b'[\n  {"a": 1},\n  %b\n]\n' % row)
    assert [row[2:] for row in rows] == [(b'{"a": 1}', None), (row.rstrip(b","), "bad_json")]


@pytest.mark.parametrize("row", [*BETWEEN_LINES[:5], BETWEEN_LINES[6], b'{\n "a":[\n  {"b":1},\n  {"b":2}\n }'])
def test_behind_a_document_that_does_not_tell_where_it_ends_the_next_line_with_one_goes_on(row):
    rows = read(b'{\n"a": 1}\n%b\n{"b": 2}\n{\n"c": 3\n}\n' % row)
    assert [row[2:] for row in rows] == [
        (b'{\n"a": 1}', None),
        (row.rstrip(b","), "bad_json"),
        (b'{"b": 2}', None),
        (b'{\n"c": 3\n}', None),
    ]


@pytest.mark.parametrize("row", [b'{"a":"x}', b'{"a":[1,2}', b'{"a":[1]]}'])
def test_where_no_line_tells_reading_ends_behind_the_rows_before(row):
    rows, why = refusal(b'[{"a":1},{"a":2},%b,{"a":3}]' % row)
    assert rows == 2
    if row == b'{"a":"x}':  # all behind it may be a text of it
        assert "the input ends within the array" in why
    else:
        assert "pieces:1: the row that begins here, at byte 18, is broken, and where the next one begins" in why


@pytest.mark.parametrize(
    ("data", "rows", "said"),
    [
        (b'[\n{"a":1},\n{"a":2}', 1, "pieces:3: the input ends within the array: it was cut short"),
        (b'[{"a":1},{"a":2},', 2, "pieces:1: the input ends within the array"),
        (b'[{"a":1},{"a":', 1, "pieces:1: the input ends within the array"),
        (b'[{"a":1}]\n;', 1, "pieces:2: text that is no other array follows behind the end of the rows"),
        (b'[{"a":1}]{"a":2}', 1, "pieces:1: text that is no other array follows"),
    ],
)
def test_an_array_that_ends_too_early_or_not_with_the_input_is_told_behind_its_rows(data, rows, said):
    count, why = refusal(data)
    assert (count, said in why) == (rows, True), why


@pytest.mark.parametrize(
    ("data", "commas"),
    [
        (b'[{"a":1},{"a":2},]', [16]),
        (b'[{"a":1}\n,\n\n]', [9]),
        (b'[{"a":1},,{"a":2}]', [9]),
        (b'[{"a":1},{"a":2},][{"a":3},]', [16, 26]),
    ],
)
def test_a_comma_without_a_row_is_a_bad_row(data, commas):
    rows = read(data)
    assert [offset for _, offset, raw, error in rows if (raw, error) == (b",", "bad_json")] == commas
    assert all(error is None for _, _, raw, error in rows if raw != b",")


@pytest.mark.parametrize("path", ["data", ".data", "a.b", '"x.y".z'])
def test_rows_lie_at_the_path_in_one_document_or_several(path):
    def document(rows: bytes) -> bytes:
        inner = b"[%b]" % rows
        for name in reversed(names_of(path)):
            inner = json.dumps(name).encode() + b": " + inner
            inner = b'{"before": [{"data": [1]}, "]}"], ' + inner + b', "behind": {"data": [2]}}'
        return inner

    data = document(b'{"a":1},{"a":2}') + b"\n" + document(b"") + document(b'{"a":3}')
    found = read(data, sections.InputSettings(path=path))
    assert [raw for _, _, raw, _ in found] == [b'{"a":1}', b'{"a":2}', b'{"a":3}']


@pytest.mark.parametrize(
    ("data", "path", "said"),
    [
        (b'{"data":[]}', "dat", 'has no "dat" in it; did you mean "data"?'),
        (b'{"total":1,"next":null}', "rows", 'has no "rows" in it; what there is: total, next'),
        (b"{}", "rows", "what there is: nothing"),
        (b'{"data":{"itms":[]}}', "data.items", 'has no "items" in data; did you mean "itms"?'),
        (b'{"data":{"items":1}}', "data.items", "has no array at data.items, but '1"),
        (b'{"data":[]}', "data.items", "has no object at data, but '[]"),
        (b'[{"data":[]}]', "data", "expected an object with the array of input.path in it, found '["),
        (b'{"x" 1}', "data", "is no JSON: "),
        (b'{"x":[}', "data", "is no JSON: "),
        (b'{"x":1', "data", "the input ends within the document around the array"),
    ],
)
def test_a_path_that_leads_to_no_array_is_refused_before_anything_is_read(data, path, said):
    with pytest.raises(InputError, match=re.escape(said)):
        JsonInput(data, [len(data)], sections.InputSettings(path=path))


def test_a_later_document_without_the_path_ends_reading_behind_the_rows_before():
    rows, why = refusal(b'{"data":[{"a":1}]}\n{"error":"later"}\n', sections.InputSettings(path="data"))
    assert rows == 1
    assert 'pieces:2: the document that begins here has no "data" in it; what there is: error; the rows before' in why


def test_what_follows_the_array_in_its_document_must_be_all_there():
    rows, why = refusal(b'{"data":[{"a":1}],"next":', sections.InputSettings(path="data"))
    assert (rows, "ends within the document around the array: it was cut short" in why) == (1, True)
    rows, why = refusal(b'{"data":[{"a":1}],"next":]}', sections.InputSettings(path="data"))
    assert (rows, "what follows behind the array is no JSON" in why) == (1, True)


@pytest.mark.parametrize("form", ROW_FORMS)
def test_a_row_over_the_limit_is_a_bad_row_with_its_beginning(form):
    row = b'{"a":"' + b"x" * 300_000 + b'","b":[{},{}]}'
    limited = sections.InputSettings(max_row_bytes=100_000)
    given_input = JsonInput(ROW_FORMS[form] % row, [1000] * 1000, limited)
    found = cut(given_input)
    rows = rows_of(found, limited)
    assert [(raw, error) for _, _, _, raw, error in rows][1] == (row[: 64 * 1024], "row_too_large")
    assert [error for *_, error in rows] == [None, "row_too_large", None]
    (bad,) = [chunk.bad for chunk in found if chunk.bad is not None]
    assert bad.length == len(row)
    assert read(ROW_FORMS[form] % row) == [(*place, raw, None) for *place, raw, _ in read(ROW_FORMS[form] % row)]


@pytest.mark.parametrize("form", ROW_FORMS)
def test_rows_of_a_live_input_come_when_they_are_whole(form):
    data = ROW_FORMS[form] % b'\n{"a":\n2}\n'
    waits = [size for _ in range(len(data)) for size in (1, 0, 0)]
    found = list(chunks([JsonInput(data, waits, live=True)], max_wait=0.0))
    assert len(found) == 3
    assert [raw for *_, raw, _ in rows_of(found)] == [raw for *_, raw, _ in rows_of(cut(JsonInput(data, [100])))]


def test_many_rows_at_once_are_the_same_as_one_by_one():
    """Objects within rows look like rows here, and the rows end differently."""
    objects = [{"id": i, "in": [{"id": j} for j in range(i % 4)], "x": "}, {" * (i % 3)} for i in range(5000)]
    for indent, separators in ((None, (",", ":")), (None, (", ", ": ")), (2, None)):
        data = json.dumps(objects, indent=indent, separators=separators).encode()
        rows = read(data)
        assert [json.loads(raw) for _, _, raw, _ in rows] == objects
        assert all(data[offset : offset + len(raw)] == raw for _, offset, raw, _ in rows)
        assert [line for line, *_ in rows] == [1 + data.count(b"\n", 0, offset) for _, offset, *_ in rows]
