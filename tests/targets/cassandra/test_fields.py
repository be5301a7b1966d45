"""Fields find their columns, and what does not fit is said before anything is read."""

from __future__ import annotations

from typing import Any

import pytest

from tests.targets.cassandra.conftest import jsonl

ODD = ["Order-Id", "select", "naïve ключ", 'say "hi"', "UPPER", "upper", "with space", ":marker", "?"]


def test_jsonl_and_csv_go_into_one_table(loader, table):
    people = table("id int PRIMARY KEY, name text, tags set<text>")
    loader.write("a.jsonl", jsonl([{"id": 1, "name": "a", "tags": ["x", "y"]}, {"name": "b", "id": 2}]))
    loader.write("b.csv", 'id,tags,name\n3,"[""z""]",c\n4,,"d, e"\n')
    done = loader("push", "a.jsonl", "b.csv", "--to", people.url)
    assert (done.code, done.report["delivered"]) == (0, 4), done.err
    assert people.rows("id, name, tags") == [
        (1, "a", {"x", "y"}),
        (2, "b", None),
        (3, "c", {"z"}),
        (4, "d, e", None),
    ]


def test_a_field_that_no_column_takes_is_refused_before_anything_is_read(loader, table):
    people = table("id int PRIMARY KEY, name text")
    loader.write("a.csv", "id,name,colour\n1,a,red\n")
    done = loader("push", "a.csv", "--to", people.url)
    assert (done.code, done.report) == (2, None)
    assert "a.csv: no column takes colour" in done.err
    assert 'mapping.extra = "ignore"' in done.err
    assert people.rows() == []
    assert not list((loader.folder / ".loader" / "runs").iterdir())  # nothing to resume


def test_fields_that_no_column_takes_may_be_ignored(loader, table):
    people = table("id int PRIMARY KEY, name text")
    loader.configure('[mapping]\nextra = "ignore"\n')
    loader.write("a.csv", "id,name,colour\n1,a,red\n")
    loader.write("b.jsonl", jsonl([{"id": 2, "name": "b", "size": 4}, {"id": 3, "weight": 5}]))
    assert loader("push", "a.csv", "b.jsonl", "--to", people.url).code == 0
    assert people.rows() == [(1, "a"), (2, "b"), (3, None)]


@pytest.mark.parametrize("line", [1, 2, 3])
def test_a_row_with_a_field_too_many_is_rejected_alone_wherever_it_stands(loader, table, line):
    people = table("id int PRIMARY KEY, name text")
    given = [{"id": 1}, {"id": 2}, {"id": 3}]
    given[line - 1]["colour"] = "red"
    loader.write("a.jsonl", jsonl(given))
    done = loader("push", "a.jsonl", "--to", people.url, "--dlq", "dead.jsonl")
    assert (done.code, done.report["by_type"]) == (1, {"extra_field": 1})
    (letter,) = loader.letters()
    assert (letter["line"], letter["class"], letter["columns"][0]["column"]) == (line, "data", "colour")
    assert people.rows("id") == [(i,) for i in (1, 2, 3) if i != line]


def test_a_header_without_a_part_of_the_primary_key_is_refused(loader, table):
    events = table("id int, day date, note text, PRIMARY KEY ((id), day)")
    loader.write("a.csv", "id,note\n1,x\n")
    done = loader("push", "a.csv", "--to", events.url)
    assert (done.code, done.report) == (2, None)
    assert "a.csv: no field feeds day of the primary key" in done.err
    assert "mapping.fields" in done.err


def test_a_row_without_its_key_is_rejected_alone_wherever_it_stands(loader, table):
    events = table("id int, day int, PRIMARY KEY ((id), day)")
    loader.write("a.jsonl", jsonl([{"id": 1}, {"id": 2, "day": 2}, {"id": 3, "day": None}, {"id": 4, "day": 4}]))
    done = loader("push", "a.jsonl", "--to", events.url, "--dlq", "dead.jsonl")
    assert done.code == 1
    assert [(letter["line"], letter["columns"][0]["column"]) for letter in loader.letters()] == [(1, "day"), (3, "day")]
    assert events.rows() == [(2, 2), (4, 4)]


def test_an_empty_csv_among_good_files_is_passed_over(loader, table):
    people = table("id int PRIMARY KEY, name text")
    loader.write("a.csv", "id,name\n1,a\n")
    loader.write("b.csv", "")
    loader.write("c.jsonl", "")
    done = loader("push", "a.csv", "b.csv", "c.jsonl", "--to", people.url)
    assert (done.code, done.report["delivered"]) == (0, 1), done.err


def test_fields_are_renamed_by_the_mapping(loader, table):
    people = table("id int PRIMARY KEY, full_name text")
    loader.configure('[mapping]\nfields = {key = "id", "Full Name" = "full_name"}\n')
    loader.write("a.csv", "key,Full Name\n1,a\n")
    loader.write("b.jsonl", jsonl([{"key": 2, "Full Name": "b"}]))
    assert loader("push", "a.csv", "b.jsonl", "--to", people.url).code == 0
    assert people.rows() == [(1, "a"), (2, "b")]


def test_a_mapping_to_a_column_that_is_not_there_names_the_nearest(loader, table):
    people = table("id int PRIMARY KEY, full_name text")
    loader.configure('[mapping]\nfields = {name = "ful_name"}\n')
    loader.write("a.csv", "id,name\n1,a\n")
    done = loader("push", "a.csv", "--to", people.url)
    assert done.code == 2
    assert 'mapping.fields.name: there is no column "ful_name"; did you mean full_name?' in done.err


def test_odd_names_of_columns_are_columns_like_others(loader, table):
    quoted = ['"{}"'.format(name.replace('"', '""')) for name in ODD]
    odd = table(", ".join(f"{name} text" for name in quoted) + f", PRIMARY KEY (({quoted[0]}), {quoted[3]})")
    row = {name: f"value of {name}" for name in ODD}
    loader.write("a.jsonl", jsonl([row]))
    header = ",".join('"{}"'.format(name.replace('"', '""')) for name in ODD)
    loader.write("b.csv", header + "\n" + ",".join(f"csv {at}" for at in range(len(ODD))) + "\n")
    done = loader("push", "a.jsonl", "b.csv", "--to", odd.url)
    assert done.code == 0, done.err
    assert odd.rows(", ".join(quoted)) == [
        tuple(f"csv {at}" for at in range(len(ODD))),
        tuple(f"value of {name}" for name in ODD),
    ]


def test_names_in_the_url_may_be_quoted_or_of_other_case(loader, table):
    orders = table("id int PRIMARY KEY", name='"OddOrders"')
    loader.write("a.jsonl", '{"id": 1}\n')
    address = f"cassandra://{orders.contact.host}:{orders.contact.port}"
    assert loader("push", "a.jsonl", "--to", orders.url).code == 0
    plain = table("id int PRIMARY KEY", name="plain")
    for name in (f"{plain.keyspace.upper()}.PLAIN", f'"{plain.keyspace}"."plain"'):
        done = loader("push", "a.jsonl", "--to", f"{address}/{name}")
        assert done.code == 0, done.err
    assert orders.rows() == plain.rows() == [(1,)]


def test_unknown_names_are_refused_with_the_nearest_one(loader, table):
    orders = table("id int PRIMARY KEY", name="orders")
    loader.write("a.jsonl", '{"id": 1}\n')
    known = f"{orders.keyspace}.orders"
    address = f"cassandra://{orders.contact.host}:{orders.contact.port}"
    for typed, said in (
        (f"{known}x", f'keyspace {orders.keyspace} has no table ordersx; did you mean "orders"?'),
        (f"{orders.keyspace}.", "keyspace.table"),
        (f"x{known}", f'the cluster has no keyspace x{orders.keyspace}; did you mean "{orders.keyspace}"?'),
    ):
        done = loader("push", "a.jsonl", "--to", f"{address}/{typed}")
        assert (done.code, done.report) == (2, None)
        assert said in done.err


@pytest.mark.parametrize("workers", ["1", "2"])
def test_columns_that_no_row_had_a_value_for_are_told_at_the_end(loader, table, workers):
    """Whatever the first row has: `name` comes with the last, `born` only as null and as nothing."""
    people = table("id int PRIMARY KEY, name text, born date, note text")
    loader.write(
        "a.jsonl", jsonl([{"id": 0, "born": None}, *({"id": i} for i in range(1, 9000)), {"id": 1, "name": "a"}])
    )
    loader.write("b.csv", "id,born,note\n9001,,x\n")
    done = loader("push", "a.jsonl", "b.csv", "--to", people.url, "--workers", workers)
    assert (done.code, done.report["warnings"]) == (0, ["columns that get nothing: born; no row has a value for them"])
    assert done.err.count("columns that get nothing") == 1


def test_what_an_earlier_part_of_the_load_fed_got_something(loader, table):
    people = table("id int PRIMARY KEY, name text, born date")
    given: list[dict[str, Any]] = [{"id": 1, "name": "a"}, *({"id": i} for i in range(2, 20_000))]
    given.insert(17_000, {"id": "bad"})  # chunks after the one that `name` stands in, which no resume reads again
    loader.write("a.jsonl", jsonl(given))
    stopped = loader("push", "a.jsonl", "--to", people.url, "--fail-fast", "--workers", "1")
    assert (stopped.code, stopped.report["warnings"]) == (3, [])
    done = loader("push", "a.jsonl", "--to", people.url, "--resume", "--workers", "1")
    assert done.report["status"] == "complete"
    assert done.report["warnings"] == ["columns that get nothing: born; no row has a value for them"]


def test_fields_of_ttl_and_timestamp_that_no_row_has_are_told_by_their_names(loader, table):
    people = table("id int PRIMARY KEY")
    loader.configure('[mapping]\nttl = "expires"\ntimestamp = "changed"\n')
    loader.write("a.jsonl", jsonl([{"id": 1}]))
    done = loader("push", "a.jsonl", "--to", people.url)
    assert done.report["warnings"] == [
        "no row has a value in the field expires, so none is given a TTL (mapping.ttl)",
        "no row has a value in the field changed, so none is given a write timestamp (mapping.timestamp)",
    ]


def test_a_check_shows_statement_columns_and_first_rows_and_writes_nothing(loader, table):
    people = table('id int PRIMARY KEY, "Full Name" text, born date')
    loader.write("a.csv", "id,Full Name\n1,a\n2,b\n")
    done = loader("check", "a.csv", "--to", people.url)
    assert done.code == 0, done.err
    assert f'INSERT INTO "{people.keyspace}"."t1" ("id", ' in done.out
    assert "columns that get nothing: born" in done.out
    assert '{"id":1,"Full Name":"a"}' in done.out
    assert "connection: ok" in done.out
    assert people.rows() == []
