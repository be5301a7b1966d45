"""Collections, tuples, user-defined types and vectors: their forms, and where in them something does not fit."""

from __future__ import annotations

import json

import pytest

from tests.mapping.cql.driver import read
from tests.mapping.cql.making import csv, jsonl, mapper, type_of, values

FORMS = [
    ("list<int>", ["[1, 2]", '["1", 2.0]', '"[1,2]"'], [1, 2]),
    ("set<text>", ['["b", "a", "b"]'], ["a", "b"]),
    (
        "map<int, text>",
        ['{"1": "a", "2": "b"}', '[[2, "b"], ["1", "a"]]', '[[1, "x"], [2, "b"], [1, "a"]]'],
        [(1, "a"), (2, "b")],
    ),
    ("map<boolean, int>", ['{"yes": 1}', '{"TRUE": 1}', "[[true, 1]]"], [(True, 1)]),
    ("map<frozen<list<int>>, int>", ['{"[1, 2]": 3}', "[[[1, 2], 3]]"], [([1, 2], 3)]),
    ("tuple<int, text>", ['[1, "a"]'], [1, "a"]),
    ("tuple<int, text>", ["[null, null]"], [None, None]),
    ("address", ['{"street": "a", "Zip Code": 1}', '{"Zip Code": "1", "STREET": "a"}', '["a", 1]'], ["a", 1]),
    ("address", ['{"street": "a"}', '{"street": "a", "Zip Code": null}', '["a", null]'], ["a", None]),
    ("address", ["{}"], [None, None]),
    ("person", ['{"name": "n", "homes": [{"street": "a"}, ["b", 2]]}'], ["n", [["a", None], ["b", 2]]]),
    ("vector<float, 2>", ["[1, 2.5]", '["1", 2.5]', '"[1, 2.5]"'], ["1.0", "2.5"]),
    ("vector<text, 2>", ['["a", ""]'], ["a", ""]),
    ("list<decimal>", ["[]"], []),
]

NOT_FITTING = [
    ("list<int>", "[1, null]", "null", "a whole number from -2147483648 to 2147483647 at [1]"),
    ("list<int>", "[1, true]", "true", "a whole number from -2147483648 to 2147483647 at [1]"),
    ("list<int>", '{"a":1}', '{"a":1}', "a JSON array, each element a whole number from -2147483648 to 2147483647"),
    ("list<int>", "1.50", "1.50", "a JSON array, each element a whole number from -2147483648 to 2147483647"),
    ("list<text>", "[1.50]", "1.50", "a text at [0]"),
    ("set<text>", '["a", null]', "null", "a text at [1]"),
    ("map<int, int>", '{"x": 1}', "x", "a whole number from -2147483648 to 2147483647 at [x]"),
    ("map<text, int>", '{"a": null}', "null", "a whole number from -2147483648 to 2147483647 at [a]"),
    ("map<text, int>", '[["a", 1], ["b"]]', '["b"]', "an array of key and value at [1]"),
    ("map<text, int>", "[1]", "1", "an array of key and value at [0]"),
    ("tuple<int, text>", "[1]", "[1]", "a JSON array of 2 elements"),
    ("tuple<int, text>", '[1,"a",2]', '[1,"a",2]', "a JSON array of 2 elements"),
    ("tuple<int, text>", '["x", "a"]', "x", "a whole number from -2147483648 to 2147483647 at [0]"),
    ("address", '{"street": "a", "zip": 1}', "zip", "only fields that the type has"),
    ("address", '{"Street": "a", "STREET": "b"}', "Street, STREET", "one field of each name"),
    ("address", '["a"]', '["a"]', "a JSON object or array with the fields of the type address"),
    (
        "person",
        '{"homes": [{"street": "a"}, {"Zip Code": "x"}]}',
        "x",
        "a whole number from -2147483648 to 2147483647 at .homes[1].Zip Code",
    ),
    ("vector<float, 2>", "[1.5]", "[1.5]", "a JSON array of 2 elements, each a number within the range of a float"),
    (
        "vector<float, 2>",
        "[1, 1e39]",
        "1e39",
        "a number within the range of a float, or NaN, Infinity or -Infinity as text at [1]",
    ),
    ("vector<float, 2>", '"ab"', "ab", "a JSON array of 2 elements, each a number within the range of a float"),
    ("vector<text, 1>", "[null]", "null", "a text at [0]"),
    ("map<text, frozen<list<tinyint>>>", '{"a": [1, 200]}', "200", "a whole number from -128 to 127 at [a][1]"),
]


@pytest.mark.parametrize(("type_text", "forms", "expected"), FORMS)
def test_every_form_of_a_value_comes_to_the_same(type_text, forms, expected):
    mapping = mapper({"v": type_text})
    rows = jsonl(*(f'{{"v": {form}}}' for form in forms))
    texts = csv("v", *([json.loads(form) if form[0] == '"' else form] for form in forms))
    for mapped in (mapping.map(rows), mapping.map(texts)):
        assert [read(type_of(type_text), value) for (value,) in values(mapped)] == [expected] * len(forms)


@pytest.mark.parametrize(("type_text", "text", "value", "expected"), NOT_FITTING)
def test_what_does_not_fit_within_is_told_with_its_place(type_text, text, value, expected):
    mapping = mapper({"v": type_text})
    csv_text = json.loads(text) if text[0] == '"' else text
    for rows in (jsonl(f'{{"v": {text}}}'), csv("v", [csv_text])):
        (error,) = mapping.map(rows).unfit[0].columns
        assert error.column == "v"
        assert error.value == value
        assert error.expected.startswith(expected)


def test_text_that_nests_too_deep_is_a_value_that_does_not_fit():
    cause = mapper({"v": "list<text>"}).map(csv("v", ["[" * 100_000])).unfit[0]
    assert cause.columns[0].value == "[" * 200
