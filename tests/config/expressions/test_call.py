"""Calls of functions: what can be read, and what is said of what cannot."""

from __future__ import annotations

import pytest

from loader.config.expressions.call import SIGNATURES, Call, call_of
from loader.config.expressions.field_path import FieldPath
from loader.config.values import RefusedError
from loader.mapping.reshaping.functions import FUNCTIONS

EMAIL = FieldPath.of_field("email")


@pytest.mark.parametrize(
    ("text", "call"),
    [
        ("lower(email)", Call("lower", (EMAIL,))),
        (" lower ( trim(email) ) ", Call("lower", (Call("trim", (EMAIL,)),))),
        ("uuid()", Call("uuid", ())),
        ("concat(email, ' ', a.b[0], 7)", Call("concat", (EMAIL, " ", FieldPath("a.b[0]", ("a", "b", 0)), 7))),
        ("upper(field('order id'))", Call("upper", (FieldPath.of_field("order id"),))),
        ("lower(lower)", Call("lower", (FieldPath.of_field("lower"),))),
        ("split(email, '@', 1)", Call("split", (EMAIL, "@", 1))),
    ],
)
def test_what_can_be_read(text, call):
    assert call_of(text) == call


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("email", "expected a call of a function, like lower(email) or concat(first, ' ', last)"),
        ("'x'", "expected a call of a function"),
        ("lowr(email)", "expected one of the functions lower, upper, trim,"),
        ("lower(email", 'expected "," or ")" at its end'),
        ("lower(email trim)", 'expected "," or ")" at character 13'),
        ("lower(email,)", "expected a function, a field, or a text in quotes at character 13"),
        ("lower()", "expected one argument in lower(...) at character 1"),
        ("lower(a, b)", "expected one argument in lower(...) at character 1"),
        ("concat(lower())", "expected one argument in lower(...) at character 8"),
        ("now(email)", "expected no argument in now(...) at character 1"),
        ("concat()", "expected at least one argument in concat(...) at character 1"),
        ("split(email)", "expected 2 or 3 arguments in split(...) at character 1"),
        ("split(email, b)", "expected a text in quotes as argument 2 of split(...) at character 1"),
        ("split(email, '')", "expected a text in quotes as argument 2 of split(...) at character 1"),
        (
            "split(email, ',', -1)",
            "expected a whole number, counted from 0, as argument 3 of split(...)",
        ),
        ("concat(1.5)", "expected a whole number at character 8"),
        ("upper(field(a))", "expected the name of a field in quotes in field(...) at character 7"),
        ("lower(email) x", "expected nothing more at character 14"),
    ],
)
def test_what_cannot_be_read_is_refused(text, message):
    with pytest.raises(RefusedError) as refused:
        call_of(text)
    assert str(refused.value).startswith(message)


def test_a_function_that_is_not_there_is_refused_with_the_nearest():
    with pytest.raises(RefusedError) as refused:
        call_of("lower(uper(email))")
    assert [each.nearest for each in refused.value.refusals] == ["upper"]


def test_every_function_that_can_be_called_is_there():
    assert {*FUNCTIONS, "uuid", "timeuuid", "now"} == set(SIGNATURES)
