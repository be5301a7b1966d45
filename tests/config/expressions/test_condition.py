"""Conditions: what can be read, and what is said of what cannot."""

from __future__ import annotations

from decimal import Decimal

import pytest

from loader.config.expressions.condition import PresenceTest, ValueTest, condition_of
from loader.config.expressions.field_path import FieldPath, path_of
from loader.config.values import RefusedError

STATUS = FieldPath.of_field("status")
QUOTED = FieldPath('order-id."first.name"', ("order-id", "first.name"))


@pytest.mark.parametrize(
    ("text", "tests"),
    [
        ("", ()),
        ('status = "paid"', (ValueTest(STATUS, "=", "paid"),)),
        ("status='paid'", (ValueTest(STATUS, "=", "paid"),)),
        (r'status != "\u00fc\""', (ValueTest(STATUS, "!=", 'ü"'),)),
        ("status < -1.50", (ValueTest(STATUS, "<", Decimal("-1.50")),)),
        ("status >= 18446744073709551617", (ValueTest(STATUS, ">=", 2**64 + 1),)),
        ("status = TRUE AND status != null", (ValueTest(STATUS, "=", True), ValueTest(STATUS, "!=", None))),
        ("status and not status", (PresenceTest(STATUS, wanted=True), PresenceTest(STATUS, wanted=False))),
        ('"and" = 1', (ValueTest(FieldPath.of_field("and"), "=", 1),)),
        ("a.b[2].c", (PresenceTest(FieldPath("a.b[2].c", ("a", "b", 2, "c")), wanted=True),)),
        (
            'order-id."first.name"',
            (PresenceTest(QUOTED, wanted=True),),
        ),
    ],
)
def test_what_can_be_read(text, tests):
    assert condition_of(text) == tests


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("status == 1", 'expected "=" instead of "==" at character 8'),
        ("status <> 1", 'expected "!=" instead of "<>" at character 8'),
        ("!status", "expected the name of a field (in quotes, if it is no plain word) at character 1"),
        ("status = paid", "expected a text in quotes, a number, true, false or null at character 10"),
        ("status =", "expected a text in quotes, a number, true, false or null at its end"),
        ("status > true", "expected a text in quotes or a number, as nothing else has an order, at character 10"),
        ("a or b", 'expected "and", as nothing else joins two tests (there is no "or"), at character 3'),
        ("a && b", 'expected "and" instead of "&&" at character 3'),
        ("a and", "expected the name of a field (in quotes, if it is no plain word) at its end"),
        ("a = 'x", "expected a closing quote for the one at character 5"),
        (r'a = "\x"', "expected escapes as JSON has them in the text at character 5"),
        ("a ; b", "expected another character at character 3"),
        ("a[b] = 1", "expected a place in a list, counted from 0, at character 3"),
        ("a[1 = 1", 'expected "]" at character 5'),
        ("a = 1x", "expected another character at character 5"),
    ],
)
def test_what_cannot_be_read_is_refused_at_its_place(text, message):
    with pytest.raises(RefusedError) as refused:
        condition_of(text)
    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("city", ("city",)),
        ("user.address[0].city", ("user", "address", 0, "city")),
        ("first name.x", ("first name", "x")),
        ('user."a.b"', ("user", "a.b")),
        ("a[0][1]", ("a", 0, 1)),
        ("price (EUR)", ("price (EUR)",)),
        *((odd, (odd,)) for odd in ("a.", ".a", "a..b", "[0]", "x[-1]", "x[a]", "a[0]b", "")),
    ],
)
def test_the_name_of_a_field_is_a_path_where_it_can_be_one(text, steps):
    assert path_of(text) == FieldPath(text, steps)
