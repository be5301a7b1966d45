"""What goes in as JSON or CSV is what the driver reads out of the bytes."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loader.config.sections import FieldMapping
from loader.mapping.cql.build import codec_of, kinds_for
from loader.mapping.cql.codec import UNFIT, Number
from loader.mapping.cql.columns import encode_one_by_one
from loader.mapping.cql.showing import shown_value
from tests.mapping.cql.driver import read
from tests.mapping.cql.generated import NESTED, SCALARS, values_of
from tests.mapping.cql.making import csv, jsonl, mapper, type_of, values

NULL_WORD = "\0"  # never a value here
TYPES = [*SCALARS, *NESTED]


@pytest.mark.parametrize("type_text", TYPES)
@settings(max_examples=25, deadline=None)
@given(st.data())
def test_values_come_through_from_json_and_from_csv(type_text, data):
    """Several rows at once, among them nulls and rows without the field."""
    cql_type = type_of(type_text)
    given = data.draw(st.lists(st.none() | values_of(cql_type), min_size=1, max_size=4))
    mapping = mapper({"v": type_text, "w": "int"}, nulls=(NULL_WORD,), null="null")
    as_json = jsonl(*('{"w":1}' if value is None else f'{{"v": {value.json}}}' for value in given))
    texts = [NULL_WORD if value is None else _csv_text(value.json) for value in given]
    for rows, absent in ((as_json, -2), (csv("v", *((text,) for text in texts)), -1)):
        for (found, _), value in zip(values(mapping.map(rows)), given, strict=True):
            if value is None:
                assert found == absent
            else:
                assert read(cql_type, found) == value.read


_KINDS = {"a pattern of strptime": "%Y-%m-%d"}
_ALL_KINDS = [(text, _KINDS.get(kind, kind)) for text in SCALARS for kind in (None, *kinds_for(type_of(text)))]
_SIGNS = st.text("0123456789abcdefxTZPYMD:.+-_eE \u0661", max_size=14)


@pytest.mark.parametrize(("type_text", "kind"), _ALL_KINDS)
@settings(max_examples=50, deadline=None)
@given(st.data())
def test_a_column_encoded_at_once_is_as_if_each_value_were_encoded_alone(type_text, kind, data):
    """So that what becomes of a value never hangs on the rows around it."""
    codec = codec_of(type_of(type_text), kind, FieldMapping().booleans)
    usual = values_of(type_of(type_text)).map(lambda value: value.json)
    strange = st.one_of(_SIGNS, st.integers(), st.booleans(), st.floats(allow_nan=False, allow_infinity=False))
    texts = data.draw(st.lists(usual | strange.map(json.dumps), min_size=1, max_size=3))
    given = [_as_read(codec.json_type, text) for text in texts]
    for encode in codec.columns:
        try:
            parts = encode(given)
        except UNFIT:
            continue
        alone = encode_one_by_one(codec, given, b"")
        assert not alone.misfits
        assert list(map(b"".join, zip(*parts, strict=True))) == list(alone.parts[0])


def _as_read(json_type, text):
    """JSON as it comes from a row, if rows with it are read at once; else a text, as it might come from CSV."""
    try:
        return msgspec.json.Decoder(json_type, float_hook=Number).decode(text)
    except msgspec.ValidationError:
        return text


def _csv_text(text: str) -> str:
    return json.loads(text) if text[0] == '"' else text


@pytest.mark.parametrize("type_text", TYPES)
@settings(max_examples=25, deadline=None)
@given(st.data())
def test_what_is_shown_of_a_value_is_read_as_the_same_value(type_text, data):
    cql_type = type_of(type_text)
    mapping = mapper({"v": type_text})
    value = data.draw(values_of(cql_type))
    ((sent,),) = values(mapping.map(jsonl(f'{{"v": {value.json}}}')))
    shown = msgspec.json.encode({"v": shown_value(cql_type, sent)})
    ((again,),) = values(mapping.map(jsonl(shown)))
    assert read(cql_type, again) == value.read
