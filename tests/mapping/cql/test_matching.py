"""Which field feeds which parameter."""

from __future__ import annotations

from typing import Any

import pytest

from loader.config.sections import FieldMapping
from loader.errors import UsageError
from loader.mapping.cql.mapper import CqlMapper, Parameter
from loader.mapping.cql.matching import Binding
from loader.texts.text_meaning import TextMeaning
from tests.mapping.cql.making import csv, jsonl, mapper, type_of, values

ONE, TWO = b"\0\0\0\x01", b"\0\0\0\x02"


def fed(columns, header, **settings):
    """What each column gets of a row whose fields hold 1, 2, ..., from CSV and from JSON alike."""
    mapping = mapper(dict.fromkeys(columns, "int"), **settings)
    rows = csv(header, [str(at + 1) for at, _ in enumerate(header)])
    (found,) = values(mapping.map(rows))
    names = ", ".join(f'"{name}": {at + 1}' for at, name in enumerate(header))
    assert values(mapping.map(jsonl(f"{{{names}}}"))) == [found]
    return [value if isinstance(value, int) else int.from_bytes(value) for value in found]


@pytest.mark.parametrize(
    ("columns", "header", "settings", "expected"),
    [
        ("ab", "ba", {}, [2, 1]),
        (["id"], ["ID"], {}, [1]),
        (["Straße"], ["STRASSE"], {}, [1]),
        (["id", "ID"], ["ID", "id"], {}, [2, 1]),
        (["Order-Id"], ["order-id"], {}, [1]),
        (["b"], ["a"], {"fields": {"a": "b"}}, [1]),
        (["Order-Id"], ["a"], {"fields": {"a": '"Order-Id"'}}, [1]),
        (['"x"'], ["a"], {"fields": {"a": '"x"'}}, [1]),
        ("ab", "ab", {"fields": {"a": "b", "b": "a"}}, [2, 1]),
        (["id"], ["id", "ID"], {"extra": "ignore"}, [1]),
        (["id", "ID"], ["Id"], {"extra": "ignore"}, [-2, -2]),
        (["a"], ["a", "b"], {"extra": "ignore"}, [1]),
        (["a"], ["x", "a"], {"extra": "ignore", "fields": {"x": "gone"}}, [2]),
        (["a", "b"], ["a"], {}, [1, -2]),
    ],
)
def test_fields_feed_columns_by_mapping_by_name_and_else_in_any_case(columns, header, settings, expected):
    assert fed(columns, header, **settings) == expected


@pytest.mark.parametrize(
    ("columns", "header", "settings", "column"),
    [
        (["id"], ["ID", "Id"], {}, "id"),
        (["id"], ["a", "id"], {"fields": {"a": "id"}}, "id"),
    ],
)
def test_two_fields_that_feed_one_column_are_an_error(columns, header, settings, column):
    mapping = mapper(dict.fromkeys(columns, "int"), key=columns, **settings)
    names = ", ".join(f'"{name}": 1' for name in header)
    for rows in (csv(header, ["1", "1"]), jsonl(f"{{{names}}}")):
        cause = mapping.map(rows).unfit[0]
        assert cause.error_type == "bad_value"
        assert [(each.column, each.value) for each in cause.columns] == [(column, ", ".join(header))]
    assert mapping.binding(header).clashing == {column: tuple(header)}


def test_a_field_of_another_case_is_extra_where_one_has_the_very_name():
    mapping = mapper({"id": "int"}, key=["id"])
    for rows in (csv(["id", "ID"], ["1", "2"]), jsonl('{"id":1,"ID":2}')):
        cause = mapping.map(rows).unfit[0]
        assert (cause.error_type, cause.columns[0].column, cause.columns[0].value) == ("extra_field", "ID", "2")


def test_a_header_tells_what_it_feeds():
    mapping = mapper({"id": "int", "b": "int", "c": "int", "d": "int"}, key=["id", "b"], fields={"x": "c"})
    assert mapping.binding(["ID", "x", "y"]) == Binding({"ID": "id", "x": "c"}, ("y",), ("b",), {})


def test_a_field_may_feed_a_column_and_a_parameter_of_the_statement():
    parameters = [
        Parameter("id", type_of("int"), required=True),
        Parameter("ttl", type_of("int"), required=False),
        Parameter("[ttl]", type_of("int"), required=False, field="ttl"),
        Parameter("[timestamp]", type_of("write timestamp"), required=False, field="at"),
    ]
    mapping = CqlMapper(parameters, [0], FieldMapping(timestamp="at", ttl="ttl"), TextMeaning())
    expected = [[ONE, TWO, TWO, b"\0" * 7 + b"\x03"]]
    assert values(mapping.map(jsonl('{"id":1,"ttl":2,"at":3}'))) == expected
    iso = "1970-01-01T00:00:00.000003Z"
    assert values(mapping.map(csv(["at", "ttl", "id"], [iso, "2", "1"]))) == expected
    assert values(mapping.map(jsonl('{"id":1}'))) == [[ONE, -2, -2, -2]]
    assert mapping.binding(["id", "ttl", "at", "[ttl]"]) == Binding(
        {"id": "id", "ttl": "ttl", "at": "[timestamp]"}, ("[ttl]",), (), {}
    )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"fields": {"a": "idd"}}, 'mapping.fields.a: there is no column "idd"; did you mean id?'),
        ({"fields": {"a": "zzz"}}, 'mapping.fields.a: there is no column "zzz"; there are id, at, tags'),
        ({"types": {"att": "epoch_s"}}, "mapping.types.att is for no column of the table; did you mean at?"),
        (
            {"types": {"id": "epoch_s"}},
            'mapping.types.id: "epoch_s" does not fit the column id, which is int; expected integer, number',
        ),
        ({"types": {"at": "hex"}}, "which is timestamp; expected epoch_s, epoch_ms, epoch_us, epoch_ns, a pattern"),
        ({"types": {"at": "%d.%m. %H:%M"}}, 'mapping.types.at: "%d.%m. %H:%M" says no year, and at needs one'),
        ({"types": {"when": "hex"}, "fields": {"when": "at"}}, 'mapping.types.when: "hex" does not fit the column at'),
        ({"types": {"tags": "%d"}}, "which is list<blob>; expected json, hex, base64"),
        ({"types": {"u": "string"}}, "which is uuid; such a column takes no type"),
    ],
)
def test_a_mapping_that_does_not_go_with_the_table_is_refused_at_the_start(settings, message):
    with pytest.raises(UsageError) as error:
        mapper({"id": "int", "at": "timestamp", "tags": "list<blob>", "u": "uuid"}, **settings)
    assert message in str(error.value)


def test_types_hold_for_what_is_in_a_collection():
    mapping = mapper({"v": "map<timestamp, frozen<list<blob>>>", "w": "list<text>"}, types={"v": "hex", "W": "json"})
    (found,) = values(mapping.map(jsonl('{"v":{"1970-01-01":["ff"]},"w":["x"]}')))
    assert found[0].endswith(b"\0\0\0\x01\xff")
    assert found[1].endswith(b"\0\0\0\x01x")


def test_a_table_without_the_columns_of_a_shared_config_is_loaded_if_extra_fields_are_ignored():
    settings: dict[str, Any] = {"extra": "ignore", "fields": {"a": "zzz"}, "types": {"at": "epoch_s"}}
    assert values(mapper({"id": "int"}, **settings).map(jsonl('{"id":1,"at":5,"a":2}'))) == [[ONE]]
