"""The CQL that makes a table like one that is known."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from loader.mapping.cql.ddl import read_schema
from loader.mapping.cql.definition import definitions
from loader.mapping.cql.table import Column, Table, kind_of
from loader.mapping.cql.types import SCALARS, CqlType

NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=6)
SIMPLE = st.sampled_from(sorted(SCALARS - {"counter"})).map(CqlType)


def _nested(inner: st.SearchStrategy[CqlType]) -> st.SearchStrategy[CqlType]:
    pair = st.tuples(inner, inner)
    return st.one_of(
        inner.map(lambda arg: CqlType("list", (arg,))),
        inner.map(lambda arg: CqlType("set", (arg,))),
        pair.map(lambda args: CqlType("map", args)),
        pair.map(lambda args: CqlType("tuple", args)),
        inner.map(lambda arg: CqlType("vector", (arg,), dimension=3)),
    )


@st.composite
def tables(draw) -> Table:
    """Of any types; a user-defined type stands within others, itself of types that need one more."""
    inner = CqlType("Inner", (draw(SIMPLE),), ("a b",))
    outer = CqlType("outer", (draw(_nested(st.just(inner))), inner), ("select", 'qu"ote'))
    types = st.recursive(SIMPLE | st.just(outer), _nested, max_leaves=4)
    names = draw(st.lists(NAMES, min_size=2, max_size=6, unique=True))
    split = draw(st.integers(1, len(names) - 1))
    partition_key, clustering = tuple(names[:split]), tuple(names[split : split + draw(st.integers(0, 1))])
    columns = []
    for name in names:
        kind = kind_of(name, partition_key, clustering, is_static=draw(st.booleans()))
        cql_type = draw(SIMPLE if kind in ("partition_key", "clustering") else types)
        may_be_frozen = cql_type.is_udt or cql_type.name in ("list", "set", "map")
        frozen = cql_type.name == "tuple" or (may_be_frozen and draw(st.booleans()))
        columns.append(Column(name, cql_type, kind, frozen))
    return Table("Key Space", draw(NAMES), tuple(columns), partition_key, clustering)


@given(tables())
def test_what_is_written_is_read_again_as_the_same_table(table):
    assert read_schema(";\n".join(definitions(table)), None) == table


def test_types_come_before_those_that_need_them():
    inner = CqlType("inner", (CqlType("int"),), ("x",))
    outer = CqlType("outer", (CqlType("list", (inner,)),), ("all",))
    columns = (
        Column("id", CqlType("int"), "partition_key"),
        Column("o", CqlType("map", (CqlType("text"), outer)), "regular"),
    )
    assert definitions(Table("k", "t", columns, ("id",), ())) == [
        'CREATE TYPE "k"."inner" ("x" int)',
        'CREATE TYPE "k"."outer" ("all" frozen<list<frozen<"inner">>>)',
        'CREATE TABLE "k"."t" ("id" int, "o" map<text, frozen<"outer">>, PRIMARY KEY (("id")))',
    ]
