"""CQL types as text and back."""

from __future__ import annotations

import pytest

from loader.mapping.cql.types import CqlType, UnknownTypeError, parse_type, quoted
from tests.mapping.cql.making import UDTS, type_of

INT, TEXT = CqlType("int"), CqlType("text")
ADDRESS = CqlType("address", (TEXT, INT), ("street", "Zip Code"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("int", INT),
        ("VARCHAR", TEXT),
        ("frozen<int>", INT),
        ("list<text>", CqlType("list", (TEXT,))),
        ("frozen<map<text, list<frozen<address>>>>", CqlType("map", (TEXT, CqlType("list", (ADDRESS,))))),
        ("tuple<int>", CqlType("tuple", (INT,))),
        ("vector<float, 3>", CqlType("vector", (CqlType("float"),), dimension=3)),
        ("vector<vector<int,2>,4>", CqlType("vector", (CqlType("vector", (INT,), dimension=2),), dimension=4)),
        ('frozen<"address">', ADDRESS),
        ("ks.address", ADDRESS),
    ],
)
def test_types_are_read_without_what_is_frozen(text, expected):
    assert type_of(text) == expected
    assert type_of(str(expected)) == expected


def test_a_quoted_name_is_that_of_a_user_defined_type_whatever_else_it_means():
    odd = parse_type('list<frozen<"a""B int">>', {'a"B int': [("x", '"int"')], "int": [("y", "int")]}.__getitem__)
    assert odd.args[0].args[0].fields == ("y",)
    assert str(odd) == 'list<"a""B int">'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("strange", "there is no type called strange"),
        ("list<strange>", "there is no type called strange"),
        ("list<int, int>", "no type called list with these arguments"),
        ("map<int>", "no type called map with these arguments"),
        ("vector<int>", "no type called vector with these arguments"),
        ("vector<int, 0>", "no type called vector with these arguments"),
        ("int<int>", "no type called int with these arguments"),
        ("list<int", 'expected ",", found the end'),
        ("int int", 'nothing was expected where "int" stands'),
        ("", "expected a type, found the end"),
        ("'org.apache.cassandra.db.marshal.DynamicCompositeType'", "which is a Java class"),
        ('"Int', "never closed"),
    ],
)
def test_what_is_no_type_is_refused_in_words(text, message):
    with pytest.raises(UnknownTypeError) as error:
        type_of(text)
    assert message in str(error.value)


def test_a_type_without_fields_is_refused():
    with pytest.raises(UnknownTypeError, match="the type empty has no fields"):
        parse_type("empty", {"empty": ()}.__getitem__)


def test_names_are_quoted_so_that_they_cannot_end_early():
    assert quoted('a"; DROP TABLE x; --') == '"a""; DROP TABLE x; --"'


def test_the_fields_of_a_user_defined_type_are_named():
    person = type_of("person")
    assert person.is_udt
    assert person.fields == tuple(name for name, _ in UDTS["person"])
    assert person.args[1] == CqlType("list", (ADDRESS,))
