from __future__ import annotations

import json
import subprocess
import unicodedata

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loader.report.safe_text import command_line, safe, safe_json

ANY_TEXT = st.text(st.characters(codec=None), max_size=300)  # lone surrogates too
UNSAFE = [*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)]


def is_harmless(text: str) -> bool:
    return not any(ord(c) in UNSAFE or unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in text)


@given(ANY_TEXT, st.integers(1, 50))
def test_shown_text_is_one_bounded_line_without_controls(text, limit):
    shown = safe(text, limit)
    assert is_harmless(shown)
    assert len(shown) <= limit
    shown.encode()


@given(st.sampled_from([chr(code) for code in UNSAFE]))
def test_every_unsafe_character_is_shown_as_an_escape(character):
    assert safe(f"<{character}>").startswith("<\\")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, ünïcödé, 日本語 🙂", "plain, ünïcödé, 日本語 🙂"),
        ("a\nb\tc\rd", "a\\nb\\tc\\rd"),
        ("\x1b[31m", "\\x1b[31m"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("\udcff", "\\udcff"),
        ("\U000e0041", "\\U000e0041"),
        ("[bold]x[/]", "[bold]x[/]"),
    ],
)
def test_what_is_harmless_stays_and_the_rest_is_escaped(text, shown):
    assert safe(text) == shown


def test_a_long_text_says_that_it_was_cut():
    assert safe("x" * 11, 10) == "x" * 9 + "…"
    assert safe("x" * 10, 10) == "x" * 10


@given(ANY_TEXT)
def test_json_shows_no_controls_and_every_parser_reads_it(text):
    encoded = safe_json({"text": text})
    assert is_harmless(encoded.decode())
    read = msgspec.json.decode(encoded)["text"]
    assert read == json.loads(encoded)["text"]
    assert read == text.encode("utf-8", "backslashreplace").decode()


@given(st.lists(st.binary(max_size=20).filter(lambda b: b"\0" not in b), min_size=1, max_size=4))
def test_a_shown_command_is_one_harmless_line(arguments):
    assert is_harmless(command_line([argument.decode("utf-8", "surrogateescape") for argument in arguments]))


def test_the_shell_understands_a_shown_command_as_it_was_meant():
    arguments = [
        "a b",
        "it's",
        "$HOME",
        "",
        "new\nline",
        "\x1b[31m'\\",
        b"\xff.jsonl".decode("utf-8", "surrogateescape"),
    ]
    shown = command_line(["printf", "%s\\0", *arguments])
    out = subprocess.run(["bash", "-c", shown], capture_output=True, check=True).stdout
    assert out == b"".join(argument.encode("utf-8", "surrogateescape") + b"\0" for argument in arguments)
