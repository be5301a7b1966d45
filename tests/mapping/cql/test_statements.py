"""CQL text -> statements."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loader.mapping.cql.statements import WriteStatement, split_statements
from loader.mapping.cql.tokens import CqlSyntaxError


def split(text: str) -> list[str]:
    return [statement.text for statement in split_statements(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" ;; ; -- nothing\n", []),
        ("USE a; USE b", ["USE a", "USE b"]),
        ("INSERT 'a;b''c;';X", ["INSERT 'a;b''c;'", "X"]),
        ('SELECT "a;""b";X', ['SELECT "a;""b"', "X"]),
        ("FUNCTION $$ return ';'; $$;X", ["FUNCTION $$ return ';'; $$", "X"]),
        ("A -- ; '\n B; X", ["A -- ; '\n B", "X"]),
        ('A // ; "\n B; X', ['A // ; "\n B', "X"]),
        ("A /* ; ' */ B; X", ["A /* ; ' */ B", "X"]),
        ("-- first\nA; -- between\nX -- last", ["A", "X"]),
        ("A '--' B; X", ["A '--' B", "X"]),
        ("BEGIN BATCH A; B; APPLY BATCH; X", ["BEGIN BATCH A; B; APPLY BATCH", "X"]),
        ("begin unlogged batch A; apply batch; X", ["begin unlogged batch A; apply batch", "X"]),
        ("A = 1;\r\nB = '日本;'", ["A = 1", "B = '日本;'"]),
    ],
)
def test_statements_end_at_semicolons_of_their_own(text, expected):
    assert split(text) == expected


def test_a_statement_knows_the_line_it_begins_on():
    assert list(split_statements("-- a\n\nUSE a;\n\n  USE\nb; USE c")) == [
        WriteStatement("USE a", 3),
        WriteStatement("USE\nb", 5),
        WriteStatement("USE c", 6),
    ]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("A;\nB 'x; C", "line 2: a quote is opened and never closed: '"),
        ('A "x; C', 'line 1: a quote is opened and never closed: "'),
        ("A\n\n/* x; C", "line 3: a comment is opened and never closed: /"),
        ("A $$ x; C", "line 1: a quote is opened and never closed: $"),
    ],
)
def test_what_is_never_closed_is_an_error_with_its_line(text, what):
    with pytest.raises(CqlSyntaxError) as raised:
        split(text)
    assert str(raised.value) == what


_WORDS = st.text("abcXYZ_ \n.,()=0", min_size=1).map(str.strip).filter(bool)
_PIECES = st.one_of(
    _WORDS,
    st.text().map(lambda text: "'" + text.replace("'", "''") + "'"),
    st.text(min_size=1).map(lambda text: '"' + text.replace('"', '""') + '"'),
)


@given(st.lists(st.lists(_PIECES, min_size=1).map(" ".join)))
def test_whatever_stands_in_texts_and_names_statements_come_apart_as_they_were_joined(statements):
    assert split(";\n".join(statements)) == statements
