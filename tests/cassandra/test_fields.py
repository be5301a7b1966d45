"""Fields find their columns, and what does not fit is said before anything is read."""

from __future__ import annotations

import pytest

from tests.cassandra.conftest import jsonl

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


def test_a_later_row_with_a_field_too_many_is_rejected_alone(loader, table):
    people = table("id int PRIMARY KEY, name text")
    loader.write("a.jsonl", jsonl([{"id": 1}, {"id": 2, "colour": "red"}, {"id": 3}]))
    done = loader("push", "a.jsonl", "--to", people.url, "--dlq", "dead.jsonl")
    assert (done.code, done.report["by_type"]) == (1, {"extra_field": 1})
    (letter,) = loader.letters()
    assert (letter["line"], letter["class"], letter["columns"][0]["column"]) == (2, "data", "colour")
    assert people.rows("id") == [(1,), (3,)]


@pytest.mark.parametrize(("name", "text"), [("a.csv", "id,note\n1,x\n"), ("a.jsonl", '{"id": 1, "note": "x"}\n')])
def test_a_missing_part_of_the_primary_key_is_refused(loader, table, name, text):
    events = table("id int, day date, note text, PRIMARY KEY ((id), day)")
    loader.write(name, text)
    done = loader("push", name, "--to", events.url)
    assert (done.code, done.report) == (2, None)
    assert f"{name}: no field feeds day of the primary key" in done.err
    assert "mapping.fields" in done.err


def test_a_later_row_without_its_key_is_rejected_alone(loader, table):
    events = table("id int, day int, PRIMARY KEY ((id), day)")
    loader.write("a.jsonl", jsonl([{"id": 1, "day": 1}, {"id": 2}, {"id": 3, "day": None}, {"id": 4, "day": 4}]))
    done = loader("push", "a.jsonl", "--to", events.url, "--dlq", "dead.jsonl")
    assert done.code == 1
    assert [(letter["line"], letter["columns"][0]["column"]) for letter in loader.letters()] == [(2, "day"), (3, "day")]
    assert events.rows() == [(1, 1), (4, 4)]


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


def test_columns_that_get_nothing_are_told(loader, table):
    people = table("id int PRIMARY KEY, name text, born date")
    loader.write("a.csv", "id\n1\n")
    done = loader("push", "a.csv", "--to", people.url)
    assert done.code == 0
    assert "columns that get nothing" in done.err
    assert "name" in done.err
    assert "born" in done.err


def test_a_check_shows_statement_columns_and_first_rows_and_writes_nothing(loader, table):
    people = table('id int PRIMARY KEY, "Full Name" text, born date')
    loader.write("a.csv", "id,Full Name\n1,a\n2,b\n")
    done = loader("check", "a.csv", "--to", people.url)
    assert done.code == 0, done.err
    assert f'INSERT INTO "{people.keyspace}"."t1" ("id", ' in done.out
    assert "columns that get nothing: born" in done.out
    assert '{"id":"1","Full Name":"a"}' in done.out
    assert "connection: ok" in done.out
    assert people.rows() == []
