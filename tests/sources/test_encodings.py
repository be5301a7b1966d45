"""Encodings: the same rows whatever text is encoded in, and what does not fit in its place."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loader.config import sections
from loader.config.encodings import encoding
from loader.config.values import RefusedError
from loader.sources import InputError, chunks, expand, open_inputs
from loader.sources.encodings.likely import likely_encodings
from loader.sources.encodings.utf_8 import as_utf_8
from tests.sources.reading import Pieces, parse_all, read_paths, rows_of

TEXT = 'id,name\n1,Müller\n2,"Ä\nß"\n'
MARKS = {"utf-8-sig": "", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}


def decoded(data: bytes, said: str = "auto", sizes=(), live: bool = False) -> tuple[bytes, str]:
    source, found = as_utf_8(Pieces(data, sizes or [len(data) or 1], live=live), said)
    parts = []
    while (part := source.read(1, None)) != b"":
        parts.append(part or b"")
    return b"".join(parts), found


@pytest.mark.parametrize("name", MARKS)
def test_a_byte_order_mark_says_the_encoding(name):
    text, found = decoded(TEXT.encode(name))
    assert (text.decode("utf-8-sig"), found) == (TEXT, MARKS[name])


@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
    st.sampled_from(["utf-16", "utf-32", "utf-8", "utf-8-sig"]),
    st.lists(st.integers(0, 5), max_size=40),
)
def test_text_is_the_same_in_whatever_pieces_it_comes(text, name, sizes):
    if text.startswith(("\ufeff", "\ufffe")) or (name != "utf-8-sig" and text.encode().startswith(b"\0")):
        return
    found, _ = decoded(text.encode(name), sizes=sizes, live=True)
    assert found.decode("utf-8-sig") == text


@given(
    st.text('aäö,\n"\r', max_size=40),
    st.sampled_from(["cp1252", "latin-1", "shift_jis", "gb18030", "utf-16-be", "utf-32-be", "utf-7", "cp437"]),
    st.lists(st.integers(1, 5), max_size=40),
)
def test_an_encoding_that_is_named_is_read(text, name, sizes):
    data = text.encode(name, "replace")
    meant = data.decode(name)
    if name.startswith("utf-") and b"\0" not in data[:5]:
        name, meant = "cp1252", data.decode("cp1252", "surrogateescape")
        if not data.isascii():
            return
    assert decoded(data, name, sizes)[0].decode() == meant


@pytest.mark.parametrize(
    ("name", "data", "misfit"),
    [
        ("cp1252", b"1,a\x81\n", "byte 0x81 is no character of cp1252, at byte 4 of the row"),
        ("ascii", b"1,\xc3\xa9\n", "byte 0xc3 is no character of ascii, at byte 3 of the row"),  # which would be UTF-8
        ("shift_jis", b"1,\x81\n", "byte 0x81 is no character of shift_jis, at byte 3"),
        ("euc_jp", b"1,\x8f\xa1\n", "byte 0x8f is no character of euc_jp, at byte 3"),
        ("gb18030", b"1,\x810\x81\n", "byte 0x81 is no character of gb18030, at byte 3"),
        ("utf-16-le", b"1\0,\0\0\xd8\n\0", "half a character of utf-16-le at byte 3"),
    ],
)
def test_a_row_with_bytes_that_are_no_character_is_bad_and_the_rows_around_it_go_on(tmp_path, name, data, misfit):
    path, keys = tmp_path / "a.csv", sections.InputSettings(encoding=name)
    path.write_bytes("id,name\n0,x\n".encode(name) + data + "2,y\n".encode(name))
    [(_, parsed)] = parse_all(read_paths([path], keys), keys)
    assert [list(map(bytes, group.rows.raw)) for group in parsed.groups] == [[b"0,x", b"2,y"]]
    [bad] = parsed.bad
    assert (bad.line, bad.offset, bad.error_type) == (3, 12, "bad_encoding")
    assert misfit in bad.error


def test_json_with_bytes_that_are_no_character_is_a_bad_row(tmp_path):
    path, keys = tmp_path / "a.jsonl", sections.InputSettings(encoding="cp1252")
    path.write_bytes(b'{"a":"\xe9"}\n{"a":"\x81"}\n')
    [(_, parsed)] = parse_all(read_paths([path], keys), keys)
    assert [bytes(raw) for group in parsed.groups for raw in group.rows.raw] == ['{"a":"é"}'.encode()]
    assert [(bad.line, bad.error_type) for bad in parsed.bad] == [(2, "bad_encoding")]
    assert "byte 0x81 is no character of cp1252" in parsed.bad[0].error


@pytest.mark.parametrize(
    ("name", "rest", "said"),
    [
        ("utf-16-le", b"x", "what stands at the end is no character of utf-16-le"),
        ("utf-32-le", b"\0\0\0\xff2\0\0\0", "is no character of utf-32-le, and nothing behind it can be read"),
        ("iso2022_jp", b"\xff\n2,x\n", "is no character of iso2022_jp"),
    ],
)
def test_where_the_next_character_cannot_be_found_reading_ends_behind_the_rows_before(tmp_path, name, rest, said):
    path, keys = tmp_path / "a.csv", sections.InputSettings(encoding=name)
    path.write_bytes("id,name\n0,x\n".encode(name) + rest)
    with open_inputs(expand([str(path)]), keys) as inputs:
        found = chunks(inputs, max_wait=1.0)
        assert rows_of([next(found)], keys) == [(0, 2, 8, b"0,x", None)]
        with pytest.raises(InputError, match=said):
            next(found)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("utf-16", "a,b\n".encode("utf-16-le"), "has no byte order mark; say utf-16-le, or utf-16-be"),
        ("utf-16-le", b"a,b\n1,2\n", "is not of utf-16-le: no byte of its beginning is zero"),
        ("cp1252", b"\xef\xbb\xbfa,b\n", "begins with the byte order mark of utf-8, and is not of cp1252"),
        (
            "utf-16-be",
            "a,b\n".encode("utf-16"),
            "byte order mark of utf-16-le, and is not of utf-16-be",
        ),
        ("utf-8", "a,b\n".encode("utf-16"), "is text of utf-16-le, not UTF-8; --encoding utf-16-le loads it"),
        ("auto", "gr\u00f6\u00dfe,b\n".encode("cp1252"), "the header is not UTF-8: invalid UTF-8 at byte 3"),
        ("cp1252", b"a,b\x81\n", "the header is not cp1252: byte 0x81 is no character of cp1252"),
    ],
)
def test_an_encoding_that_the_first_bytes_contradict_is_refused(tmp_path, name, data, said):
    path = tmp_path / "a.csv"
    path.write_bytes(data)
    with pytest.raises(InputError) as refused, open_inputs(expand([str(path)]), sections.InputSettings(encoding=name)):
        pass
    assert said in str(refused.value)


def test_a_mark_of_an_encoding_that_is_named_is_no_text(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("a,b\n1,2\n".encode("utf-16"))
    for name in ("auto", "utf-16", "utf-16-le"):
        with open_inputs(expand([str(path)]), sections.InputSettings(encoding=name)) as inputs:
            assert inputs.sources[0].layout.names == ("a", "b")
            assert inputs.sources[0].stream


@pytest.mark.parametrize("name", ["rot13", "base64", "idna", "unicode_escape", "cp99", "", "a b", 1, "\0"])
def test_what_is_no_encoding_of_text_is_refused(name):
    with pytest.raises(RefusedError, match="an encoding that Python knows") as refused:
        encoding().parse(name)
    assert not name or refused.value.refusals[0].nearest != name


def test_an_encoding_has_many_names_and_a_misspelt_one_its_nearest():
    assert [encoding().parse(name) for name in ("Latin1", "windows-1252", "UTF8")] == ["iso8859-1", "cp1252", "utf-8"]
    with pytest.raises(RefusedError) as refused:
        encoding().parse("shift-jjs")
    assert refused.value.refusals[0].nearest == "shift_jis"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("1,Müller\n2,Weiß\n3,Köln\n", "cp1252"),
        ("1,東京都渋谷区\n2,こんにちは\n", "shift_jis"),
        ("1,Привет мир\n2,Москва\n", "cp1251"),
        ("1,北京市\n2,你好世界\n", "gb18030"),
    ],
)
def test_an_encoding_is_proposed_with_what_it_reads(text, name):
    found = likely_encodings(text.encode(name))
    shown = {each.encoding: each.shown for each in found}
    assert text.splitlines()[0] in shown.values()
    assert len(shown) == len(set(shown.values())) <= 3


def test_of_a_few_lines_of_another_encoding_nothing_is_made():
    found = likely_encodings("1,Müller\n".encode("cp1252") * 50 + b"1,\x81\n")
    assert (found[0].encoding, found[0].shown) == ("cp1252", "1,Müller")


@pytest.mark.parametrize("data", [b"", b"1,a\n", "1,ä\n".encode(), "1,ä\n2,ä".encode()[:-1]])
def test_nothing_is_proposed_for_utf_8(data):
    assert not likely_encodings(data)


def test_what_is_no_text_is_not_decoded(tmp_path):
    path, keys = tmp_path / "a.parquet", sections.InputSettings(encoding="cp1252")
    pq.write_table(pa.table({"id": [1], "name": ["é"]}), path)
    with open_inputs(expand([str(path)]), keys) as inputs:
        assert (inputs.sources[0].layout.format, inputs.sources[0].stream) == ("parquet", False)
        assert not next(iter(inputs)).encoding
