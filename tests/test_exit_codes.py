from __future__ import annotations

import itertools

import pytest

from loader.exit_codes import MEANINGS, ExitCode, gravest


def test_the_codes_are_those_that_scripts_rely_on():
    assert [int(code) for code in ExitCode] == [0, 1, 2, 3, 4, 5, 130]


def test_every_code_has_a_meaning_for_the_help():
    assert set(MEANINGS) == set(ExitCode)
    assert all(meaning and "\n" not in meaning for meaning in MEANINGS.values())


ORDER = [ExitCode(code) for code in (5, 130, 4, 3, 1, 0)]


@pytest.mark.parametrize(("graver", "lighter"), list(itertools.combinations(ORDER, 2)))
def test_of_several_codes_the_graver_stands_for_all(graver, lighter):
    assert gravest([lighter, graver]) is graver
    assert gravest([graver, lighter, ExitCode.OK]) is graver


def test_where_nothing_happened_nothing_went_wrong():
    assert gravest([]) is ExitCode.OK
