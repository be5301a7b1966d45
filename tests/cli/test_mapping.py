"""Fields that `[mapping]` picks, drops and adds, by the real command: from any format, with any number of workers."""

from __future__ import annotations

import json
from datetime import datetime
from hashlib import blake2b
from itertools import accumulate
from uuid import UUID

import pytest

from loader.keys import row_key
from loader.sink import Outage, RetryAfter, Rule, StatusShare
from tests.cli.conftest import rows
from tests.command import law

MAPPING = """
[batch]
size = 100
[mapping]
drop = ["secret", "user.password"]
constants = {source = "import", deep = {list = [1, 2.5]}}
defaults = {country = "DE"}
omit = ["null", "empty"]
types = {user = "json", id = "integer"}
[mapping.fields]
"user.address[0].city" = "city"
name = "title"
"""


def write_inputs(loader) -> list[str]:
    """The same rows as JSON Lines and as CSV."""
    found = [
        {
            "id": i,
            "name": f"row {i}",
            "country": "FR" if i % 2 else "",
            "secret": "s",
            "user": {"password": "p", "address": [{"city": f"city {i % 5}"}] if i % 3 else []},
        }
        for i in range(9_000)
    ]
    loader.write("a.jsonl", "".join(json.dumps(row | {"country": row["country"] or None}) + "\n" for row in found))
    quoted = [json.dumps(row["user"]).replace('"', '""') for row in found]
    lines = (f'{row["id"]},{row["name"]},{row["country"]},s,"{q}"\n' for row, q in zip(found, quoted, strict=True))
    loader.write("b.csv", "id,name,country,secret,user\n" + "".join(lines))
    return ["a.jsonl", "b.csv"]


def expected(i: int) -> dict:
    city = {"city": f"city {i % 5}"} if i % 3 else {}
    return {
        "id": i,
        "title": f"row {i}",
        "country": "FR" if i % 2 else "DE",
        "user": {"address": [city] if city else []},
        "source": "import",
        "deep": {"list": [1, 2.5]},
        **city,
    }


@pytest.mark.parametrize("workers", ["1", "3"])
def test_rows_of_any_format_have_the_same_fields_with_any_number_of_workers(loader, sink, workers):
    """Over two parts of a load."""
    loader.configure(MAPPING)
    inputs = write_inputs(loader)
    target = sink(outages=(Outage.parse("after=70,requests=1,answer=429"),), retry_after=RetryAfter.parse("1000"))
    command = ("push", *inputs, "--to", target.url, "--workers", workers, "--resume")
    assert loader(*command).code == 4
    done = loader(*command)
    law(done.report)
    assert (done.code, done.report["read"]) == (0, 18_000)
    rows = sorted(target.store.rows(), key=lambda row: row["id"])
    assert rows == [expected(i // 2) for i in range(18_000)]


def test_letters_hold_rows_as_they_were_and_are_mapped_again(loader, sink):
    loader.configure(MAPPING)
    loader.write("a.jsonl", '{"id":1,"name":"a","title":"b"}\n{"id":2,"name":"a"}\n')
    target = sink()
    done = loader("push", "a.jsonl", "--to", target.url, "--dlq", "dead.jsonl")
    assert (done.code, done.report["delivered"], done.report["by_type"]) == (1, 1, {"bad_value": 1})
    [letter] = loader.letters()
    assert letter["row"] == {"id": 1, "name": "a", "title": "b"}
    loader.configure(MAPPING.replace('name = "title"', 'name = "label"'))
    assert loader("replay", "dead.jsonl").code == 0
    assert list(target.store.rows())[-1]["label"] == "a"


IDS = """
[batch]
size = 50
[mapping.set]
uid = "uuid()"
at = "now()"
label = "concat(upper(split(name, ' ', 0)), '-', id)"
"""


@pytest.mark.parametrize("workers", ["1", "3"])
def test_ids_and_times_are_the_same_over_retries_resumes_and_replays(loader, sink, workers):
    loader.configure(IDS)
    lines = rows(9_000).splitlines(keepends=True)
    loader.write("d.jsonl", "".join(lines))
    target = sink(
        outages=(Outage.parse("after=90,requests=1,answer=429"),),
        retry_after=RetryAfter.parse("1000"),
        statuses=(StatusShare(500, 0.1),),  # no answer that asks for a wait
        refuse=(Rule.parse("id=4321"),),
    )
    command = ("push", "d.jsonl", "--to", target.url, "--dlq", "dead.jsonl", "--workers", workers, "--resume")
    assert loader(*command).code == 4
    assert loader(*command).code == 1
    assert [letter["row"]["id"] for letter in loader.letters()] == [4321]
    healthy = sink()
    assert loader("replay", "dead.jsonl", "--to", healthy.url).code == 0
    manifests = [json.loads(path.read_bytes()) for path in (loader.folder / ".loader/runs").glob("*/run.json")]
    [manifest] = [each for each in manifests if each["command"] == "push"]
    offsets = list(accumulate(map(len, lines), initial=0))
    found = [*target.store.rows(), *healthy.store.rows()]
    assert {row["id"] for row in found} == set(range(9_000))
    for row in found:
        key = row_key(manifest["run_id"], 0, "d.jsonl", offsets[row["id"]])
        digest = blake2b(f"uid\0{key}".encode(), digest_size=16).digest()
        moment = datetime.fromisoformat(row["at"])
        assert row["uid"] == str(UUID(bytes=digest, version=4))
        assert round(moment.timestamp() * 1e6) == manifest["started_us"] + row["id"]
        assert row["label"] == f"ROW-{row['id']}"


@pytest.mark.parametrize(
    ("mapping", "told"),
    [
        ('drop = ["nmae"]', "Error: mapping.drop: no input has a field nmae; did you mean name?"),
        ('only = ["usre"]', "Error: mapping.only: no input has a field usre; did you mean user?"),
        ('drop = ["usr.x"]', "Error: mapping.drop: no input has a field usr; did you mean user?"),
        ('only = ["user.x"]', "Error: mapping.only: no input has a field user.x; did you mean user?"),
        ('drop = ["name"]\nfields = {name = "x"}', 'mapping.drop: expected no field of mapping.fields; "name" is one'),
        ('omit = ["nul"]', 'mapping.omit: item 1: expected "null" or "empty"; did you mean "null"?'),
        ("constants = {a = 2020-01-01}", "mapping.constants.a: expected a text, a number, true or false"),
        (
            "constants = {a = 1}\ndefaults = {a = 2}",
            'mapping.defaults: expected no name of mapping.constants; "a" is one',
        ),
        ('set = {a = "lowr(name)"}', 'did you mean "lower"?'),
        (
            'fields = {"user.x" = "x"}',
            "Error: mapping.fields.user.x: nothing lies at user.x: user is text in",
        ),
        ('set = {x = "lower(user.x)"}', "Error: mapping.set.x: nothing lies at user.x: user is text"),
        ('drop = ["user.x"]', 'where it is JSON, say so: mapping.types.user = "json"'),
        ('set = {a = "lower(nmae)"}', "Error: mapping.set.a: no input has a field nmae; did you mean name?"),
        ('set = {x = "lower(name)"}\nfields = {name = "x"}', "mapping.set: expected no name that mapping.fields gives"),
    ],
)
def test_what_cannot_be_meant_is_refused(loader, mapping, told):
    loader.configure(f"[mapping]\n{mapping}\n")
    loader.write("b.csv", "id,name,user\n1,a,x\n")
    done = loader("push", "b.csv", "--to", "http://127.0.0.1:1/x")
    assert (done.code, told in done.err) == (2, True), done.err
