"""What a real Cassandra makes of the bytes: the last word on every type."""

from __future__ import annotations

import itertools
import json

import pytest
from cassandra import InvalidRequest
from cassandra.metadata import Murmur3Token
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from loader.config.sections import FieldMapping
from loader.mapping.cql.mapper import CqlMapper, Parameter
from loader.mapping.cql.table import quoted
from loader.texts.text_meaning import TextMeaning
from tests.mapping.cql.driver import plain
from tests.mapping.cql.generated import NESTED, SCALARS, Value, values_of
from tests.mapping.cql.making import cells, csv, jsonl, mapper, type_of
from tests.mapping.cql.server import bound, create, insert

COLUMNS = {f"c{at}": text for at, text in enumerate((*SCALARS, *NESTED))}


@pytest.fixture
def every_type(session, keyspace):
    """A table with a column of each type, beside its key `id`."""
    return create(session, keyspace, {"id": "int", **COLUMNS}, "id")


def test_values_of_every_type_come_back_from_the_server(session, keyspace, every_type):
    mapping = mapper({"id": "int", **COLUMNS}, key=["id"])
    some = {name: st.none() | values_of(type_of(text)) for name, text in COLUMNS.items()}
    numbers = itertools.count()

    @settings(max_examples=40, deadline=None)
    @given(st.fixed_dictionaries(some))
    def round_trip(row: dict[str, Value | None]):
        number = next(numbers)
        fields = [f'"{name}": {value.json}' for name, value in row.items() if value is not None]
        insert(session, every_type, mapping.map(jsonl("{" + ", ".join([f'"id": {number}', *fields]) + "}")))
        found = session.execute(f"SELECT * FROM {keyspace}.t WHERE id = {number}").one()
        for name, value in row.items():
            assert plain(getattr(found, name)) == _stored(COLUMNS[name], value), name

    round_trip()


def _stored(type_text, value):
    """What the server stores: of collections that are not frozen, empty ones are none."""
    if value is None or (value.read == [] and type_text.startswith(("list<", "set<", "map<"))):
        return None
    return value.read


KEYS = {
    "text": {"a": "text"},
    "bigint": {"a": "bigint"},
    "varint": {"a": "varint"},
    "two": {"b": "text", "a": "int"},
    "three": {"c": "uuid", "b": "blob", "a": "frozen<list<decimal>>"},
}


def test_partition_keys_are_hashed_as_the_server_hashes_them(session, keyspace):
    for table, key in KEYS.items():
        names = ", ".join(key)
        write = create(session, keyspace, {**key, "v": "int"}, f"({names})", f"by_{table}")
        where = " AND ".join(f"{column} = ?" for column in key)
        read = session.prepare(f"SELECT token({names}) AS at FROM {keyspace}.by_{table} WHERE {where}")
        check_tokens(session, key, write, read)


def check_tokens(session, key, write, read):
    mapping = mapper({**key, "v": "int"}, key=list(key))

    @settings(max_examples=25, deadline=None)
    @given(st.fixed_dictionaries({column: values_of(type_of(text)) for column, text in key.items()}))
    def same_token(row):
        fields = [f'"{column}": {value.json}' for column, value in row.items()]
        mapped = mapping.map(jsonl("{" + ", ".join([*fields, '"v": 1']) + "}"))
        assume(not mapped.unfit)  # a lone key must not be empty
        insert(session, write, mapped)
        found = session.execute(bound(read, cells(mapped.items[0])[:-1])).one()
        assert found.at == Murmur3Token.hash_fn(mapped.keys[0])

    same_token()


def test_what_the_client_refuses_of_keys_the_server_refuses_too(session, keyspace):
    """And what it does not, the server takes."""
    lone = create(session, keyspace, {"a": "text", "b": "text"}, "a, b", "lone")
    both = create(session, keyspace, {"a": "text", "b": "text"}, "(a, b)", "both")
    longest = "x" * 65_535
    for prepared, key, a, b, taken in [
        (lone, ["a"], "", "b", False),
        (lone, ["a"], longest, "b", True),
        (lone, ["a"], longest + "x", "b", False),
        (lone, ["a"], "a", "", True),
        (lone, ["a"], "a", longest + "x", False),
        (both, ["a", "b"], "", "", True),
        (both, ["a", "b"], "a", longest + "x", False),
    ]:
        columns = {"a": "text", "b": "text"}
        parameters = [Parameter(name, type_of(text), required=True) for name, text in columns.items()]
        places = [list(columns).index(name) for name in key]
        mapped = CqlMapper(parameters, places, FieldMapping(), TextMeaning()).map(jsonl(json.dumps({"a": a, "b": b})))
        assert bool(mapped.unfit) != taken
        statement = bound(prepared, [a.encode(), b.encode()])
        if taken:
            session.execute(statement)
        else:
            with pytest.raises(InvalidRequest):
                session.execute(statement)


@pytest.mark.parametrize(("null", "left"), [("unset", [1, 1, 1]), ("null", [1, None, 1])])
def test_null_clears_a_column_only_where_it_is_told_to_and_absence_never(session, keyspace, null, left):
    columns = {"id": "int", "a": "int", "b": "int", "c": "int"}
    prepared = create(session, keyspace, columns, "id")
    mapping = mapper(columns, key=["id"], null=null)
    insert(session, prepared, mapping.map(jsonl('{"id":1,"a":1,"b":1,"c":1}')))
    insert(session, prepared, mapping.map(jsonl('{"id":1,"a":1,"b":null}')))
    assert list(session.execute(f"SELECT a, b, c FROM {keyspace}.t").one()) == left


ODD_NAMES = ["Order-Id", "select", 'a"b', "naïve ☃", "ID", "id", " ", "a.b", "token"]


def test_odd_names_are_written_and_read_by_those_names(session, keyspace):
    columns = dict.fromkeys(ODD_NAMES, "int")
    prepared = create(session, keyspace, columns, quoted("Order-Id"))
    mapping = mapper(columns, key=["Order-Id"])
    insert(session, prepared, mapping.map(jsonl(json.dumps({name: at for at, name in enumerate(ODD_NAMES)}))))
    insert(session, prepared, mapping.map(csv(ODD_NAMES, [str(10 + at) for at, _ in enumerate(ODD_NAMES)])))
    names = ", ".join(map(quoted, ODD_NAMES))
    found = {tuple(row) for row in session.execute(f"SELECT {names} FROM {keyspace}.t")}
    assert found == {tuple(range(9)), tuple(range(10, 19))}
