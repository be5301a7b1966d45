"""Bytes that mean the same are equal, others are not."""

from __future__ import annotations

import msgspec
import pytest

from loader.mapping.cql.types import parse_type
from loader.rehearsal.normalised import comparable


def _types(name):
    return {"spot": [("x", "int"), ("tags", "frozen<set<text>>")]}[name]


def cell(value: bytes | None) -> bytes:
    return b"\xff\xff\xff\xff" if value is None else len(value).to_bytes(4, "big") + value


def many(*values: bytes) -> bytes:
    return len(values).to_bytes(4, "big") + b"".join(map(cell, values))


AB, BA = many(b"a", b"b"), many(b"b", b"a")


@pytest.mark.parametrize(
    ("text", "one", "other"),
    [
        ("set<text>", AB, BA),
        ("map<text, int>", many(b"a", b"\0\0\0\1", b"b", b"\0\0\0\2"), many(b"b", b"\0\0\0\2", b"a", b"\0\0\0\1")),
        ("list<frozen<set<text>>>", many(AB), many(BA)),
        ("list<text>", many(), None),
        ("set<text>", msgspec.UNSET, None),
        ("spot", cell(b"\0\0\0\1") + cell(BA), cell(b"\0\0\0\1") + cell(AB)),
        ("spot", cell(b"\0\0\0\1") + cell(None), cell(b"\0\0\0\1")),
        ("spot", cell(None) + cell(None), None),
        ("tuple<int, text>", cell(b"\0\0\0\1") + cell(None), cell(b"\0\0\0\1")),
    ],
)
def test_the_same_in_other_bytes(text, one, other):
    cql_type = parse_type(text, _types)
    assert comparable(cql_type, one) == comparable(cql_type, other)


@pytest.mark.parametrize(
    ("text", "one", "other"),
    [
        ("list<text>", AB, BA),
        ("set<text>", AB, many(b"a")),
        ("map<text, text>", many(b"a", b"b"), many(b"b", b"a")),
        ("text", b"", None),
        ("text", b"a", b"b"),
        ("tuple<int, text>", cell(None) + cell(b"a"), cell(None)),
        ("vector<float, 2>", bytes(8), bytes(7) + b"\1"),
        ("decimal", b"\0\0\0\1\x0a", b"\0\0\0\0\x01"),
    ],
)
def test_what_differs(text, one, other):
    cql_type = parse_type(text, _types)
    assert comparable(cql_type, one) != comparable(cql_type, other)
