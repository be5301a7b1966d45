"""What the screen tells of a target in trouble, and when."""

from __future__ import annotations

import json
import signal
import socket

import pytest

from tests.cli.conftest import rows
from tests.targets.http.servers import answer, keep_alive, serving


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


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        ('types = {prise = "number"}', "mapping.types.prise: no input has a field prise; did you mean price?"),
        ('types = {PRICE = "number"}', "mapping.types.PRICE: no input has a field PRICE; did you mean price?"),
        ('fields = {prise = "cost"}', "mapping.fields.prise: no input has a field prise; did you mean price?"),
    ],
)
def test_a_field_of_the_mapping_that_was_misspelt_is_refused(loader, sink, mapping, said):
    """Prices once went as texts, without a word."""
    loader.write("a.csv", "id,price\n1,2.5\n")
    loader.configure(f"[mapping]\n{mapping}\n")
    target = sink()
    done = loader("push", "a.csv", "--to", target.url)
    assert done.code == 2
    assert said in done.err
    assert not list(target.store.rows())


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        (
            'types = {weight = "number"}',
            "mapping.types.weight has nothing to do: no input has a field weight; there are",
        ),
        ('fields = {Id = "id"}', "mapping.fields.Id has nothing to do: no input has a field Id; there are id, price"),
    ],
)
def test_a_field_of_the_mapping_that_no_input_has_is_told_of(loader, sink, mapping, said):
    """One section may serve files of several kinds."""
    loader.write("a.csv", "id,price\n1,2.5\n")
    loader.configure(f"[mapping]\n{mapping}\n")
    target = sink()
    done = loader("push", "a.csv", "--to", target.url)
    assert done.code == 0
    assert said in done.err
    assert list(target.store.rows()) == [{"id": "1", "price": "2.5"}]


def test_a_mapping_may_name_the_fields_of_any_input(loader, sink):
    loader.write("a.csv", "id,price\n1,2.5\n")
    loader.write("b.csv", "id,prise\n2,3\n")
    loader.write("c.jsonl", '{"id": 3, "cist": 4}\n')
    loader.configure('[mapping]\ntypes = {price = "number", prise = "number"}\nfields = {cist = "cost"}\n')
    target = sink()
    done = loader("push", "a.csv", "b.csv", "c.jsonl", "--to", target.url)
    assert done.code == 0
    assert "nothing to do" not in done.err
    stored = sorted(target.store.rows(), key=lambda row: str(row["id"]))
    assert stored == [{"id": "1", "price": 2.5}, {"id": "2", "prise": 3}, {"id": 3, "cost": 4}]


def test_types_are_said_to_read_no_rows_of_json(loader, sink):
    loader.write("a.jsonl", rows(1))
    loader.configure('[mapping]\ntypes = {id = "number"}\n')
    assert "mapping.types has nothing to do" in loader("push", "a.jsonl", "--to", sink().url).err


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
