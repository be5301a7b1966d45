"""The edge finder and Python's csv module must see the same records in any bytes whatever."""

from __future__ import annotations

import csv
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loader.sources.text.edges import LineEdges, RecordEdges, count_line_ends
from loader.sources.text.plain import Plain

FINDER = RecordEdges(Plain(b",", b'"'))
CSVISH = st.text('",\r\n a', max_size=60)


def records(text: str) -> list[list[str]]:
    return [record for record in csv.reader(StringIO(text, newline="")) if record]


@given(CSVISH)
def test_edges_agree_with_csv_reader(text):
    data = text.encode()
    edges = FINDER.edges(data, final=True)
    found = [records(data[start:end].decode()) for start, end in zip(edges.starts, edges.ends, strict=True)]
    if FINDER.quote_open(data):
        found.append(records(data[edges.rest :].decode()))
    assert [[record] for record in records(text)] == found


@given(CSVISH)
def test_lines_are_physical_lines(text):
    data = text.encode()
    edges = FINDER.edges(data, final=True)
    assert [count_line_ends(data[:start]) for start in edges.starts] == list(edges.lines)
    unfinished = FINDER.edges(data, final=False)
    assert count_line_ends(data[: unfinished.rest]) == unfinished.rest_line


@given(CSVISH, st.integers(0, 60))
def test_what_is_found_before_more_comes_stays_true(text, cut):
    """A row given out early must be a row of the whole, too."""
    data = text.encode()
    whole = FINDER.edges(data, final=True)
    early = FINDER.edges(data[:cut], final=False)
    known = len(early.starts)
    assert (list(early.starts), list(early.ends), list(early.lines)) == (
        list(whole.starts[:known]),
        list(whole.ends[:known]),
        list(whole.lines[:known]),
    )


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\u0085", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e"])
def test_only_cr_and_lf_end_lines(separator):
    data = f"a{separator}b\nc{separator}d".encode()
    edges = LineEdges().edges(data, final=True)
    assert [data[s:e].decode() for s, e in zip(edges.starts, edges.ends, strict=True)] == [
        f"a{separator}b\n",
        f"c{separator}d",
    ]


@pytest.mark.parametrize(
    ("text", "is_open"), [('"a', True), ('"a"', False), ('"a""', True), ('x"a', False), ('a,"', True)]
)
def test_a_quote_opens_only_where_a_field_begins(text, is_open):
    assert is_open == FINDER.quote_open(text.encode())


def test_a_cr_at_the_end_waits_for_what_follows():
    assert LineEdges().edges(b"{}\n{}\r", final=False).ends == [3]
    assert LineEdges().edges(b"{}\n{}\r", final=True).ends == [3, 6]
