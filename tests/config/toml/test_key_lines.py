"""The line of each key of a TOML text."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loader.config.toml.key_lines import KeyLines
from loader.config.values import toml, toml_key

TEXT = '''\
# [comment]
top = 1
[input]  # a comment = with [brackets]
format = "csv"
columns = [
  "a", # ]
  "b",
]
"quoted = key" = """
[not.a.header]
also = "not a key\\"""""
'literal' = \'\'\'
x = 1
\'\'\'
[target.a]
url = 'http://x/#[y]'
auth.bearer = "x"
headers = { X = "]", "Y" = "}" }
[ target . "b c" ]
url = "x"
[[many]]
one = 1.5
[[many]]
two = 2020-01-01T00:00:00Z
[last]'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("top",), 2),
        (("input",), 3),
        (("input", "format"), 4),
        (("input", "columns"), 5),
        (("input", "quoted = key"), 9),
        (("input", "literal"), 12),
        (("target",), 15),
        (("target", "a"), 15),
        (("target", "a", "url"), 16),
        (("target", "a", "auth"), 17),
        (("target", "a", "auth", "bearer"), 17),
        (("target", "a", "headers", "Y"), 18),
        (("target", "b c", "url"), 20),
        (("many",), 21),
        (("many", "one"), 22),
        (("many", "two"), 24),
        (("last",), 25),
        (("input", "absent"), 3),
        (("absent",), None),
        (("also",), None),
        (("x",), None),
    ],
)
def test_keys_are_found_on_their_line(path, line):
    tomllib.loads(TEXT)  # the sample itself is valid
    assert KeyLines(TEXT).of(path) == line


def test_line_ends_of_windows_count_once():
    assert KeyLines("a = 1\r\n\r\n[b]\r\nc = 2\r\n").of(("b", "c")) == 4


STRINGS = st.text(alphabet=st.sampled_from("ab=[]{}#.,'\"\\\n x"), max_size=8)


@given(st.dictionaries(STRINGS, st.lists(STRINGS, max_size=2), max_size=6))
def test_any_names_and_texts_leave_the_lines_right(table):
    lines = [f"{toml_key(name)} = {toml(value)}" for name, value in table.items()]
    found = KeyLines("\n".join(["[section]", *lines]))
    assert [found.of(("section", name)) for name in table] == list(range(2, len(table) + 2))


@given(STRINGS, st.sampled_from(['"""', "'''"]))
def test_texts_of_several_lines_hide_what_looks_like_keys(content, quotes):
    text = f"a = {quotes}{content}{quotes}\nb = 1\n"
    try:
        value = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    if value.keys() == {"a", "b"}:
        assert KeyLines(text).of(("b",)) == text.count("\n")
