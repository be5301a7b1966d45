"""Whole rows: nulls, what is missing, all that is wrong with a row at once, and rows of unusual form among others."""

from __future__ import annotations

import gc
import json
import re
import struct
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loader.config.sections import FieldMapping
from loader.errors import UsageError
from loader.mapping.cql.codec import MisfitError
from loader.mapping.cql.mapper import CqlMapper, Parameter
from loader.outcomes import Ending
from loader.texts.text_meaning import TextMeaning
from tests.mapping.cql.making import cells, csv, jsonl, mapper, type_of, values


def int_cell(number):
    return struct.pack(">i", number)


COLUMNS = {"id": "int", "name": "text", "at": "timestamp", "ok": "boolean"}


def test_no_rows_are_no_items():
    for rows in (jsonl(), csv("ab")):
        assert mapper({"a": "int"}).map(rows) == ([], [], {}, frozenset(), {})


@pytest.mark.parametrize(("null", "cell"), [("unset", -2), ("null", -1)])
def test_null_is_what_the_config_says_and_absence_is_unset(null, cell):
    mapping = mapper({"id": "int", "a": "int", "b": "text", "c": "list<int>"}, key=["id"], null=null)
    rows = jsonl('{"id":1,"a":null,"b":null,"c":null}', '{"id":2}', '{"id":3,"a":1,"b":"x","c":[]}')
    assert values(mapping.map(rows)) == [
        [int_cell(1), cell, cell, cell],
        [int_cell(2), -2, -2, -2],
        [int_cell(3), int_cell(1), b"x", int_cell(0)],
    ]


@pytest.mark.parametrize(
    ("null_words", "text", "expected"),
    [
        ((), "", [-1, -1, -1]),
        ((), "NULL", None),
        (("NULL",), "NULL", [-1, -1, -1]),
        (("NULL",), "", [b"", -1, b""]),
        (("NULL", ""), "", [-1, -1, -1]),
        (("NULL",), "null", None),
    ],
)
def test_fields_of_csv_are_null_where_they_are_a_null_word_or_empty(null_words, text, expected):
    """With null words of one's own an empty field is a value, where the type knows one."""
    mapping = mapper({"a": "text", "b": "int", "c": "blob"}, nulls=null_words, null="null")
    mapped = mapping.map(csv("abc", [text] * 3, ["x", "1", "0x00"]))
    assert cells(mapped.items[1]) == [b"x", int_cell(1), b"\0"]
    if expected is None:
        assert [each.column for each in mapped.unfit[0].columns] == ["b", "c"]
    else:
        assert cells(mapped.items[0]) == expected


def test_nulls_within_columns_of_every_kind_leave_the_other_values_alone():
    mapping = mapper(COLUMNS)
    rows = [{"id": 1, "name": "x", "at": "1970-01-01T00:00:00Z", "ok": True}, {}, {"id": 2, "name": "", "ok": False}]
    first, second, third = values(mapping.map(jsonl(*map(json.dumps, rows))))
    assert first == [int_cell(1), b"x", bytes(8), b"\x01"]
    assert second == [-2, -2, -2, -2]
    assert third == [int_cell(2), b"", -2, b"\x00"]


@pytest.mark.parametrize("null", ["unset", "null"])
def test_a_row_without_its_whole_key_is_refused(null):
    mapping = mapper({"a": "int", "b": "text", "v": "int"}, key=["a", "b"], null=null)
    for rows in (jsonl('{"v":1,"b":null}', '{"a":1,"b":"x"}'), csv("abv", ["", "", "1"], ["1", "x", ""])):
        mapped = mapping.map(rows)
        assert list(mapped.unfit) == [0]
        cause = mapped.unfit[0]
        assert (cause.error_type, cause.ending) == ("missing_field", Ending.REFUSED)
        assert [each.column for each in cause.columns] == ["a", "b"]
        assert mapped.items[0] == mapped.keys[0] == b""
        assert mapped.keys[1] == b"\0\x04" + int_cell(1) + b"\0" + b"\0\x01x\0"


def test_an_empty_text_is_no_key_alone_and_a_key_among_others():
    assert mapper({"a": "text"}, key=["a"]).map(jsonl('{"a":""}')).unfit[0].columns[0].column == "a"
    assert mapper({"a": "text", "b": "text"}, key=["a", "b"]).map(jsonl('{"a":"","b":""}')).keys == [b"\0\0\0" * 2]


def test_without_a_partition_key_there_are_no_keys():
    assert mapper({"a": "int"}).map(jsonl('{"a":1}', '{"a":2}')).keys == [b"", b""]


def test_a_lone_key_is_its_value():
    assert mapper({"b": "int", "a": "text"}, key=["a"]).map(jsonl('{"a":"é","b":1}')).keys == ["é".encode()]


def test_all_that_is_wrong_with_a_row_is_told_at_once():
    mapping = mapper(COLUMNS | {"tags": "set<int>"}, key=["id"])
    row = {"name": 5, "at": "soon", "ok": "perhaps", "tags": [1, "x"], "more": {"a": 1.50}, "else": None}
    cause = mapping.map(jsonl(json.dumps(row))).unfit[0]
    assert cause.error_type == "extra_field"
    assert [(each.column, each.value) for each in cause.columns] == [
        ("more", '{"a": 1.5}'),
        ("else", "null"),
        ("id", ""),
        ("name", "5"),
        ("at", "soon"),
        ("ok", "perhaps"),
        ("tags", "x"),
    ]
    for each in cause.columns:
        assert f"{each.column}: expected {each.expected}" in cause.message
    assert "mapping.extra" in (cause.hint or "")


def test_all_bad_fields_of_a_csv_row_are_told_at_once():
    mapped = mapper(COLUMNS, key=["id"]).map(csv(COLUMNS, ["1", "x", "", "t"], ["one", "x", "soon", "perhaps"]))
    assert list(mapped.unfit) == [1]
    assert [(each.column, each.value) for each in mapped.unfit[1].columns] == [
        ("id", "one"),
        ("at", "soon"),
        ("ok", "perhaps"),
    ]
    assert mapped.unfit[1].error_type == "bad_value"


def test_long_values_are_cut_where_they_are_told():
    for rows in (jsonl(json.dumps({"id": "x" * 5000})), csv(["id"], ["x" * 5000])):
        assert mapper({"id": "int"}).map(rows).unfit[0].columns[0].value == "x" * 200


def test_extra_columns_of_csv_make_every_row_unfit_unless_they_are_ignored():
    rows = csv(["id", "x"], ["1", "a"], ["2", "b"])
    unfit = mapper({"id": "int"}).map(rows).unfit
    assert [(unfit[at].error_type, unfit[at].columns[0].value) for at in (0, 1)] == [
        ("extra_field", "a"),
        ("extra_field", "b"),
    ]
    assert values(mapper({"id": "int"}, extra="ignore").map(rows)) == [[int_cell(1)], [int_cell(2)]]


def test_of_fields_with_the_same_name_the_last_counts():
    mapping = mapper({"id": "int"})
    assert values(mapping.map(jsonl('{"id":1,"id":2}'))) == [[int_cell(2)]]
    assert list(mapping.map(jsonl('{"id":1,"id":true}')).unfit) == [0]


def test_names_that_no_struct_can_have_are_read_too():
    odd = 'a"b\\c\n'
    mapping = mapper({odd: "int", "plain": "int"}, key=[odd])
    assert values(mapping.map(jsonl(json.dumps({odd: 1, "plain": 2}), json.dumps({odd: 3})))) == [
        [int_cell(1), int_cell(2)],
        [int_cell(3), -2],
    ]


def test_rows_of_unusual_form_among_others_stay_in_their_places():
    mapping = mapper({"id": "int", "b": "text"}, key=["id"])
    rows = jsonl('{"id":1}', '{"ID":2}', '{"id":true}', '{"id":4.0}', '{"Id":5,"b":"x"}', '{"id":6,"c":1}', '{"id":7}')
    for _ in range(2):  # the second time those names are known
        mapped = mapping.map(rows)
        assert sorted(mapped.unfit) == [2, 5]
        assert [cells(item)[:1] for item in mapped.items] == [
            [int_cell(n)] if n not in (3, 6) else [] for n in range(1, 8)
        ]
        assert mapped.keys == [int_cell(n) if n not in (3, 6) else b"" for n in range(1, 8)]


def test_ever_new_names_are_ignored_without_end():
    mapping = mapper({"id": "int"}, extra="ignore")
    for block in range(3):
        rows = jsonl(*(f'{{"id":{n},"x{block}.{n}":[{n}]}}' for n in range(700)))
        assert values(mapping.map(rows)) == [[int_cell(n)] for n in range(700)]


def test_timestamps_stand_at_the_end_of_their_rows():
    parameters = [Parameter("id", type_of("int"), required=True)]
    mapping = CqlMapper(
        parameters, [0], FieldMapping(), TextMeaning(), timestamps=lambda rows: [10 + n for n in rows.ordinals]
    )
    rows = jsonl('{"id":1}', '{"id":"2.0"}', '{"id":"x"}', '{"id":4}')
    mapped = mapping.map(rows)
    assert [cells(item) for item in mapped.items] == [
        [int_cell(1), struct.pack(">q", 10)],
        [int_cell(2), struct.pack(">q", 11)],
        [],
        [int_cell(4), struct.pack(">q", 13)],
    ]
    assert list(mapped.unfit) == [2]


def test_more_rows_than_are_mapped_at_once_stay_in_order():
    parameters = [Parameter("id", type_of("int"), required=True)]
    mapping = CqlMapper(parameters, [0], FieldMapping(), TextMeaning(), timestamps=lambda rows: list(rows.ordinals))
    rows = jsonl(*(f'{{"id":{n}}}' if n % 1000 else '{"id":"x"}' for n in range(5000)))
    mapped = mapping.map(rows)
    assert sorted(mapped.unfit) == [0, 1000, 2000, 3000, 4000]
    expected = [[int_cell(n), struct.pack(">q", n)] if n % 1000 else [] for n in range(5000)]
    assert list(map(cells, mapped.items)) == expected


def test_types_of_mapping_are_read_from_json_and_csv():
    mapping = mapper({"doc": "text", "at": "timestamp"}, types={"doc": "json", "at": "epoch_s"}, null="null")
    assert values(mapping.map(jsonl('{"doc": {"a": [1.50, null]}, "at": 1}', '{"doc": null}', '{"at": null}'))) == [
        [b'{"a": [1.50, null]}', struct.pack(">q", 1000)],
        [-1, -2],
        [-2, -1],
    ]
    mapped = mapping.map(csv(["doc", "at"], ["[1.50]", "1.5"], ["", ""], ["[", "x"]))
    assert [cells(item) for item in mapped.items[:2]] == [[b"[1.50]", struct.pack(">q", 1500)], [-1, -1]]
    assert [each.column for each in mapped.unfit[2].columns] == ["doc", "at"]


def test_several_threads_share_a_mapper():
    """Names are learned on the way, by whoever meets them."""
    mapping = mapper({f"c{n}": "int" for n in range(20)}, extra="ignore")
    found: list[list[list[bytes | int]]] = []

    def work(number):
        for n in range(50):
            name = f"C{(n + number) % 20}"
            found.append(values(mapping.map(jsonl(f'{{"{name}":7,"x{number}{n}":1}}', '{"c0":1}'))))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 200
    assert all(first.count(int_cell(7)) == 1 and second[0] == int_cell(1) for first, second in found)


_CELLS = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(max_size=5)
_NAMES = st.sampled_from(["id", "ID", "Id", "name", "at", "ok", "more"])


@settings(max_examples=150, deadline=None)
@given(st.lists(st.dictionaries(_NAMES, _CELLS, max_size=5), min_size=1, max_size=6))
def test_a_row_is_mapped_alike_whatever_stands_around_it(rows):
    raw = [as_json(row) for row in rows]
    together = mapper(COLUMNS, key=["id"]).map(jsonl(*raw))
    for at, row in enumerate(raw):
        alone = mapper(COLUMNS, key=["id"]).map(jsonl(row))
        assert together.items[at] == alone.items[0]
        assert together.keys[at] == alone.keys[0]
        assert together.unfit.get(at) == alone.unfit.get(0)


def as_json(row):
    return json.dumps({name: None if value in (float("inf"), float("-inf")) else value for name, value in row.items()})


@pytest.mark.parametrize(
    "rows",
    [
        csv("ab", *[["1", "x"] if i % 3 else ["one", "x"] for i in range(100)]),
        jsonl(*['{"a":1,"b":[2]}' if i % 3 else '{"a":"one","b":[2,"two"]}' for i in range(100)]),
    ],
    ids=["csv", "jsonl"],
)
def test_rows_that_do_not_fit_are_freed_as_soon_as_they_are_let_go(rows):
    """The collector of cycles rests during a load: what it alone could free would fill the memory."""
    mapping = mapper({"a": "int", "b": "text" if rows.layout.columns else "list<int>"})
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        assert len(mapping.map(rows).unfit) == 34
        gc.collect()
        assert not [each for each in gc.garbage if isinstance(each, MisfitError)]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()


def test_a_part_of_the_key_that_is_not_there_is_said_to_be_null_or_to_have_no_field():
    mapping = mapper({"id": "int", "c": "text"}, key=["id", "c"])
    absent, null = mapping.map(jsonl('{"c":"x"}', '{"id":1,"c":null}')).unfit.values()
    assert absent.message == "id: expected a value, as it is part of the primary key, found no field for it"
    assert null.message == "c: expected a value, as it is part of the primary key, found null"


def test_an_empty_text_in_a_key_is_shown_the_setting_that_makes_it_one():
    """Where that is so: in a text that is not the whole partition key, and where no words for null are named yet."""
    rows = csv(["id", "c"], ["", ""])
    key = ["id", "c"]
    for columns, nulls, said in (
        ({"id": "text", "c": "text"}, (), ["id", "c"]),
        ({"id": "int", "c": "blob"}, (), ["c"]),
        ({"id": "int", "c": "text"}, ("NULL", ""), []),
    ):
        (cause,) = mapper(columns, key=key, nulls=nulls).map(rows).unfit.values()
        assert [each.column for each in cause.columns if "input.null_words" in each.expected] == said
    assert not mapper({"id": "text", "c": "text"}, key=key, nulls=["NULL"]).map(rows).unfit
    (cause,) = mapper({"id": "text"}, key=["id"]).map(csv(["id"], [""])).unfit.values()
    assert "null_words" not in cause.message


def test_a_field_that_no_column_takes_is_named_in_quotes_where_it_is_odd_with_the_nearest_column():
    mapping = mapper({"id": "int", "note": "text", "Order-Id": "int"})
    for field, said in ((" note", '" note": '), ("notes", "notes: "), ("order id", "order id: ")):
        (cause,) = mapping.map(jsonl(f'{{"id":1,"{field}":2}}')).unfit.values()
        close = "Order-Id" if "order" in field else "note"
        assert (
            cause.message
            == f"{said}expected a field that feeds a column of the table (did you mean {close}?), found '2'"
        )
    (cause,) = mapping.map(jsonl('{"id":1,"xyz":2}')).unfit.values()
    assert cause.message == "xyz: expected a field that feeds a column of the table, found '2'"


def test_what_is_fed_is_what_any_row_has_a_value_for():
    columns = {"a": "int", "b": "text", "c": "set<int>", "d": "int"}
    for rows in (
        jsonl('{"a":1,"b":null,"c":[1]}', '{"a":2}', '{"a":"x","b":null}'),
        csv("abc", ["1", "", "[1]"], ["2", "", ""]),
    ):
        assert mapper(columns, extra="ignore").map(rows).fed == {0, 2}
    assert mapper(columns).map(jsonl('{"b":"x"}', '{"zzz":1}')).fed == {1}


@pytest.mark.parametrize("null_words", [(), ("NULL",)])
def test_a_field_that_a_row_does_not_have_is_null_in_every_column(null_words):
    mapping = mapper({"a": "text", "b": "int", "c": "blob", "d": "list<int>"}, nulls=null_words, null="null")
    rows = csv("abcd", ["x", "1", "0x01", "[1]"], ["x", None, None, None], [None, "2", None, "[]"])
    assert [[cell == -1 for cell in row] for row in values(mapping.map(rows))] == [
        [False] * 4,
        [False, True, True, True],
        [True, False, True, False],
    ]


def meaning_mapper(columns, null="null", **meaning):
    parameters = [Parameter(name, type_of(text), required=False) for name, text in columns.items()]
    return CqlMapper(parameters, (), FieldMapping(null=null), TextMeaning(**meaning))


@pytest.mark.parametrize(
    ("meaning", "expected"),
    [
        ({}, [-1, -1, -1]),
        ({"empty": "text"}, [b"", -1, b""]),
        ({"empty": "null", "null_words": ("NULL",)}, [-1, -1, -1]),
        ({"empty": "auto", "null_words": ("NULL",)}, [b"", -1, b""]),
    ],
)
def test_an_empty_field_of_csv_is_what_the_config_says(meaning, expected):
    mapping = meaning_mapper({"a": "text", "b": "int", "c": "blob"}, **meaning)
    assert cells(mapping.map(csv("abc", [""] * 3)).items[0]) == expected


@pytest.mark.parametrize(
    ("meaning", "text", "expected"),
    [
        ({}, "", {"b", "d"}),
        ({"empty": "text"}, "", [b"", -1, b"", -1]),
        ({"empty": "null"}, "", [b"", -1, -1, -1]),
        ({"null_words": ("NULL",)}, "NULL", [b"NULL", -1, -1, -1]),
        ({"null_words": ("NULL",)}, "", {"b", "d"}),
        ({"null_words": ("",)}, "", [b"", -1, -1, -1]),
    ],
)
@pytest.mark.parametrize("odd", ["", ', "b": 1'])  # a row of the usual form, and one of another
def test_words_and_empty_texts_of_json_are_null_where_a_column_holds_no_text(meaning, text, expected, odd):
    mapping = meaning_mapper({"a": "text", "b": "int", "c": "blob", "d": "list<int>"}, **meaning)
    rows = jsonl(f'{{"a": "{text}"{odd}, "b": "{text}", "c": "{text}", "d": "{text}"}}', '{"a": "x", "b": 1, "d": [1]}')
    mapped = mapping.map(rows)
    assert cells(mapped.items[1])[:2] == [b"x", int_cell(1)]
    if isinstance(expected, set):
        assert {each.column for each in mapped.unfit[0].columns} == expected
    else:
        assert cells(mapped.items[0]) == expected


@pytest.mark.parametrize(
    "rows", [csv("abcd", ["1.234", "1.234,5", "-0,5", "x"]), jsonl('{"a":"1.234","b":"1.234,5","c":"-0,5","d":"x"}')]
)
def test_numbers_of_texts_are_read_as_they_are_spelled(rows):
    columns = {"a": "int", "b": "decimal", "c": "double", "d": "text"}
    mapping = meaning_mapper(columns, decimal=",", thousands=".")
    usual = meaning_mapper(columns)
    assert mapping.map(rows).items == usual.map(csv("abcd", ["1234", "1234.5", "-0.5", "x"])).items


def test_a_number_that_is_spelled_as_usual_is_none_where_it_would_be_another():
    mapping = meaning_mapper({"a": "double", "b": "int"}, decimal=",", thousands=".")
    for rows in (csv("ab", ["1.5", "1"]), csv("ab", ["1.5", "1"], ["2,5", "2"])):
        assert "in a text with ',' before the fraction and '.' between thousands" in mapping.map(rows).unfit[0].message
    assert values(mapping.map(jsonl('{"a":1.5,"b":1}'))) == [[struct.pack(">d", 1.5), int_cell(1)]]


def millis(cell: bytes) -> int:
    return struct.unpack(">q", cell)[0]


@pytest.mark.parametrize(
    ("text", "zone", "utc"),
    [
        ("2024-07-01 12:00:00", "Europe/Berlin", "2024-07-01 10:00:00+0000"),
        ("2024-01-01T12:00", "Europe/Berlin", "2024-01-01 11:00:00+0000"),
        ("2024-07-01", "Europe/Berlin", "2024-06-30 22:00:00+0000"),
        ("2024-07-01 12:00:00Z", "Europe/Berlin", "2024-07-01 12:00:00+0000"),
        ("2024-07-01 12:00:00+05:00", "Europe/Berlin", "2024-07-01 07:00:00+0000"),
        ("2024-07-01 12:00:00", "-03:30", "2024-07-01 15:30:00+0000"),
        ("2024-07-01 12:00:00", "UTC", "2024-07-01 12:00:00+0000"),
        ("2024-10-27 02:30:00", "Europe/Berlin", "2024-10-27 00:30:00+0000"),  # shown twice: the first
        ("2024-03-31 02:30:00", "Europe/Berlin", "2024-03-31 01:30:00+0000"),  # not shown: an hour later
    ],
)
def test_times_without_a_zone_are_of_the_zone_that_is_named(text, zone, utc):
    mapping, plain = meaning_mapper({"a": "timestamp"}, time_zone=zone), meaning_mapper({"a": "timestamp"})
    expected = plain.map(csv("a", [utc])).items
    for rows in (csv("a", [text]), csv("a", [text], ["2000-01-01T00:00:00Z"]), jsonl(f'{{"a": "{text}"}}')):
        assert mapping.map(rows).items[0] == expected[0]


def test_a_pattern_without_a_zone_is_of_the_zone_that_is_named():
    parameters = [Parameter("a", type_of("timestamp"), required=False)]
    settings = FieldMapping(types={"a": ("%d.%m.%Y %H:%M", "%m/%d/%Y %H:%M %z")})
    mapping = CqlMapper(parameters, (), settings, TextMeaning(time_zone="+02:00"))
    items = mapping.map(csv("a", ["29.02.2024 12:00"], ["02/29/2024 12:00 +0100"], ["2024-02-29"]))
    usual = meaning_mapper({"a": "timestamp"}).map(csv("a", ["2024-02-29T10:00Z"], ["2024-02-29T11:00Z"])).items
    assert items.items[:2] == usual
    assert "a time like %d.%m.%Y %H:%M or %m/%d/%Y %H:%M %z" in items.unfit[2].message


def test_several_patterns_are_tried_in_order():
    mapping = mapper({"d": "date", "t": "time"}, types={"d": ("%d.%m.%Y", "%Y-%m-%d"), "t": ("%H:%M", "%I %p")})
    first, second = values(mapping.map(csv("dt", ["29.02.2024", "13:00"], ["2024-02-29", "1 PM"])))
    assert first == second


def test_each_of_several_patterns_must_say_a_year_where_one_is_needed():
    with pytest.raises(UsageError, match=re.escape('"%d.%m." says no year, and d needs one')):
        mapper({"d": "date"}, types={"d": ("%d.%m.%Y", "%d.%m.")})
