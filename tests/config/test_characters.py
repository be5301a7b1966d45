"""One character as a key: typed in any of the ways that people and shells have for it."""

from __future__ import annotations

import shlex

import pytest

from loader.config.characters import AUTO, comment, delimiter, quote, spelled
from loader.config.values import RefusedError


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (";", ";"),
        ("|", "|"),
        ("\t", "\t"),
        (r"\t", "\t"),
        ("tab", "\t"),
        ("TAB", "\t"),
        ("comma", ","),
        ("semicolon", ";"),
        ("pipe", "|"),
        ("space", " "),
        (" ", " "),
        ("colon", ":"),
        ("t", "t"),
        (r"\x01", "\x01"),
        (r"\x7C", "|"),
        ("\\", "\\"),
        ("auto", AUTO),
        ("||", "||"),
        ("~|~", "~|~"),
        (", ", ", "),
        ("<SEP>", "<SEP>"),
        (r"\x01\x02", "\x01\x02"),
        (r"\t|\t", "\t|\t"),
        ("§", "§"),
    ],
)
def test_a_delimiter_is_a_character_its_name_or_its_code(typed, meant):
    assert meant == delimiter().parse(typed)


@pytest.mark.parametrize(
    "typed", ["", "ab", "a1", "\n", "|\n", r"\n", r"|\n", r"\\", r"\x0a", r"\x00", r"\x80", "\ud800", "|" * 17, 1, None]
)
def test_what_is_no_delimiter_is_refused_with_what_is(typed):
    with pytest.raises(RefusedError, match="a character other than CR, LF and NUL, or up to 16"):
        delimiter().parse(typed)


def test_a_misspelt_name_has_its_nearest():
    with pytest.raises(RefusedError) as refused:
        delimiter().parse("semi-colon")
    assert refused.value.refusals[0].nearest == "semicolon"


def test_a_quote_is_a_printable_character_or_none():
    assert list(map(quote().parse, ["'", "", "none"])) == ["'", "", ""]
    with pytest.raises(RefusedError, match="one printable ASCII character"):
        quote().parse("tab")


def test_comments_begin_with_printable_characters_or_there_are_none():
    assert list(map(comment().parse, ["#", "--", "", "none"])) == ["#", "--", "", ""]
    with pytest.raises(RefusedError, match="up to 8 printable ASCII characters"):
        comment().parse("# ")


@pytest.mark.parametrize("several", ["||", "\t|\t", "a'b", "|\\|", "§ §", "\x01\x02"])
def test_several_characters_are_suggested_so_that_they_can_be_typed(several):
    (word,) = shlex.split(spelled(several))
    assert several == delimiter().parse(word)


@pytest.mark.parametrize("character", [chr(code) for code in range(1, 128) if chr(code) not in "\r\n"])
def test_what_is_suggested_can_be_typed_as_it_stands(character):
    (word,) = shlex.split(spelled(character))
    assert character == delimiter().parse(word)
    assert spelled(character).isprintable()
