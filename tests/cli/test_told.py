"""What the screen tells of a target in trouble, and when."""

from __future__ import annotations

import json
import signal
import socket

from tests.cli.conftest import rows
from tests.http.servers import answer, keep_alive, serving


def test_a_refused_connection_is_told_at_once_with_its_reason(loader):
    """It once took half a minute of silence, until the run gave up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    loader.write("a.jsonl", rows(1))
    loader.write(
        "loader.toml", '[retry]\ninitial_backoff = "1h"\nmax_backoff = "1h"\njitter = "none"\n[timeouts]\nrun = "2m"\n'
    )
    with loader.start("push", "a.jsonl", "--to", f"http://127.0.0.1:{port}/") as process:
        line = next(line for line in process.stderr if b"connection was refused" in line).decode()
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert "check that the target is up; trying again" in line


def test_the_servers_own_sentence_is_shown_in_full(loader):
    sentence = "the column " + "very " * 70 + "long does not exist"
    loader.write("a.jsonl", rows(1))
    with serving(keep_alive(lambda seen: answer(422, json.dumps({"error": sentence}).encode()))) as server:
        done = loader("push", "a.jsonl", "--to", server.url)
    assert done.code == 1
    assert sentence in done.err


def test_failed_rows_are_counted_by_their_status(loader):
    def respond(seen):
        (row,) = json.loads(seen.body) if seen.body.startswith(b"[") else (json.loads(seen.body),)
        return answer({0: 422, 1: 422, 2: 409}.get(row["id"], 200))

    loader.write("a.jsonl", rows(5) + "broken\n")
    loader.configure("[batch]\nsize = 1\n")
    with serving(keep_alive(respond)) as server:
        done = loader("push", "a.jsonl", "--to", server.url)
    assert done.report["by_status"] == {"422": 2, "409": 1}
