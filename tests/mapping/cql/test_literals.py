"""Collections as CQL and cqlsh spell them, in texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loader.config.sections import FieldMapping
from loader.mapping.cql.build import codec_of
from loader.mapping.cql.codec import Number
from loader.mapping.cql.literals import read_literal
from loader.texts.text_meaning import TextMeaning
from tests.mapping.cql.making import csv, mapper, type_of, values


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("['a','it''s' , '']", ["a", "it's", ""]),
        ("{3, 1}", [3, 1]),
        ("[]", []),
        ("{}", {}),
        ("{'k':1, 'it''s': 2}", {"k": 1, "it's": 2}),
        ("{1: ['x'], 2: []}", [[1, ["x"]], [2, []]]),
        ("(1, 'x', True, null)", [1, "x", True, None]),
        ("""{street: 'S', "Zip Code": 1, tags: {'t'}}""", {"street": "S", "Zip Code": 1, "tags": ["t"]}),
        ("{street: , zip: <null>, tags: }", {"street": None, "zip": None, "tags": None}),
        (
            "[0x00, 0x, 1.50, 1E+20, NaN, -Infinity]",
            ["0x00", "0x", Number("1.50"), Number("1E+20"), "NaN", "-Infinity"],
        ),
        ("[2024-02-29, 23:58:59.123456789, 1y2mo, -3d]", ["2024-02-29", "23:58:59.123456789", "1y2mo", "-3d"]),
        ("{00:00:00: 1, 01:02:03.5:2}", {"00:00:00": 1, "01:02:03.5": 2}),
        ("{(1, 'a'): 1, (2, 'b'): 2}", [[[1, "a"], 1], [[2, "b"], 2]]),
        ("{123e4567-e89b-12d3-a456-426614174000}", ["123e4567-e89b-12d3-a456-426614174000"]),
        ("{'a': 1, 'a': 2}", [["a", 1], ["a", 2]]),
    ],
)
def test_a_literal_is_a_value_like_those_of_json(text, expected):
    assert read_literal(text, ["<null>"]) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "'a'",
        "[abc]",
        "[1",
        "[1] x",
        "{1:2",
        "{1, 2: 3}",
        "{1: 2, 3}",
        "[1, 2)",
        "['a]",
        "[$]",
        "{a}",
        "<null>",
    ],
)
def test_what_is_no_literal_of_a_collection_is_refused(text):
    with pytest.raises(ValueError, match=r".*"):
        read_literal(text, ["<null>"])


@given(st.text("[](){},:'\"0x ab1-", max_size=30))
def test_any_text_is_a_value_or_refused(text):
    try:
        read_literal(text)
    except ValueError:
        return


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)


@given(st.dictionaries(TEXTS, st.lists(st.integers(-(2**31), 2**31 - 1), max_size=3), max_size=3))
def test_maps_and_lists_are_the_same_as_literals_and_as_json(given_map):
    codec = codec_of(type_of("map<text, frozen<list<int>>>"), None, FieldMapping().booleans)
    quoted = ("'" + key.replace("'", "''") + f"': {value}" for key, value in given_map.items())
    assert codec.encode("{" + ", ".join(quoted) + "}") == codec.encode(given_map)


@pytest.mark.parametrize(
    ("type_text", "literal", "json"),
    [
        ("set<text>", "{'b', 'a'}", '["b", "a"]'),
        ("set<text>", "{}", "[]"),
        ("list<int>", "[1, 2]", "[1, 2]"),
        ("tuple<int, text>", "(1, 'x')", '[1, "x"]'),
        ("address", "{street: 'S', field_1_: 12}", '{"street": "S", "Zip Code": 12}'),
        ("person", "{name: 'N', homes: [{street: , field_1_: 1}]}", '{"name": "N", "homes": [{"Zip Code": 1}]}'),
        ("vector<float, 3>", "[1.5, -2, NaN]", '[1.5, -2, "NaN"]'),
        ("map<boolean, blob>", "{True: 0xff}", '[[true, "0xff"]]'),
    ],
)
def test_literals_of_every_kind_are_stored_like_json(type_text, literal, json):
    mapped = mapper({"a": type_text}).map(csv("a", [literal], [json]))
    first, second = values(mapped)
    assert first == second


def test_words_for_null_hold_within_literals():
    codec = codec_of(type_of("tuple<int, text>"), None, {}, TextMeaning(null_words=("-",)))
    assert codec.encode("(-, '-')") == codec.encode([None, "-"])
