"""Fields that `[mapping]` picks, makes and keeps, in a real table."""

from __future__ import annotations

import json
from datetime import datetime
from uuid import UUID

import pytest

from tests.targets.cassandra.conftest import jsonl

MAPPING = """
[mapping]
drop = ["secret"]
constants = {source = "import", part = 7}
defaults = {country = "DE"}
extra = "column:rest"
on_bad_value = "null"
types = {user = "json"}
[mapping.fields]
"user.address[0].city" = "city"
[mapping.set]
uid = "uuid()"
tid = "timeuuid()"
at = "now()"
email = "lower(trim(email))"
"""
TABLE = (
    "id int PRIMARY KEY, city text, source text, part smallint, country text, n int, uid uuid, tid timeuuid, "
    "at timestamp, email text, rest text"
)


@pytest.mark.parametrize("workers", ["1", "3"])
def test_rows_are_mapped_alike_from_json_and_csv(loader, table, workers):
    people = table(TABLE)
    loader.configure(MAPPING)
    user = {"address": [{"city": "Bonn"}]}
    rows = [
        {"id": 1, "user": user, "email": " A@X ", "n": 5, "secret": "s", "country": None},
        {"id": 2, "user": user, "email": "b@x", "n": "many", "secret": "s", "country": "FR"},
    ]
    loader.write("a.jsonl", jsonl(rows))
    quoted = json.dumps(user).replace('"', '""')
    loader.write("b.csv", f'id,user,email,n,secret,country\n3,"{quoted}", A@X ,5,s,\n4,"{quoted}",b@x,many,s,FR\n')
    command = ("push", "a.jsonl", "b.csv", "--to", people.url, "--dlq", "dead.jsonl", "--workers", workers)
    done = loader(*command)
    assert (done.code, done.report["delivered"], done.report["mended"]) == (0, 4, 2), done.err
    found = people.rows("id, city, source, part, country, n, email")
    assert found == [
        (1, "Bonn", "import", 7, "DE", 5, "a@x"),
        (2, "Bonn", "import", 7, "FR", None, "b@x"),
        (3, "Bonn", "import", 7, "DE", 5, "a@x"),
        (4, "Bonn", "import", 7, "FR", None, "b@x"),
    ]
    rest = [None if text is None else json.loads(text) for _, text in people.rows("id, rest")]
    assert rest == [{"user": user}, {"user": user}, {"user": json.dumps(user)}, {"user": json.dumps(user)}]
    made = people.rows("uid, tid, at")
    assert len({uid for uid, _, _ in made} | {tid for _, tid, _ in made}) == 8
    for uid, tid, at in made:
        assert isinstance(uid, UUID)
        assert tid.version == 1
        assert isinstance(at, datetime)
    assert [(letter["class"], letter["row"]["n"]) for letter in loader.letters()] == [("mended", "many")] * 2


def test_a_key_may_be_made_or_constant_where_no_input_has_it(loader, table):
    people = table("tenant text, id uuid, name text, PRIMARY KEY (tenant, id)")
    loader.configure('[mapping]\nconstants = {tenant = "t"}\nset = {id = "uuid()"}\n')
    loader.write("a.csv", "name\nx\ny\n")
    assert loader("push", "a.csv", "--to", people.url).code == 0
    assert sorted(people.rows("tenant, name")) == [("t", "x"), ("t", "y")]
