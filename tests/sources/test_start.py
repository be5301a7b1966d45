"""Reading from the place of any chunk on brings the chunks that reading from the beginning brings there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from loader.checkpoint.log import ChunkRecord, RowState
from loader.sources import Start
from loader.sources.formats.delimited.format import CSV
from loader.sources.formats.jsonl import JSONL
from loader.sources.start import Place
from tests.sources.reading import DEFAULTS, read_paths

LINES = b'{"id":1}\r\n\n{"id":2}\n  \n{"id":3}\r{"id":4}\n{"id":"' + b"x" * 300 + b'"}\n\n{"id":5}\nno json\n{"id":6}'
TABLE = b'\xef\xbb\xbfid,text\r\n1,a\n2,"b\n""b"""\n\n3,"c\r\n,""\n"\n4,d\n5,5" d\n6,"%b"\n7,e\n8,"open\n9,f' % (
    b"y" * 300
)


def chunks_with_starts(paths, settings):
    whole = read_paths(paths, settings, max_rows=2)
    return whole, [Start(each.source.index, each.number, each.ordinal, Place(each.offset, each.line)) for each in whole]


@pytest.mark.parametrize(("name", "content"), [("a.jsonl", LINES), ("a.csv", TABLE)])
def test_any_chunk_is_a_place_to_begin(tmp_path, name, content):
    settings = replace(DEFAULTS, max_row_bytes=200)
    (tmp_path / "0.jsonl").write_bytes(b'{"id":0}\n')
    (tmp_path / name).write_bytes(content)
    paths = [tmp_path / "0.jsonl", tmp_path / name]
    whole, starts = chunks_with_starts(paths, settings)
    assert len(whole) > 4
    for start in starts:
        assert read_paths(paths, settings, max_rows=2, start=start) == whole[start.number :]


def test_lines_behind_a_quote_that_was_given_up_are_the_same_wherever_reading_begins(tmp_path):
    """The record on line 43 ends within the limit, counted from there; that on line 42 ends there too, and does not."""
    settings = replace(DEFAULTS, max_row_bytes=60)
    path = tmp_path / "a.csv"
    good = b"3,x,y\n"
    path.write_bytes(b"id,a,b\n" + good * 40 + b'1,"open\n2,"ab","c\n' + good * 7 + b'4,x"\n' + good * 40)
    whole = read_paths([path], settings, max_rows=2)
    assert [each.bad.line for each in whole if each.bad is not None] == [42]
    state = RowState()
    for each in whole:
        state.chunks[each.number] = ChunkRecord(
            each.number, 0, each.ordinal, each.line, each.offset, len(each.data), each.rows
        )
        start = state.start({0}, [CSV.reach(settings)])
        assert read_paths([path], settings, max_rows=2, start=start) == whole[start.number :]
        assert each.offset - start.place.offset <= 70


def test_behind_a_line_of_json_that_is_too_long_reading_goes_back_to_no_other(tmp_path):
    """Each line is read by itself, so the last chunk is the place."""
    settings = replace(DEFAULTS, max_row_bytes=60)
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"id":1}\n{"id":"' + b"x" * 100 + b'"}\n{"id":3}\n{"id":4}\n')
    whole = read_paths([path], settings, max_rows=1)
    state = RowState()
    for each in whole:
        state.chunks[each.number] = ChunkRecord(
            each.number, 0, each.ordinal, each.line, each.offset, len(each.data), each.rows
        )
        start = state.start({0}, [JSONL.reach(settings)])
        assert (start.number, start.place) == (each.number, Place(each.offset, each.line))
        assert read_paths([path], settings, max_rows=1, start=start) == whole[start.number :]


def test_chunks_that_were_cut_otherwise_are_a_place_to_begin_too(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"".join(b'{"id":%d}\n' % i for i in range(20)))
    recorded = {0: 3, 1: 5, 2: 1}
    whole = read_paths([path], max_rows=4, recorded=recorded)
    second = whole[1]
    start = Start(0, 1, second.ordinal, Place(second.offset, second.line))
    assert read_paths([path], max_rows=4, recorded=recorded, start=start) == whole[1:]


def test_inputs_before_the_start_are_not_opened(tmp_path):
    """Nor need they be there any more."""
    for name in ("a.jsonl", "b.jsonl"):
        (tmp_path / name).write_bytes(b'{"id":1}\n{"id":2}\n')
    whole = read_paths([tmp_path / "a.jsonl", tmp_path / "b.jsonl"])
    paths = [tmp_path / "a.jsonl", tmp_path / "b.jsonl"]
    assert read_paths(paths, start=Start(1, 1, 2)) == whole[1:]


def test_how_far_reading_went_is_told_from_the_start_of_the_file(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"id":1}\n' * 1000)
    last = read_paths([path], start=Start(0, 1, 999, Place(999 * 9, 1000)))[-1]
    assert (last.position, last.ordinal, last.line) == (9000, 999, 1000)
