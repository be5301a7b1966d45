from __future__ import annotations

import json
from http.client import HTTPConnection
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loader.mapping.template import PathTemplate, Template, UnfitError, header_text, in_header, in_json

TEXT = st.text(st.characters(codec="utf-8"))


def fields(**values):
    return {name: msgspec.Raw(msgspec.json.encode(value)) for name, value in values.items()}


def raw(**values):
    return {name: msgspec.Raw(value) for name, value in values.items()}


@given(TEXT, TEXT)
def test_no_value_changes_the_structure_of_a_url(first, second):
    template = PathTemplate("/v1/{{a}}/x-{{b}}/end?q={{a}}&r={{b}}")
    try:
        filled = template.fill(fields(a=first, b=second))
    except UnfitError:
        assert first in ("", ".", "..")
        return
    parts = urlsplit(f"http://host{filled}")
    assert parts.netloc == "host"
    assert [unquote(each) for each in parts.path.split("/")] == ["", "v1", first, f"x-{second}", "end"]
    assert parse_qsl(parts.query, keep_blank_values=True) == [("q", first), ("r", second)]
    assert not parts.fragment


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("/a/{{x}}", ".."),
        ("/a/{{x}}/b", "."),
        ("/a/{{x}}/b", ""),
        ("/a/.{{x}}/b", "."),
        ("/a/{{x}}{{x}}/b", "."),
        ("/a/%2e{{x}}/b", "."),
        ("/{{x}}", ""),
    ],
)
def test_no_value_makes_a_segment_empty_or_a_dot_segment(template, value):
    with pytest.raises(UnfitError) as caught:
        PathTemplate(template).fill(fields(x=value))
    assert caught.value.cause.error_type == "bad_value"


@pytest.mark.parametrize("value", ["", ".", "..", "a/../b"])
def test_the_query_takes_any_value(value):
    filled = PathTemplate("/a?x={{x}}").fill(fields(x=value))
    assert parse_qsl(urlsplit(filled).query, keep_blank_values=True) == [("x", value)]


def test_a_slash_after_a_question_mark_is_no_segment():
    assert PathTemplate("/a?x=/{{x}}/").fill(fields(x="")) == "/a?x=//"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/plain", "/plain"),
        ("/with blank/é", "/with%20blank/%C3%A9"),
        ("/a%2Fb/50%/c%zz", "/a%2Fb/50%25/c%25zz"),
        ("/a;b=c/@x?y=z&u=v", "/a;b=c/@x?y=z&u=v"),
        ("//../", "//../"),
    ],
)
def test_the_text_of_a_url_is_kept_and_made_valid(text, expected):
    assert PathTemplate(text).fill({}) == expected
    assert not PathTemplate(text).has_fields


@given(TEXT)
def test_no_value_makes_another_header(value):
    try:
        text = Template("a {{x}} b").fill(fields(x=value), in_header)
    except UnfitError:
        assert any(character < " " or character == "\x7f" for character in value)
        return
    connection = HTTPConnection("localhost")
    connection.putrequest("GET", "/")
    connection.putheader("X", text)  # refuses what it cannot send as one header
    assert vars(connection)["_buffer"][-1] == b"X: a " + value.encode() + b" b"


@pytest.mark.parametrize("value", ["a\r\nEvil: 1", "a\nb", "a\rb", "a\0b", "\x1b[2J", "\x7f"])
def test_controls_in_a_header_make_the_row_unfit(value):
    with pytest.raises(UnfitError) as caught:
        Template("{{x}}").fill(fields(x=value), in_header)
    assert caught.value.cause.error_type == "bad_value"
    assert caught.value.cause.columns[0].column == "x"


def test_text_beyond_ascii_goes_into_headers_as_utf_8():
    assert header_text("é€").encode("latin-1") == "é€".encode()


@given(st.recursive(st.none() | st.booleans() | st.integers() | TEXT, lambda inner: st.lists(inner, max_size=3)), TEXT)
def test_no_value_leaves_its_place_in_json(value, name):
    filled = Template('{"a":{{x}},"b":{{y}}}').fill(fields(x=value, y=name), in_json)
    assert json.loads(filled) == {"a": value, "b": name}


def test_numbers_keep_their_spelling_everywhere():
    row = raw(n=b"12345678901234567890.10")
    assert PathTemplate("/{{n}}").fill(row) == "/12345678901234567890.10"
    assert Template("{{n}}").fill(row, in_header) == "12345678901234567890.10"
    assert Template("[{{n}}]").fill(row, in_json) == "[12345678901234567890.10]"


@pytest.mark.parametrize("value", [b"{}", b"[1]", b"null"])
def test_urls_and_headers_take_only_scalars(value):
    for fill in (PathTemplate("/{{x}}").fill, lambda row: Template("{{x}}").fill(row, in_header)):
        with pytest.raises(UnfitError) as caught:
            fill(raw(x=value))
        assert caught.value.cause.error_type == "bad_value"


def test_a_missing_field_makes_the_row_unfit():
    with pytest.raises(UnfitError) as caught:
        Template("{{x}}").fill({}, in_json)
    assert caught.value.cause.error_type == "missing_field"


def test_names_of_fields_may_hold_what_means_something_in_a_url():
    row = fields(**{"a/b?c#d": "x"})
    assert PathTemplate("/{{ a/b?c#d }}/y?z={{a/b?c#d}}").fill(row) == "/x/y?z=x"


@pytest.mark.parametrize(
    ("given_fields", "said"),
    [
        ({}, "x: expected a value, as a template needs it, found no field for it"),
        ({"x": b"null"}, "x: expected a text, number or boolean, found null"),
        ({"x": b'["a"]'}, 'x: expected a text, number or boolean, found ["a"]'),
        ({"x": b'""'}, "x: expected a value that can stand in the path of a URL, found ''"),
    ],
)
def test_what_stands_in_the_place_of_a_value_is_said_as_it_is(given_fields, said):
    with pytest.raises(UnfitError) as caught:
        PathTemplate("/a/{{x}}").fill(raw(**given_fields))
    assert caught.value.cause.message == said
