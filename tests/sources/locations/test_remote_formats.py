"""Formats that are read otherwise than line by line, on web servers: arrays of JSON, Parquet, compressed lines."""

from __future__ import annotations

import gzip
import io
import json
import random
from dataclasses import replace

import pytest

from tests.command import Loader, law
from tests.sinks import rows
from tests.sources.locations.web_server import Asked, Reply, serving

COUNT = 60_000


@pytest.fixture
def loader(tmp_path) -> Loader:
    return Loader(tmp_path)


def parquet() -> bytes:
    import pyarrow as pa
    from pyarrow import parquet

    table = pa.table({"id": list(range(COUNT)), "name": [f"row {row * 7919 % 10007} {row}" for row in range(COUNT)]})
    file = io.BytesIO()
    parquet.write_table(table, file, row_group_size=COUNT // 10, compression="none")
    return file.getvalue()


def noise() -> bytes:
    """Rows that hardly get smaller."""
    chance = random.Random(1)
    return b"".join(b'{"id": %d, "name": "%x"}\n' % (row, chance.getrandbits(160)) for row in range(COUNT))


CONTENTS = {
    "/a.json": lambda: b"[" + b",\n".join(rows(COUNT).encode().splitlines()) + b"]",
    "/a.parquet": parquet,
    "/a.jsonl.gz": lambda: gzip.compress(noise(), 1),
    "/a.csv": lambda: b"id,name\n" + b"".join(b'%d,"row\n%d"\n' % (row, row) for row in range(COUNT)),
}


@pytest.mark.parametrize("path", list(CONTENTS))
def test_what_is_out_of_reach_in_the_middle_is_read_by_a_resume(loader, sink, path):
    data = CONTENTS[path]()
    down_after = len(data) // 2
    with serving({path: data, "/b.jsonl": rows(100, COUNT).encode()}) as web:

        def twist(asked: Asked, reply: Reply) -> Reply | None:
            start = asked.start or 0
            if asked.path != path or start + len(reply.body) <= down_after or start > len(data) - 70_000:
                return reply  # the end of Parquet says where all lies
            return None if start >= down_after else replace(reply, cut=down_after - start)

        web.twist = twist
        target = sink()
        push = ("push", f"{web.url}{path}", f"{web.url}/b.jsonl", "--to", target.url)
        stopped = loader(*push)
        assert stopped.code == 3, stopped.err
        law(stopped.report)
        assert "Traceback" not in stopped.err
        (unread,) = stopped.report["unread"]
        assert down_after * 0.5 < unread["start"] <= down_after
        assert f"{web.url}{path}: cannot be read on after" in stopped.err, stopped.err
        down_after = len(data)
        done = loader(*push, "--resume")
    assert done.code == 0, done.err
    law(done.report)
    assert done.report["read"] == COUNT + 100
    stored = sorted(int(row["id"]) for row in target.store.rows())
    assert stored == list(range(COUNT + 100)), json.dumps(stopped.report)
