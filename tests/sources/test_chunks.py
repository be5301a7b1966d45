"""Chunks: the same rows, lines, ordinals and offsets however the input is read and cut."""

from __future__ import annotations

import gzip
import io
import os
import re
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from loader.checkpoint.log import chunk_digest
from loader.config import sections
from loader.sources import chunks, expand, open_inputs
from loader.sources.formats.delimited.format import CSV
from loader.sources.locations.standard_input import StandardInput
from loader.sources.numbering import Unreadable
from loader.sources.text.blocks import Block
from loader.sources.text.row_stream import RowStream
from tests.sources.reading import DEFAULTS, Pieces, PiecewiseInput, read_paths, rows_of, source_of

LINE_END = re.compile(rb"\r\n?|\n")
CSVISH = st.lists(
    st.sampled_from([*'"",,\r\n\n a\\\\#', "\r\n", 'a,"a"\n', '""', "\n#", ', "', "\u00a7"]), max_size=60
).map("".join)
WAITS = st.lists(st.sampled_from([0, 1, 2, 5]), max_size=60)
SIZES = st.lists(st.integers(1, 30), max_size=20)


def reference(data: bytes, dialect: sections.InputSettings, blank: bytes = b""):
    """(line, offset, raw, error type) of every row, byte by byte: slow and plain."""
    position, line, limit = 0, 1, dialect.max_row_bytes
    while position < len(data):
        ends = list(line_ends(data, position, dialect))
        first = ends[0][0]
        end, is_open = next((each for each in ends if not each[1]), ends[-1])
        error = None
        if is_comment := bool(dialect.comment) and data[position:].startswith(dialect.comment.encode()):
            end = line_end(data, position)
        elif first - position > limit:
            error = "unclosed_quote" if quoted_at(data, position, position + limit, dialect) else "row_too_large"
            end = line_end(data, position + limit)
        elif is_open or end - position > limit:
            error, end = "unclosed_quote", first
        raw = data[position:end]
        if raw.strip(blank) and not is_comment:
            yield line, position, raw, error
        stop = past(data, end)
        line += len(LINE_END.findall(data[position:stop]))
        position = stop


def line_end(data: bytes, start: int) -> int:
    found = LINE_END.search(data, start)
    return found.start() if found else len(data)


def past(data: bytes, end: int) -> int:
    """Where the next line begins."""
    found = LINE_END.match(data, end)
    return found.end() if found else len(data)


def line_ends(data: bytes, start: int, dialect: sections.InputSettings):
    """Where the lines of the row that begins at `start` end, and whether a quote is open there, up to its own end."""
    state, index = "start", start
    delimiter, blanks = dialect.delimiter.encode(), b" \t" if dialect.trim else b""
    while index < len(data):
        byte = data[index : index + 1]
        if byte == dialect.escape.encode() and (width := escaped(data, index + 1, dialect)):
            index += 1 + width
            state = "quoted" if state == "quoted" else "plain"
            continue
        if byte in (b"\r", b"\n"):
            yield index, state == "quoted"
            if state != "quoted":
                return
            index = past(data, index)
            continue
        width = 1
        if byte == dialect.quote.encode() and state != "plain":
            state = "closed" if state == "quoted" else "quoted"
        elif state != "quoted" and data.startswith(delimiter, index):
            state, width = "start", len(delimiter)
        elif state != "quoted" and not (state == "start" and byte in blanks):
            state = "plain"
        index += width
    yield len(data), state == "quoted"


def escaped(data: bytes, index: int, dialect: sections.InputSettings) -> int:
    """How many bytes an escape before `index` makes text of."""
    meaning = (dialect.escape, dialect.quote, dialect.delimiter, "\r\n", "\n", "\r")
    return next((len(each.encode()) for each in meaning if each and data.startswith(each.encode(), index)), 0)


def quoted_at(data: bytes, start: int, stop: int, dialect: sections.InputSettings) -> bool:
    *_, (_, is_open) = line_ends(data[:stop], start, dialect)
    return is_open


def cut(data: bytes, sizes, fmt: str, input_settings=DEFAULTS, max_rows=8192, max_bytes=4 * 2**20):
    given_input = PiecewiseInput(data, sizes, source_of(fmt, ("a",)), input_settings)
    return list(chunks([given_input], max_wait=1.0, max_rows=max_rows, max_bytes=max_bytes))


def rows_in(found, input_settings=DEFAULTS) -> list[tuple]:
    """(line, offset, raw, error type) of every row that edges alone make out."""
    return [(line, offset, raw, error) for _, line, offset, raw, error in rows_of(found, input_settings)]


DIALECTS = st.builds(
    sections.InputSettings,
    max_row_bytes=st.integers(1, 100),
    delimiter=st.sampled_from([",", ",,", ",a", "\u00a7"]),
    quote=st.sampled_from(['"', ""]),
    escape=st.sampled_from(["", "\\"]),
    comment=st.sampled_from(["", "#", "##"]),
    trim=st.booleans(),
)


def dialect(limit: int, escape: str = "", quote: str = '"', **others) -> sections.InputSettings:
    return sections.InputSettings(max_row_bytes=limit, delimiter=",", escape=escape, quote=quote, **others)


@settings(max_examples=600)
@given(CSVISH, SIZES, st.integers(1, 10), st.integers(1, 40), DIALECTS)
@example('"\r', [], 1, 1, dialect(1))  # within quotes a CR at the end is text
@example('"\r\n"', [], 1, 1, dialect(1))  # a line given up whose LF comes late
@example("\\\r", [], 1, 1, dialect(1, "\\"))  # an escaped line end is no end of a row, even as the last
@example("a\\\r\n\n", [], 1, 1, dialect(9, "\\"))  # an escape makes text of CR and LF, however they come
@example('#,"\na\n#\\\na\\\n#', [], 9, 40, dialect(9, "\\", comment="#"))  # nothing in a comment means anything
@example('"\n#"\n#"', [], 9, 40, dialect(9, comment="#"))  # within quotes a line is no comment
@example(',  "\n,"', [], 9, 40, dialect(9, trim=True))  # a quote behind blanks opens
def test_csv_rows_do_not_depend_on_how_they_are_read_and_cut(text, sizes, max_rows, max_bytes, given_input):
    data = text.encode()
    expected = list(reference(data, given_input))
    found = cut(data, sizes, "csv", given_input, max_rows, max_bytes)
    by_edges = ("unclosed_quote", "row_too_large", "bad_csv")
    rows = [(*row, error if error in by_edges else None) for *row, error in rows_in(found, given_input)]
    assert expected == rows
    assert list(range(len(expected))) == [ordinal for ordinal, *_ in rows_of(found, given_input)]
    assert all(data[offset:].startswith(raw) for _, offset, raw, _ in rows)


@settings(max_examples=300)
@given(
    st.lists(st.sampled_from(['{"a":1}', "{}", "x", " ", "\t", "\n", "\r", "\r\n", "\n"]), max_size=20).map("".join),
    SIZES,
    st.integers(1, 10),
    st.integers(1, 40),
    st.integers(1, 30),
)
def test_json_rows_do_not_depend_on_how_they_are_read_and_cut(text, sizes, max_rows, max_bytes, limit):
    data = text.encode()
    lines = sections.InputSettings(max_row_bytes=limit, delimiter=",", quote="")
    expected = list(reference(data, lines, b" \t"))
    found = cut(data, sizes, "jsonl", sections.InputSettings(max_row_bytes=limit), max_rows, max_bytes)
    rows = [(*row, error if error == "row_too_large" else None) for *row, error in rows_in(found)]
    assert expected == rows
    assert list(range(len(expected))) == [ordinal for ordinal, *_ in rows_of(found)]


@given(CSVISH, st.integers(0, 80), st.integers(1, 40), SIZES)
def test_rows_behind_any_row_are_the_same_where_reading_begins_there(text, place, limit, sizes):
    """A resume opens a file where a chunk ended: what a row is may not depend on what was read before it."""
    data = text.encode()
    given_input = sections.InputSettings(max_row_bytes=limit)
    rows = rows_in(cut(data, [len(data)], "csv", given_input), given_input)
    begins = [offset for _, offset, *_ in rows if offset >= place][:1]
    for begin in begins:
        behind = [
            (offset + begin, raw, error)
            for _, offset, raw, error in rows_in(cut(data[begin:], sizes, "csv", given_input), given_input)
        ]
        assert behind == [(offset, raw, error) for _, offset, raw, error in rows if offset >= begin]


@given(st.text('",\r\n a', max_size=80), SIZES, SIZES, st.integers(1, 10), st.integers(1, 40))
def test_chunk_edges_do_not_depend_on_how_the_input_is_read(text, sizes, others, max_rows, max_bytes):
    """Requests are cut from the start of a chunk: a restart must find the same chunks."""
    data = text.encode()
    first = cut(data, sizes, "csv", max_rows=max_rows, max_bytes=max_bytes)
    second = cut(data, others, "csv", max_rows=max_rows, max_bytes=max_bytes)
    assert [(c.offset, c.line, c.rows, c.data) for c in first] == [(c.offset, c.line, c.rows, c.data) for c in second]


@given(st.text('",\r\n a', max_size=80), st.integers(1, 10), st.integers(1, 40))
def test_chunks_keep_their_limits_and_their_place(text, max_rows, max_bytes):
    data = text.encode()
    for number, chunk in enumerate(cut(data, [1000], "csv", max_rows=max_rows, max_bytes=max_bytes)):
        assert number == chunk.number
        assert 1 <= chunk.rows <= max_rows
        assert len(chunk.data) <= max_bytes or chunk.rows == 1
        assert data[chunk.offset : chunk.offset + len(chunk.data)] == chunk.data


def test_numbers_and_ordinals_run_over_all_inputs(tmp_path):
    for name, rows in (("a.jsonl", 3), ("b.jsonl", 0), ("c.jsonl", 2)):
        (tmp_path / name).write_text("{}\n" * rows)
    found = read_paths(sorted(tmp_path.iterdir()), max_rows=2)
    assert [(c.number, c.source.index, c.ordinal, c.rows) for c in found] == [(0, 0, 0, 2), (1, 0, 2, 1), (2, 2, 3, 2)]


def test_a_byte_order_mark_is_taken_off_and_counts_in_offsets(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"a":1}\n{"a":2}')
    assert rows_of(read_paths([path])) == [(0, 1, 3, b'{"a":1}', None), (1, 2, 11, b'{"a":2}', None)]


def test_a_byte_order_mark_before_a_header_is_no_part_of_a_name(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_bytes(b"\xef\xbb\xbfa,b\r\n1,2\r\n")
    (chunk,) = read_paths([path])
    assert chunk.source.layout.columns == ("a", "b")
    assert (chunk.line, chunk.offset, chunk.data) == (2, 8, b"1,2\r\n")


def test_a_row_over_the_limit_is_read_past_and_the_rows_around_it_go_on(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'{"a":1}\n{"b":"' + b"x" * 700_000 + b'"}\r\n{"c":3}\n')
    found = read_paths([path], sections.InputSettings(max_row_bytes=100_000))
    before, large, after = found
    assert (before.rows, before.data) == (1, b'{"a":1}\n')
    assert large.bad is not None
    assert (large.rows, large.data, large.bad.error_type, large.bad.length) == (1, b"", "row_too_large", 700_008)
    assert (large.bad.line, large.bad.offset, large.bad.ordinal) == (2, 8, 1)
    assert large.bad.raw == b'{"b":"' + b"x" * (64 * 1024 - 6)
    assert (after.ordinal, after.line, after.offset) == (2, 3, 700_018)


def test_a_row_of_just_the_limit_is_ordinary(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'{"a":12}\r\n' + b'{"a":123}\r\n')
    assert [row[-1] for row in rows_of(read_paths([path], sections.InputSettings(max_row_bytes=8)))] == [
        None,
        "row_too_large",
    ]


def test_a_row_larger_than_a_chunk_is_a_chunk_of_its_own():
    large = b'{"a":"' + b"x" * 100 + b'"}\n'
    assert [b"{}\n", large, b"{}\n{}\n"] == [
        c.data for c in cut(b"{}\n" + large + b"{}\n{}\n", [1000], "jsonl", max_bytes=50)
    ]


def test_a_quote_never_closed_is_one_row_of_its_line_and_reading_goes_on_at_the_next(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_bytes(b'a,b\n1,2\n3,"4\n5,""\n7,8\n')
    assert rows_of(read_paths([path])) == [
        (0, 2, 4, b"1,2", None),
        (1, 3, 8, b'3,"4', "unclosed_quote"),
        (2, 4, 13, b'5,""', None),
        (3, 5, 18, b"7,8", None),
    ]


def test_one_stray_quote_in_many_lines_is_one_bad_row_whole_in_its_letter(tmp_path):
    """The limit of 16 MiB comes before the end: 462,195 of a million lines were gone by such a quote."""
    path = tmp_path / "rows.csv"
    rows = [b"%d,screen,black" % number for number in range(40_000)]
    rows[1000] = b'1000,"5 inch screen,' + b"x" * 70_000
    path.write_bytes(b"id,name,note\n" + b"\n".join(rows))
    found = rows_of(read_paths([path], sections.InputSettings(max_row_bytes=200_000)))
    assert [row for row in found if row[-1] is not None] == [
        (1000, 1002, 13 + sum(map(len, rows[:1000])) + 1000, rows[1000], "unclosed_quote")
    ]
    assert [row[3] for row in found] == rows


class CountingFinder:
    """Finds rows, and counts the bytes it was given to look through."""

    def __init__(self, finder) -> None:
        self.blank = finder.blank
        self.bytes = 0
        self._finder = finder

    def __getattr__(self, name):
        def counted(data, **kwargs):
            self.bytes += len(data)
            return getattr(self._finder, name)(data, **kwargs)

        return counted


@pytest.mark.parametrize("limit", [16 * 2**20, 10_000])
def test_lines_that_open_quotes_without_end_are_looked_through_once(limit):
    """Each of these lines opens a quote, and closes and opens one if it is within quotes: no row ever ends."""
    data = b'x"y,"z\n' * 20_000
    finder = CountingFinder(CSV.dialect(DEFAULTS).edges())
    stream = RowStream(Pieces(data, [len(data)]), finder, limit)
    found: list[Block | Unreadable] = []
    while not stream.ended:
        found += stream.read(None)
    bad = [row for row in found if isinstance(row, Unreadable)]
    assert len(bad) == len(found)
    assert [(row.line, row.raw) for row in bad] == [(number, b'x"y,"z') for number in range(1, 20_001)]
    assert finder.bytes < 30 * len(data)  # half as many times as there are lines, if anew for each


def test_a_quote_open_at_the_limit_is_one_row_of_its_line(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_bytes(b'a,b\n1,2\n3,"4\n55,6\n7,8\n9,10\n')
    _, bad, after = read_paths([path], sections.InputSettings(max_row_bytes=8))
    assert bad.bad is not None
    assert (bad.bad.error_type, bad.bad.line, bad.bad.raw) == ("unclosed_quote", 3, b'3,"4')
    assert (after.line, after.ordinal, after.data) == (4, 2, b"55,6\n7,8\n9,10\n")


def test_reading_is_lazy_and_memory_does_not_grow_with_the_file(tmp_path):
    path = tmp_path / "rows.jsonl.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        block = (b'{"a":"' + b"x" * 200 + b'"}\n') * 5000
        for _ in range(60):
            file.write(block)
    with open_inputs(expand([str(path)]), DEFAULTS) as inputs:
        found = chunks(inputs, max_wait=1.0)
        first = next(found)
        assert first.position < path.stat().st_size / 4
        sizes = [len(first.data), *(len(chunk.data) for chunk in found)]
    assert 60 * len(block) == sum(sizes)
    assert max(sizes) <= 4 * 2**20


def test_an_abandoned_iterator_closes_its_file(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text("{}\n" * 10)
    with open_inputs(expand([str(path)]), DEFAULTS) as inputs:
        before = len(os.listdir("/dev/fd"))
        found = chunks(inputs, max_wait=1.0, max_rows=1)
        next(found)
        assert before + 1 == len(os.listdir("/dev/fd"))
        found.close()
        assert before == len(os.listdir("/dev/fd"))


def test_many_inputs_are_not_open_at_once(tmp_path):
    for number in range(50):
        (tmp_path / f"{number}.jsonl").write_text("{}\n")
    before = len(os.listdir("/dev/fd"))
    with open_inputs(expand([str(path) for path in tmp_path.iterdir()]), DEFAULTS) as inputs:
        for _ in chunks(inputs, max_wait=1.0):
            assert len(os.listdir("/dev/fd")) <= before + 1


def test_standard_input_may_be_a_plain_file_object():
    with open_inputs([StandardInput(io.BytesIO(b"{}\n{}\n"))], DEFAULTS) as inputs:
        assert [chunk.rows for chunk in chunks(inputs, max_wait=1.0)] == [2]


def cut_live(data: bytes, sizes, fmt: str, max_rows: int, recorded=None):
    """Chunks of a pipe each of whose pieces is given out at once."""
    source = replace(source_of(fmt, ("a",)), stream=True)
    given_input = PiecewiseInput(data, sizes, source, sections.InputSettings(max_row_bytes=20), live=True)
    return list(chunks([given_input], max_wait=0.0, max_rows=max_rows, recorded=recorded))


@settings(max_examples=500)
@given(
    st.sampled_from(["csv", "jsonl"]),
    st.lists(st.sampled_from(["a", '"', ",", " ", "\n", "\r", "\r\n", "a\r\n"]), max_size=40).map("".join),
    WAITS,
    WAITS,
    st.integers(1, 5),
    st.floats(0, 1),
)
@example("jsonl", "a\r\nb\r\nc\r\n", [9], [2, 0, 1, 9], 5, 1.0)  # an LF that comes late
def test_chunks_of_a_pipe_are_found_again_however_its_bytes_come_the_second_time(fmt, text, sizes, others, rows, share):
    """What was cut by time is cut alike from what was recorded; behind that it is cut by time again."""
    first = cut_live(text.encode(), sizes, fmt, rows)
    known = round(share * len(first))
    again = cut_live(text.encode(), others, fmt, rows, {chunk.number: chunk.rows for chunk in first[:known]})
    assert [identity(chunk) for chunk in again[:known]] == [identity(chunk) for chunk in first[:known]]
    assert rows_of(again) == rows_of(first)


def identity(chunk):
    return chunk.number, chunk.ordinal, chunk.offset, chunk.line, chunk.rows, chunk_digest(chunk)
