"""What the server says of single rows: each guilty one is found, and the others arrive."""

from __future__ import annotations

from tests.command import law
from tests.targets.cassandra.conftest import jsonl


def test_a_refused_batch_is_split_until_the_guilty_rows_stand_alone(loader, table):
    people = table("id int PRIMARY KEY, name text")
    loader.configure('[mapping]\nttl = "keep"\n')
    guilty = {37, 38, 91}
    rows = [{"id": i, "name": "x", "keep": 700_000_000 if i in guilty else 1000} for i in range(100)]
    loader.write("a.jsonl", jsonl(rows))
    done = loader("push", "a.jsonl", "--to", people.url, "--dlq", "dead.jsonl")
    assert done.code == 1
    law(done.report)
    assert (done.report["delivered"], done.report["by_type"]) == (97, {"cql_invalid": 3})
    assert done.report["splits"] > 0
    assert people.rows("id") == [(i,) for i in range(100) if i not in guilty]
    letters = {letter["row"]["id"]: letter for letter in loader.letters()}
    assert {number: letter["line"] for number, letter in letters.items()} == {37: 38, 38: 39, 91: 92}
    for letter in letters.values():
        assert (letter["class"], letter["code"]) == ("refused", "0x2200")
        assert "ttl is too large" in letter["error"]


def test_a_row_at_which_the_replica_fails_is_found_and_is_unknown(loader, table):
    """The index takes no vector of zeros, but the coordinator can only say that no replica answered."""
    texts = table("id int PRIMARY KEY, embedding vector<float, 3>")
    similar = "USING 'sai' WITH OPTIONS = {'similarity_function': 'cosine'}"
    texts.session.execute(f"CREATE INDEX ON {texts.path} (embedding) {similar}")
    # To a breaker, the last rows of a file all failing is a target that is down.
    loader.write("loader.toml", "[retry]\ninitial_backoff = 0.01\nmax_retries = 2\n[breaker]\nthreshold = 0\n")
    rows = [{"id": i, "embedding": [0, 0, 0] if i in (7, 20) else [i, 1, 1]} for i in range(40)]
    loader.write("a.jsonl", jsonl(rows))
    done = loader("push", "a.jsonl", "--to", texts.url, "--dlq", "dead.jsonl")
    assert (done.code, done.report["delivered"]) == (1, 38), done.err
    assert done.report["by_type"] == {"cql_write_failure": 2}
    assert {letter["row"]["id"]: letter["class"] for letter in loader.letters()} == {7: "unknown", 20: "unknown"}


def test_what_the_client_knows_is_not_sent_and_what_the_server_knows_is_a_letter(loader, table):
    people = table("id text PRIMARY KEY, name text")
    people.session.execute(f"CREATE INDEX ON {people.path} (name)")
    rows = [
        {"id": "fine", "name": "x"},
        {"id": "k" * 70_000, "name": "a key is at most 65,535 bytes long"},
        {"id": "", "name": "a key may not be empty"},
        {"id": "index", "name": "x" * 70_000},
    ]
    loader.write("a.jsonl", jsonl(rows))
    done = loader("push", "a.jsonl", "--to", people.url, "--dlq", "dead.jsonl")
    assert (done.code, done.report["delivered"]) == (1, 1)
    found = [(letter["line"], letter["error_type"], letter["class"]) for letter in loader.letters()]
    assert sorted(found) == [(2, "bad_value", "data"), (3, "bad_value", "data"), (4, "cql_invalid", "refused")]
    assert people.rows("id") == [("fine",)]
