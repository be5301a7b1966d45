"""What the answer to a lightweight transaction means for its row."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from cassandra.cqltypes import BooleanType, Int32Type, UTF8Type

from loader.targets.cassandra.conditional import judge

UNSET = b"\xff\xff\xff\xfe"
NULL = b"\xff\xff\xff\xff"


def cell(value: bytes) -> bytes:
    return len(value).to_bytes(4, "big") + value


def answer(applied: bool, **columns: object) -> SimpleNamespace:
    kinds = {"id": Int32Type, "name": UTF8Type, "city": UTF8Type}
    return SimpleNamespace(
        column_names=["[applied]", *columns],
        column_types=[BooleanType, *(kinds[name] for name in columns)],
        parsed_rows=[(applied, *columns.values())],
    )


ONE = cell(b"\0\0\0\x01")
ROW = ONE + cell(b"Ada") + UNSET


def test_what_was_applied_is_delivered():
    assert judge(answer(True), ("id", "name", "city"), ROW) is None


def test_a_row_that_stands_there_with_our_values_is_delivered():
    """So that a repetition of what arrived before is no error."""
    assert judge(answer(False, id=1, name="Ada", city="London"), ("id", "name", "city"), ROW) is None


@pytest.mark.parametrize(
    "found", [{"id": 1, "name": "Eve", "city": None}, {"id": 1, "name": None, "city": None}, {"id": 1}, {}]
)
def test_another_row_or_one_that_is_not_told_in_full_rejects_ours(found):
    cause = judge(answer(False, **found), ("id", "name", "city"), ROW)
    assert cause is not None
    assert cause.error_type == "cql_not_applied"


def test_the_row_that_stood_there_is_told():
    cause = judge(answer(False, id=1, name="Eve"), ("id", "name"), ONE + cell(b"Ada"))
    assert cause is not None
    assert "id: 1, name: 'Eve'" in cause.message


def test_null_must_be_null_there():
    assert judge(answer(False, id=1, name=None), ("id", "name"), ONE + NULL) is None
    assert judge(answer(False, id=1, name="x"), ("id", "name"), ONE + NULL) is not None
