"""Table definitions in CQL, as people and as servers write them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from loader.errors import UsageError
from loader.mapping.cql.ddl import read_schema
from loader.targets.cassandra.schema import read_table
from tests.mapping.cql.generated import NESTED, SCALARS
from tests.mapping.cql.server import create_types

ADDRESS = 'CREATE TYPE address (street text, "Zip Code" int);'


def columns(text, table=None):
    return [(each.name, str(each.type), each.kind) for each in read_schema(text, table).columns]


def test_a_table_with_all_that_people_write():
    text = """
        -- CREATE TABLE not_this (a int PRIMARY KEY);
        // nor this; "
        /* nor 'this' */
        CREATE KEYSPACE IF NOT EXISTS shop WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1};
        USE shop;
        create type if not exists address (street text, "Zip Code" int);
        Create Table If Not Exists orders (
            Id uuid,
            "Order-Id" frozen<tuple<int, varchar>>,
            customer text STATIC,
            address frozen<address>,
            mails MAP<text, frozen<list<frozen<shop.address>>>>,
            secret text MASKED WITH mask_inner(1, null, 'x)'),
            other text MASKED WITH DEFAULT,
            vector vector<float, 3>,
            PRIMARY KEY ((id), "Order-Id")
        ) WITH CLUSTERING ORDER BY ("Order-Id" DESC) AND comment = 'a; "b" ''c''' AND gc_grace_seconds = 10;
        CREATE INDEX ON orders (customer);
    """
    table = read_schema(text, None)
    assert (table.keyspace, table.name) == ("shop", "orders")
    assert (table.partition_key, table.clustering) == (("id",), ("Order-Id",))
    assert table.primary_key == ("id", "Order-Id")
    assert [(each.name, str(each.type), each.kind) for each in table.columns] == [
        ("id", "uuid", "partition_key"),
        ("Order-Id", "tuple<int, text>", "clustering"),
        ("customer", "text", "static"),
        ("address", '"address"', "regular"),
        ("mails", 'map<text, list<"address">>', "regular"),
        ("secret", "text", "regular"),
        ("other", "text", "regular"),
        ("vector", "vector<float, 3>", "regular"),
    ]
    assert table.columns[3].type.fields == ("street", "Zip Code")


@pytest.mark.parametrize(
    ("key", "partition_key", "clustering"),
    [
        ("PRIMARY KEY (a)", ("a",), ()),
        ("PRIMARY KEY (b, a)", ("b",), ("a",)),
        ("PRIMARY KEY ((a, b))", ("a", "b"), ()),
        ("PRIMARY KEY ((b, a), c, d)", ("b", "a"), ("c", "d")),
    ],
)
def test_primary_keys_in_all_forms(key, partition_key, clustering):
    table = read_schema(f"CREATE TABLE ks.t (a int, b int, c int, d int, {key})", None)
    assert (table.partition_key, table.clustering) == (partition_key, clustering)
    assert [each.name for each in table.columns][: len(table.primary_key)] == [*partition_key, *clustering]


def test_a_key_beside_its_column():
    assert columns("CREATE TABLE t (b int, a text PRIMARY KEY)") == [
        ("a", "text", "partition_key"),
        ("b", "int", "regular"),
    ]


def test_counters_make_a_table_of_counters():
    assert read_schema("CREATE TABLE t (a int PRIMARY KEY, n counter)", None).is_counter
    assert not read_schema("CREATE TABLE t (a int PRIMARY KEY, n bigint)", None).is_counter


TWO = (
    "CREATE TABLE a.t (x int PRIMARY KEY); CREATE TABLE b.t (y int PRIMARY KEY); CREATE TABLE b.u (z int PRIMARY KEY);"
)


@pytest.mark.parametrize(("name", "column"), [("a.t", "x"), ("b.t", "y"), ("u", "z"), ("b.u", "z")])
def test_a_table_is_found_by_its_name(name, column):
    assert [each.name for each in read_schema(TWO, name).columns] == [column]


def test_types_of_another_keyspace_are_not_taken():
    types = f"USE a; {ADDRESS} USE b; CREATE TYPE address (city text);"
    table = read_schema(f"{types} CREATE TABLE b.t (x frozen<address> PRIMARY KEY)", None)
    assert table.columns[0].type.fields == ("city",)


@pytest.mark.parametrize(
    ("text", "table", "message"),
    [
        ("", None, "defines no table"),
        (TWO, None, "several tables: say which one, of a.t, b.t, b.u"),
        (TWO, "t", "several tables t: say which one"),
        (TWO, "v", "no table v, but a.t, b.t, b.u"),
        ("CREATE TABLE t (a int)", None, 'line 1: the table "t" has no primary key'),
        ("\nCREATE TABLE t (a int, PRIMARY KEY (b))", None, 'line 2: the primary key of "t" has a column "b"'),
        ("CREATE TABLE t (a int,\n\n a text PRIMARY KEY)", None, 'line 3: the column "a" stands there twice'),
        ("CREATE TABLE t (a int PRIMARY KEY", None, 'line 1: expected ",", found the end'),
        ("CREATE TABLE t (\na int b)", None, 'line 2: expected ",", found "b"'),
        ("CREATE TABLE t (a,\n b int)", None, 'line 1: expected a type, found ","'),
        ("CREATE TABLE t (a int PRIMARY KEY,\n b strange)", None, "line 2: there is no type called strange"),
        ("CREATE TABLE t (a int PRIMARY KEY, b list<int, int>)", None, "no type called list with these arguments"),
        ("CREATE TABLE t (a vector<int, 0> PRIMARY KEY)", None, "no type called vector"),
        ("CREATE TABLE t (a 'java.Class' PRIMARY KEY)", None, "which is a Java class"),
        ("CREATE TABLE t (a int PRIMARY KEY)\nWITH comment = 'x", None, "line 2: a quote is opened and never closed"),
        ("CREATE TABLE 5 (a int)", None, 'expected the name of a table, found "5"'),
        ("CREATE TYPE t ()", None, "expected the name of a field"),
        ("CREATE TYPE t (a t)", None, "there is no type called t"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(text, table, message):
    with pytest.raises(UsageError) as error:
        read_schema(text, table)
    assert message in str(error.value)


DEFINITIONS = {
    "lists": '(a int PRIMARY KEY, "B b" list<text>, c nested)',
    "keys": '(a int, "Order-Id" text, "select" uuid, s int STATIC, v map<text, frozen<address>>, '
    'PRIMARY KEY ((a, "Order-Id"), "select")) WITH CLUSTERING ORDER BY ("select" DESC) '
    "AND comment = 'it''s -- \"x\";'",
    "frozen": "(a frozen<person>, b timeuuid, c tuple<int, frozen<address>>, d vector<float, 3>, "
    "e frozen<set<frozen<person>>>, PRIMARY KEY (a, b)) WITH compaction = {'class': 'LeveledCompactionStrategy'}",
    "counters": "(a int, n counter, m counter, PRIMARY KEY (a))",
    "types": f"(id int PRIMARY KEY, {', '.join(f'c{at} {text}' for at, text in enumerate((*SCALARS, *NESTED)))})",
}


def test_what_servers_print_of_a_table_is_read_back_as_the_table(session, keyspace):
    create_types(session, keyspace)
    session.execute(f"CREATE TYPE {keyspace}.nested (x frozen<person>)")
    for name, definition in DEFINITIONS.items():
        session.execute(f"CREATE TABLE {keyspace}.{name} {definition}")
    described = "\n".join(row.create_statement for row in session.execute(f"DESCRIBE KEYSPACE {keyspace}"))
    exported = session.cluster.metadata.keyspaces[keyspace].export_as_string()
    for name, definition in DEFINITIONS.items():
        table = _in_order(read_table(session, keyspace, name))
        assert _in_order(read_schema(described, f"{keyspace}.{name}")) == table
        assert _in_order(read_schema(exported, f"{keyspace}.{name}")) == table
        typed = f"{described} USE {keyspace}; CREATE TABLE typed {definition}"
        assert _in_order(read_schema(typed, "typed")) == replace(table, name="typed")


def _in_order(table):
    """The table with its columns in the order of their names, which servers do not keep."""
    return replace(table, columns=tuple(sorted(table.columns, key=lambda column: column.name)))
