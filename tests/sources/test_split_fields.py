"""Records without quotes are split when they are looked at, into what csv.reader reads, whatever is done with them."""

from __future__ import annotations

import csv
from itertools import compress
from operator import itemgetter

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from loader.config.sections import FieldMapping, InputSettings
from loader.contents import SplitFields, TextColumns
from loader.mapping.json_rows import JsonMapper
from loader.sources import chunks, parser_for
from loader.texts.text_meaning import TextMeaning
from tests.sources.reading import PiecewiseInput, source_of

NAMES = ("a", "per cent %", 'quote "', "ü")
FIELD = st.text(st.characters(exclude_characters='\0\r\n"', exclude_categories=["Cs"]), max_size=6)
RECORDS = st.lists(st.lists(FIELD, min_size=4, max_size=4), min_size=1, max_size=8)


def parsed(records, delimiter: str, fmt: str):
    data = "".join(delimiter.join(fields) + "\n" for fields in records).encode()
    source = source_of(fmt, NAMES)
    (chunk,) = chunks([PiecewiseInput(data, [len(data)], source)], max_wait=1.0)
    return data, parser_for(source, InputSettings()).parse(chunk)


def clean(records, delimiter: str) -> list[list[str]]:
    return [[field.replace(delimiter, "") or "x" for field in fields] for fields in records]


@given(RECORDS, st.sampled_from([("csv", ","), ("tsv", "\t")]))
def test_fields_are_those_of_csv_reader(records, form):
    fmt, delimiter = form
    data, found = parsed(clean(records, delimiter), delimiter, fmt)
    judge = list(csv.reader(data.decode().split("\n")[:-1], delimiter=delimiter, strict=True))
    (group,) = found.groups
    content = group.rows.content
    assert isinstance(content.fields, SplitFields)
    assert list(map(list, content.fields)) == judge
    assert [list(content.fields[i]) for i in range(len(judge))] == judge
    assert not found.bad


@given(RECORDS, st.sampled_from([("csv", ","), ("tsv", "\t")]))
def test_their_json_is_that_of_the_same_texts(records, form):
    fmt, delimiter = form
    rows = clean(records, delimiter)
    _, found = parsed(rows, delimiter, fmt)
    mapped = JsonMapper(FieldMapping(), TextMeaning()).map(found.groups[0].rows)
    assert mapped.items == [msgspec.json.encode(dict(zip(NAMES, fields, strict=True))) for fields in rows]
    assert not mapped.unfit


@given(st.lists(RECORDS, min_size=1, max_size=3), st.data())
def test_some_of_them_and_several_together_are_the_same_rows(parts, data):
    columns = [
        content for part in parts for content in [parsed(clean(part, ","), ",", "csv")[1].groups[0].rows.content]
    ]
    joined = columns[0].join(columns)
    every = [fields for each in columns for fields in each.fields]
    assert list(joined.fields) == every
    start, stop = sorted(data.draw(st.tuples(st.integers(0, len(every)), st.integers(0, len(every)))))
    chosen = data.draw(st.lists(st.booleans(), min_size=len(every), max_size=len(every)))
    assert list(joined.pick(itemgetter(slice(start, stop))).fields) == every[start:stop]
    assert list(joined.pick(lambda column: list(compress(column, chosen))).fields) == list(compress(every, chosen))


def test_split_fields_and_others_together_are_fields():
    split = TextColumns(("a", "b"), [b"1,2"], SplitFields([b"1,2"], b","))
    other = TextColumns(("a", "b"), [b'"1",3'], [["1", "3"]])
    assert list(map(list, split.join([split, other]).fields)) == [["1", "2"], ["1", "3"]]
    by_semicolons = TextColumns(("a", "b"), [b"4;5"], SplitFields([b"4;5"], b";"))
    assert list(map(list, split.join([split, by_semicolons]).fields)) == [["1", "2"], ["4", "5"]]
