"""Delimited files whose first row is no header."""

from __future__ import annotations

import os
import threading

import pytest

from loader.config import sections
from loader.sources import InputError, chunks, expand, open_inputs
from tests.sources.reading import DEFAULTS

UUIDS = b"9f1b2c3d-0000-4000-8000-00000000000a,x\n9f1b2c3d-0000-4000-8000-00000000000b,y\n"


def columns(tmp_path, name: str, data: bytes, settings: sections.InputSettings = DEFAULTS) -> tuple[str, ...]:
    path = tmp_path / name
    path.write_bytes(data)
    with open_inputs(expand([str(path)]), settings) as inputs:
        return inputs.sources[0].layout.columns


@pytest.mark.parametrize(
    ("name", "data", "no_header", "header"),
    [
        ("a.csv", b"1,Anna\n2,Ben\n", "--no-header --columns a,b (", "--columns 1,Anna"),
        ("a.csv", b"1,Anna\n2,Ben", "--no-header --columns a,b (", "--columns 1,Anna"),
        ("a.csv", b'\n1,"Anna Lee"\r\n\r\n2,Ben\r\n', "--no-header --columns a,b (", "--columns '1,Anna Lee'"),
        ("a.csv", b'1,"Ulm, Baden"\n2,Bonn\n', "--no-header --columns a,b (", "its names as input.columns"),
        ("a.tsv", b"1\tAnna\n2\tBen\n", "--no-header --columns a,b (", "--columns 1,Anna"),
        ("a.csv", b"1\n2\n3\n", "--no-header --columns a (", "--columns 1"),
        ("a.csv", b"0\n1\n2\n", "--no-header --columns a (", "--columns 0"),
        ("a.csv", b"0,1\n0,2\n1,2\n", "--no-header --columns a,b (", "--columns 0,1"),
        ("a.csv", b"1,1,1\n2,2,2\n", "--no-header --columns a,b,c (", "--columns 1,1,1"),
        ("a.csv", b"-1.5,a,b,c,d,e\n2e3,,,,,\n", "--no-header --columns a,b,c,d,e,... (", "--columns -1.5,a,b,c,d,e"),
        ("a.csv", b"1,1990,1991\n2,1950,2001\n", "--no-header --columns a,b,c (", "--columns 1,1990,1991"),
        ("a.csv", b"2026-11-24,5\n2026-11-25,6\n", "--no-header --columns a,b (", "--columns 2026-11-24,5"),
        ("a.csv", UUIDS, "--no-header --columns a,b (", "--columns 9f1b2c3d-"),
    ],
)
def test_a_first_row_like_the_second_is_not_taken_for_the_header(tmp_path, name, data, no_header, header):
    with pytest.raises(InputError) as caught:
        columns(tmp_path, name, data)
    said = str(caught.value)
    line = 2 if data.startswith(b"\n") else 1
    assert said.startswith(f"{tmp_path / name}:{line}: the header would be ")
    assert no_header in said
    assert header in said.partition("if it has one: ")[2]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"country,1990,1991\nItaly,5,6\n", ("country", "1990", "1991")),
        (b"1,1990,1991,1992\n2,5,6,7\n", ("1", "1990", "1991", "1992")),
        (b"1980,1990,2000,2010\n2,5,6,7\n", ("1980", "1990", "2000", "2010")),
        (b"0,1,2\n7,8,9\n", ("0", "1", "2")),
        (b"1,Anna\n", ("1", "Anna")),
        (b"1,Anna\nx,Ben\n", ("1", "Anna")),
        (b"1,Anna\n,Ben\n", ("1", "Anna")),
        (b'1,Anna\n"2"x,Ben\n', ("1", "Anna")),
        (b"1st,2nd\n1,2\n", ("1st", "2nd")),
        (b"2026-11-24,2026-11-25\n1,2\n", ("2026-11-24", "2026-11-25")),
        (b"id,1\n1,2\n", ("id", "1")),
        (b"10.5 kg,x\n1,2\n", ("10.5 kg", "x")),
    ],
)
def test_a_header_that_can_be_one_is_taken(tmp_path, data, expected):
    assert columns(tmp_path, "a.csv", data) == expected


def test_what_the_message_names_reads_the_file(tmp_path):
    data = b"1,Anna\n2,Ben\n"
    for settings, rows in (
        (sections.InputSettings(header=False, columns=("a", "b")), 2),
        (sections.InputSettings(columns=("1", "Anna")), 1),
    ):
        assert columns(tmp_path, "a.csv", data, settings) == settings.columns
        with open_inputs(expand([str(tmp_path / "a.csv")]), settings) as inputs:
            assert sum(chunk.rows for chunk in chunks(inputs, max_wait=1.0)) == rows


def test_an_index_without_a_name_is_refused_for_that(tmp_path):
    """As pandas writes it."""
    with pytest.raises(InputError, match="name 1 of 3 in the header is empty"):
        columns(tmp_path, "a.csv", b",0,1\n0,5,6\n")


def test_rows_that_were_looked_at_are_read(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"1,x\nn,Anna\n8,Ben\n")
    with open_inputs(expand([str(tmp_path / "a.csv")]), DEFAULTS) as inputs:
        assert b"".join(chunk.data for chunk in chunks(inputs, max_wait=1.0)) == b"n,Anna\n8,Ben\n"


def test_a_pipe_is_not_waited_for_where_the_header_is_one(tmp_path):
    path = tmp_path / "fifo"
    os.mkfifo(path)
    opened = threading.Event()

    def write() -> None:
        with path.open("wb", buffering=0) as pipe:
            pipe.write(b"id,name\n")
            opened.wait(60)
            pipe.write(b"1,Anna\n2,Ben\n")

    writer = threading.Thread(target=write)
    writer.start()
    with open_inputs(expand([str(path)]), sections.InputSettings(format="csv")) as inputs:
        opened.set()
        assert b"".join(chunk.data for chunk in chunks(inputs, max_wait=1.0)) == b"1,Anna\n2,Ben\n"
    writer.join()
