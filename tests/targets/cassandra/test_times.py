"""Moments of every form: what stands in the table, whatever the zone of the machine."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from tests.targets.cassandra.conftest import jsonl

MAY = datetime(2021, 5, 15, 3, 11, 17, tzinfo=UTC)
SCHEMA = "CREATE TABLE shop.t (id int PRIMARY KEY, at timestamp, day date, hour time)"
OFFLINE = ("--to", "cassandra://127.0.0.1:1/shop.t", "--schema", "shop.cql", "--dry-run")


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Kathmandu"])
def test_times_stand_in_the_table_as_they_were_meant_in_every_zone(loader, table, zone):
    loader.env["TZ"] = zone
    made = table(
        "id int PRIMARY KEY, s timestamp, us timestamp, digits timestamp, named timestamp, iso timestamp, d date"
    )
    loader.configure(
        '[mapping]\nfields = {n = "named"}\ntimestamp = "s"\n'
        'types = {s = "epoch_s", us = "epoch_us", digits = "%Y%m%d%H%M%S", n = "%d.%m.%Y %H:%M:%S %Z", d = "%Y%m%d"}\n'
    )
    seconds = int(MAY.timestamp())
    loader.write(
        "a.csv",
        "id,s,us,digits,n,iso,d\n"
        f"1,{seconds},{seconds}000000,20210515031117,15.05.2021 03:11:17 UTC,2021-05-15 03:11:17,20210515\n",
    )
    done = loader("push", "a.csv", "--to", made.url)
    assert done.code == 0, done.err
    (row,) = made.rows("s, us, digits, named, iso, d, writetime(iso)")
    assert {each.replace(tzinfo=UTC) for each in row[:5]} == {MAY}
    assert (str(row[5]), row[6]) == ("2021-05-15", seconds * 10**6)


@pytest.fixture
def dry(loader):
    """A dry run of JSON rows into a table of times."""
    loader.write("shop.cql", SCHEMA)

    def run(*rows):
        loader.write("a.jsonl", jsonl(rows))
        return loader("push", "a.jsonl", *OFFLINE, "--dlq", "dead.jsonl")

    return run


def test_digits_in_texts_are_bad_values_that_name_their_types(loader, dry):
    done = dry({"id": 1, "at": "20210515"}, {"id": 2, "day": "20210515"}, {"id": 3, "hour": "120000"})
    assert (done.code, done.report["by_type"]) == (1, {"bad_value": 3})
    errors = [letter["error"] for letter in loader.letters()]
    assert "%Y%m%d makes it 2021-05-15" in errors[0]
    assert "%Y%m%d makes it 2021-05-15" in errors[1]
    assert "digits in a text are a time by mapping.types alone" in errors[2]


@pytest.mark.parametrize("zone", ["EST5EDT", "CET-1CEST"])
def test_names_of_zones_that_only_this_machine_knows_are_refused(loader, dry, zone):
    """strptime itself takes the names of the machine's own zone for its time, and then reads them as UTC."""
    loader.env["TZ"] = zone
    loader.configure('[mapping]\ntypes = {at = "%Y-%m-%d %H:%M %Z"}\n')
    texts = [f"2021-05-15 03:11 {name}" for name in ("UTC", "GMT", "EST", "EDT", "CET", "CEST")]
    done = dry(*({"id": at, "at": text} for at, text in enumerate(texts)))
    assert (done.report["would_deliver"], done.report["rejected"]) == (2, 4), done.err


def test_the_field_of_write_timestamps_needs_a_type_for_other_units(loader, dry):
    loader.configure('[mapping]\ntimestamp = "changed"\n')
    rows = [{"id": at, "changed": changed} for at, changed in enumerate((1_620_000_000_000, "1620000000000000", 5))]
    done = dry(*rows)
    assert (done.report["would_deliver"], done.report["rejected"]) == (1, 2), done.err
    first, second = (letter["error"] for letter in loader.letters())
    assert first.startswith("write timestamp (mapping.timestamp): expected a time by ISO 8601")
    assert "epoch_ms makes it 2021-05-03T00:00:00.000Z" in first
    assert "epoch_us makes it 2021-05-03T00:00:00.000000Z" in second
    loader.configure('[mapping]\ntimestamp = "changed"\ntypes = {changed = "epoch_ms"}\n')
    assert dry(*rows[:1]).code == 0


def test_a_write_timestamp_of_the_config_in_another_unit_is_refused(loader, dry):
    loader.configure("[mapping]\ntimestamp = 1620000000000\n")
    done = dry({"id": 1})
    assert (done.code, done.report) == (2, None)
    assert "mapping.timestamp: expected microseconds since 1970; 1620000000000 would be 1970-01-19" in done.err


def test_a_dry_run_shows_values_as_they_will_stand(dry, loader):
    loader.configure('[mapping]\ntypes = {at = "epoch_s"}\nfields = {moment = "hour"}\n')
    done = dry({"id": "7", "AT": 1_621_048_277.5, "day": "2021-05-15", "moment": "03:11"}, {"id": 8, "at": None})
    assert done.code == 0, done.err
    shown = [json.loads(line) for line in done.out.splitlines() if line.startswith("{")]
    assert shown[0] == {"id": 7, "at": "2021-05-15T03:11:17.500Z", "day": "2021-05-15", "hour": "03:11:00.000000000"}
