"""Chunks: the same however an input was written and comes, and from wherever reading begins."""

from __future__ import annotations

from itertools import pairwise

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loader.config import sections
from loader.sources import chunks, expand, open_inputs
from loader.sources.start import Place, Start
from tests.sources.reading import DEFAULTS, parse_all, read_paths, rows_of

TEXTS = st.text(max_size=30)


def table(texts: list[str]) -> pa.Table:
    return pa.table({"id": pa.array(range(len(texts)), pa.int64()), "text": pa.array(texts, pa.string())})


def write_parquet(path, rows: pa.Table, size: int) -> None:
    pq.write_table(rows, path, row_group_size=size)


def write_file(path, rows: pa.Table, size: int) -> None:
    with pa.ipc.new_file(path, rows.schema) as file:
        file.write_table(rows, max_chunksize=size)


def write_stream(path, rows: pa.Table, size: int) -> None:
    with pa.ipc.new_stream(path, rows.schema) as stream:
        stream.write_table(rows, max_chunksize=size)


WRITERS = {"rows.parquet": write_parquet, "rows.arrow": write_file, "rows.arrows": write_stream}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("columns")


@pytest.mark.parametrize("name", WRITERS)
@settings(max_examples=25)
@given(st.lists(TEXTS, min_size=1, max_size=60), st.integers(1, 70), st.integers(1, 70), st.integers(1, 4000))
def test_chunks_do_not_depend_on_how_a_file_was_written(name, folder, texts, size, most_rows, most_bytes):
    path = folder / name
    limits = {"max_rows": most_rows, "max_bytes": most_bytes}
    WRITERS[name](path, table(texts), len(texts))
    whole = read_paths([path], **limits)
    WRITERS[name](path, table(texts), size)
    found = read_paths([path], **limits)
    assert [(c.line, c.offset, c.rows, c.data) for c in found] == [(c.line, c.offset, c.rows, c.data) for c in whole]
    assert all(c.rows <= most_rows and (c.rows == 1 or len(c.data) <= most_bytes + 2000) for c in found)
    expected = [(i, i + 1, i) for i in range(len(texts))]
    assert [row[:3] for row in rows_of(found)] == expected
    assert [text for chunk in found for text in pa.ipc.open_stream(chunk.data).read_all()["text"].to_pylist()] == texts


@pytest.mark.parametrize("name", WRITERS)
@settings(max_examples=25)
@given(st.lists(TEXTS, min_size=1, max_size=40), st.integers(1, 50), st.integers(1, 20), st.data())
def test_reading_goes_on_at_any_chunk_with_the_same_chunks(name, folder, texts, size, most_rows, data):
    path = folder / name
    WRITERS[name](path, table(texts), size)
    whole = read_paths([path], max_rows=most_rows, max_bytes=1500)
    at = data.draw(st.sampled_from(whole))
    start = Start(0, at.number, at.ordinal, Place(at.offset, at.line))
    with open_inputs(expand([str(path)]), DEFAULTS) as inputs:
        again = list(chunks(inputs, max_wait=1.0, max_rows=most_rows, max_bytes=1500, start=start))
    assert again == whole[at.number :]


def test_chunks_of_recorded_sizes_are_cut_so_again(tmp_path):
    path = tmp_path / "rows.parquet"
    write_parquet(path, table(["x"] * 50), 7)
    found = read_paths([path], recorded={0: 3, 1: 20, 2: 1})
    assert [chunk.rows for chunk in found] == [3, 20, 1, 26]


def test_rows_over_the_limit_are_bad_and_those_around_them_are_not(tmp_path):
    path = tmp_path / "rows.parquet"
    write_parquet(path, table(["a", "b" * 5000, "c", "d", "e" * 5000]), 100)
    limited = sections.InputSettings(max_row_bytes=1000)
    found = read_paths([path], limited)
    assert [(row[1], row[4]) for row in rows_of(found)] == [
        (1, None),
        (2, "row_too_large"),
        (3, None),
        (4, None),
        (5, "row_too_large"),
    ]
    [bad] = [chunk.bad for chunk in found if chunk.bad and chunk.line == 2]
    assert bad.raw.startswith(b'{"id":1,"text":"bbb')


def test_columns_that_are_asked_for_are_read_in_that_order(tmp_path):
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"a": [1], "b": ["x"], "c": [2.5], "b.d": [3]}), path)
    found = read_paths([path], sections.InputSettings(columns=("c", "b")))
    assert [row[3] for row in rows_of(found)] == [b'{"c":2.5,"b":"x"}']
    assert found[0].source.layout.types == ("float64", "string")


def test_a_text_that_is_not_utf_8_makes_its_row_bad_alone(tmp_path):
    path = tmp_path / "rows.arrow"
    texts = pa.array([b"a", b"\xff", b"c"]).view(pa.string())
    write_file(path, pa.table({"id": [1, 2, 3], "text": texts}), 10)
    found = read_paths([path])
    assert [(row[1], row[4]) for row in rows_of(found)] == [(1, None), (2, "bad_encoding"), (3, None)]
    [(_, parsed)] = parse_all(found)
    assert parsed.bad[0].error == "column text: a text that is not UTF-8"


def test_progress_grows_up_to_the_size_of_the_file(tmp_path):
    for name, write in WRITERS.items():
        path = tmp_path / name
        write(path, table(["x" * 100] * 500), 50)
        positions = [chunk.position for chunk in read_paths([path], max_rows=100)]
        assert all(before <= after for before, after in pairwise(positions))
        assert 0 < positions[0] <= positions[-1] <= path.stat().st_size
