"""Pipes: what has come goes on, though the writer says nothing more; nothing that came is lost."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import threading
from contextlib import contextmanager

import pytest

from loader.sources import InputError, chunks, expand, open_inputs
from loader.sources.locations.descriptor import Descriptor
from loader.sources.locations.standard_input import StandardInput
from tests.sources.reading import DEFAULTS

SOON = 0.01


@pytest.fixture
def pipe():
    """A pipe; the test may close the writing end."""
    reading, writing = os.pipe()
    open_ends = {reading, writing}

    class Pipe:
        stdin = reading

        def write(self, data: bytes) -> None:
            os.write(writing, data)

        def end(self) -> None:
            open_ends.discard(writing)
            os.close(writing)

    yield Pipe()
    for end in open_ends:
        os.close(end)


@contextmanager
def reading(pipe, **kwargs):
    with open_inputs([StandardInput(pipe.stdin)], DEFAULTS, **kwargs) as inputs:
        yield chunks(inputs, max_wait=SOON)


def test_what_came_is_given_out_though_the_writer_goes_on(pipe):
    pipe.write(b'{"a":1}\n{"a":2}\n{"a"')
    with reading(pipe) as found:
        assert next(found).data == b'{"a":1}\n{"a":2}\n'
        pipe.write(b":3}\n")
        chunk = next(found)
        assert (chunk.ordinal, chunk.line, chunk.offset, chunk.data) == (2, 3, 16, b'{"a":3}\n')
        pipe.write(b"{}")
        pipe.end()
        assert [chunk.data for chunk in found] == [b"{}"]


def test_a_compressed_pipe_gives_out_what_came(pipe):
    with gzip.GzipFile(fileobj=_Writing(pipe), mode="wb") as file:
        file.write(b"{}\n")
        file.flush()
        with reading(pipe) as found:
            chunk = next(found)
            assert (chunk.data, chunk.source.stream) == (b"{}\n", True)
            file.write(b"[]\n")
            file.close()
            pipe.end()
            assert [chunk.data for chunk in found] == [b"[]\n"]


class _Writing:
    def __init__(self, pipe) -> None:
        self.write = pipe.write

    def flush(self) -> None:
        pass


def test_a_row_that_ends_with_cr_goes_at_once_and_a_late_lf_ends_no_second_line(pipe):
    pipe.write(b"{}\r")
    with reading(pipe) as found:
        assert next(found).data == b"{}\r"
        pipe.write(b'\n{"b":2}\r\n')
        pipe.end()
        (chunk,) = found
        assert (chunk.ordinal, chunk.line, chunk.offset, chunk.data) == (1, 2, 4, b'{"b":2}\r\n')


def test_the_header_of_a_pipe_is_read_and_nothing_behind_it_lost(pipe):
    pipe.write(b"a,b\n1,2\n")
    with open_inputs([StandardInput(pipe.stdin)], DEFAULTS) as inputs:
        assert inputs.sources[0].layout.columns == ("a", "b")
        assert (
            inputs.sources[0].layout.format,
            inputs.sources[0].size,
            inputs.sources[0].stream,
        ) == ("csv", None, True)
        pipe.end()
        assert [chunk.data for chunk in chunks(inputs, max_wait=SOON)] == [b"1,2\n"]


def test_standard_input_is_left_open(pipe):
    pipe.write(b"{}\n")
    pipe.end()
    with reading(pipe) as found:
        list(found)
    os.fstat(pipe.stdin)


def test_standard_input_may_be_a_file_object(pipe):
    pipe.write(b"{}\n")
    pipe.end()
    with open(pipe.stdin, "rb", closefd=False) as file, open_inputs([StandardInput(file)], DEFAULTS) as inputs:
        assert [chunk.data for chunk in chunks(inputs, max_wait=SOON)] == [b"{}\n"]


def test_standard_input_that_is_closed_is_refused():
    reading_end, writing_end = os.pipe()
    os.close(reading_end)
    os.close(writing_end)
    with pytest.raises(InputError, match="-: cannot be read"):
        open_inputs([StandardInput(reading_end)], DEFAULTS)


def test_a_fifo_is_a_stream_and_its_first_bytes_are_kept(tmp_path):
    path = tmp_path / "rows.csv"
    os.mkfifo(path)
    got_first = threading.Event()

    def write() -> None:
        with open(path, "wb", buffering=0) as file:
            file.write(b"a,b\n1,2\n")
            assert got_first.wait(30)
            file.write(b"3,4\n")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        with open_inputs(expand([str(path)]), DEFAULTS) as inputs:
            assert (inputs.sources[0].stream, inputs.sources[0].size) == (True, None)
            found = chunks(inputs, max_wait=SOON)
            assert next(found).data == b"1,2\n"
            got_first.set()
            assert [chunk.data for chunk in found] == [b"3,4\n"]
    finally:
        got_first.set()
        writer.join()


def test_a_reader_that_hangs_does_not_hold_up_the_end_of_the_process(tmp_path):
    """A lock on standard input would: the interpreter takes it when it ends."""
    program = """
import sys, threading
from loader.config.sections import InputSettings
from loader.sources import chunks, open_inputs
from loader.sources.locations.descriptor import Descriptor
from loader.sources.locations.standard_input import StandardInput
inputs = open_inputs([StandardInput()], InputSettings())
found = chunks(inputs, max_wait=0.01)
print(next(found).rows, flush=True)
threading.Thread(target=lambda: next(found), daemon=True).start()
"""
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        process.stdin.write(b"{}\n")
        process.stdin.flush()
        assert process.wait(30) == 0


def test_a_read_that_waits_ends_when_its_source_is_closed_and_reads_no_other_file(pipe):
    number = os.dup(pipe.stdin)
    source = Descriptor(number, "pipe", owned=True)
    reads, found = threading.Event(), []

    def read() -> None:
        reads.set()
        found.append(source.read(100, None))

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    reads.wait(60)
    source.close()
    others = [os.pipe() for _ in range(3)]
    for _, writing in others:
        os.write(writing, b"of somebody else")
    thread.join(60)
    assert found == [b""]
    assert source.read(100, None) == b""
    for reading, writing in others:
        assert os.read(reading, 100) == b"of somebody else"
        os.close(reading)
        os.close(writing)


def test_a_source_that_is_not_its_own_is_not_read_once_closed(pipe):
    source = Descriptor(pipe.stdin, "pipe", owned=False)
    source.close()
    pipe.write(b"for whoever comes next")
    assert source.read(100, None) == b""
    assert os.read(pipe.stdin, 100) == b"for whoever comes next"
