"""Inputs that are anything: random bytes, cut files, files that change under the reader, links, FIFOs.

Never a traceback, never a lost row: what stands in the input stands in the target or in the queue, byte for byte.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
import threading
from base64 import b64decode
from collections import Counter
from contextlib import suppress

import pytest

from tests.cli.conftest import rows
from tests.targets.http.servers import answer, keep_alive, serving

_LINES = re.compile(rb"\r\n|\r|\n")
_PIECES = (
    b"\n",
    b"\r\n",
    b"\r",
    b'{"id": 1}',
    b'{"id": "\xc3\xbc"}',
    b"\xff\xfe",
    b"\0",
    b'"',
    b",",
    b"[",
    b"{",
    b"   ",
)


def _noise(chance, size: int) -> bytes:
    """Bytes of all kinds, with what means something to a reader strewn in."""
    return b"".join(
        chance.choice(_PIECES) if chance.random() < 0.5 else chance.randbytes(chance.randrange(40)) for _ in range(size)
    )


def _raw(letter: dict) -> bytes:
    return b64decode(letter["raw_base64"]) if "raw_base64" in letter else letter["raw"].encode()


def _never_a_traceback(done) -> None:
    assert "Traceback" not in done.err
    assert done.code in (0, 1, 2, 3)
    if done.report is not None:
        assert done.report["read"] == done.report["delivered"] + done.report["rejected"] + done.report["unknown"]


def test_every_line_of_random_bytes_is_in_the_target_or_in_the_queue(loader, sink, chance):
    target = sink()
    loader.write("loader.toml", target.config + "[errors]\nmax_error_ratio = 1.0\n")
    data = b'{"id": 0}\n' + _noise(chance, 3000)
    loader.write("noise.jsonl", data)
    done = loader("push", "noise.jsonl", "--to", target.to, "--dlq", "dead.jsonl")
    _never_a_traceback(done)
    lines = Counter(line.strip(b" \t") for line in _LINES.split(data) if line.strip(b" \t"))
    arrived = [text.encode() for text in target.texts()]
    found = Counter(raw.strip(b" \t") for raw in (*arrived, *map(_raw, loader.letters())))
    assert found == lines
    assert done.report["read"] == sum(lines.values())


@pytest.mark.parametrize("name", ["noise.csv", "noise.tsv", "noise", "noise.gz", "noise.json"])
def test_random_bytes_of_any_name_end_in_good_order(name, loader, sink, chance):
    target = sink()
    loader.write("loader.toml", target.config + "[errors]\nmax_error_ratio = 1.0\n")
    data = _noise(chance, 1500)
    before = {"noise.csv": b"a,b\n", "noise.gz": b"\x1f\x8b\x08", "noise.json": b'[\n{"id": 1},\n'}
    loader.write(name, before.get(name, b"") + data)
    done = loader("push", name, "--to", target.to, "--dlq", "dead.jsonl")
    _never_a_traceback(done)
    if done.report is not None:
        assert done.report["delivered"] == len(list(target.rows()))
        assert done.report["rejected"] == len(loader.letters())


def test_a_queue_of_random_bytes_is_replayed_in_good_order(loader, sink, chance):
    target = sink()
    loader.write("loader.toml", target.config + "[errors]\nmax_error_ratio = 1.0\n")
    loader.write("dead.jsonl", _noise(chance, 500))
    for command in (
        ("replay", "dead.jsonl", "--to", target.to),
        ("dlq", "stats", "dead.jsonl"),
        ("dlq", "show", "dead.jsonl"),
    ):
        _never_a_traceback(loader(*command))


def test_a_file_that_was_cut_anywhere_gives_every_row_that_is_whole(loader, sink, chance):
    packed = gzip.compress(rows(300).encode())
    plain = rows(300).encode()
    loader.write("cut.jsonl", plain[: chance.randrange(1, len(plain))])
    loader.write("cut.jsonl.gz", packed[: chance.randrange(30, len(packed) - 1)])
    target = sink()
    loader.write("loader.toml", target.config)
    done = loader("push", "cut.jsonl", "--to", target.to, "--dlq", "dead.jsonl")
    _never_a_traceback(done)
    lines = (loader.folder / "cut.jsonl").read_bytes().splitlines()
    assert done.report["read"] == len(lines)
    done = loader("push", "cut.jsonl.gz", "--to", target.to, "--dlq", "dead.jsonl")
    assert done.code == 3
    assert "ends too early" in done.err


@pytest.mark.parametrize("change", ["shrinks", "grows", "is deleted", "is replaced"])
def test_a_file_that_changes_while_it_is_read_loses_no_row_in_silence(change, loader):
    path = loader.write("a.jsonl", rows(60_000))
    size = path.stat().st_size

    def act() -> None:
        if change == "shrinks":
            os.truncate(path, size // 2)
        elif change == "grows":
            with path.open("ab") as file:
                file.write(rows(10, 60_000).encode())
        elif change == "is deleted":
            path.unlink()
        else:
            loader.write("b.jsonl", rows(5)).rename(path)

    def respond(seen):
        ids.update(row["id"] for row in json.loads(seen.body))
        if len(server.requests) == 3:
            act()
        return answer(200)

    ids: set[int] = set()
    with serving(keep_alive(respond)) as server:
        loader.write("loader.toml", "[concurrency]\nmax_in_flight = 1\nmax_held = 1000000\n[batch]\nsize = 1000\n")
        done = loader("push", "a.jsonl", "--to", server.url, "--dlq", "dead.jsonl")
    _never_a_traceback(done)
    assert done.report["delivered"] == len(ids)
    if change == "shrinks":
        assert (done.code, "shrank" in done.err) == (3, True)
    else:  # an open file stays what it was, whatever happens to its name
        assert (done.code, ids >= set(range(60_000))) == (0, True)


def test_links_to_files_are_read_and_circles_of_links_are_refused(loader, sink):
    target = sink()
    loader.write("loader.toml", target.config)
    loader.write("a.jsonl", rows(5))
    (loader.folder / "link.jsonl").symlink_to("a.jsonl")
    (loader.folder / "circle.jsonl").symlink_to("circle.jsonl")
    assert loader("push", "link.jsonl", "--to", target.to).code == 0
    done = loader("push", "circle.jsonl", "--to", target.to)
    assert done.code == 2
    _never_a_traceback(done)


def test_the_rows_of_a_fifo_whose_writer_dies_are_all_there(loader, sink):
    """A row that was cut off by its death is rejected, with what there is of it."""
    target = sink()
    loader.write("loader.toml", target.config)
    fifo = loader.folder / "pipe.jsonl"
    os.mkfifo(fifo)
    command = ("push", "pipe.jsonl", "--to", target.to, "--dlq", "dead.jsonl")
    with loader.start(*command, stdout=subprocess.DEVNULL) as process:
        writer = threading.Thread(target=fifo.write_bytes, args=(rows(20).encode() + b'{"id": 2',))
        writer.start()
        process.communicate(timeout=60)
        writer.join()
    assert process.returncode == 1
    assert [row["id"] for row in target.rows()] == list(range(20))
    assert [letter["raw"] for letter in loader.letters()] == ['{"id": 2']


def test_a_device_and_an_endless_line_end_in_good_order(loader, sink):
    target = sink()
    loader.write("loader.toml", target.config + "[errors]\nmax_error_ratio = 1.0\n[timeouts]\nrun = 2\n")
    with loader.start("push", "/dev/zero", "--format", "jsonl", "--to", target.to) as process:
        with suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=20)
        process.kill()
        _, err = process.communicate()
    assert (process.returncode, b"Traceback" in err) == (3, False), err
