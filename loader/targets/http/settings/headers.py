"""Request headers from the config: names and values that are allowed."""

from __future__ import annotations

from collections.abc import Mapping

from loader.config.header_rules import FRAMING, is_header_name, is_header_value
from loader.config.secrets import MASK, looks_secret
from loader.config.values import Kind, Refusal, RefusedError, toml

_EXPECTED = "a table of header names and texts"
_EXPECTED_NAME = 'the name of a header the loader does not set itself, or "" for none'


def parse_headers(value: object) -> Mapping[str, str]:
    """Names and values as given; values may hold {{field}} templates. Raises `RefusedError` with all bad headers."""
    if not isinstance(value, Mapping):
        raise RefusedError.expected(_EXPECTED)
    seen: set[str] = set()
    refusals = []
    for name, item in value.items():
        message = _objection(name, item, seen)
        seen.add(name.lower())
        if message:
            refusals.append(Refusal(message, at=(name,)))
    if refusals:
        raise RefusedError(*refusals)
    return dict(value)


def _objection(name: str, value: object, seen: set[str]) -> str:
    if name.lower() in FRAMING:
        return "expected another header; the loader sets this one itself"
    if not is_header_name(name):
        return "expected a header name of letters, digits and !#$%&'*+-.^_`|~ (a token of RFC 9110)"
    if name.lower() in seen:
        return "expected each header once; names are the same whatever their case"
    if not isinstance(value, str) or not is_header_value(value):
        return "expected a text without CR, LF, NUL or blanks around it"
    return ""


def parse_optional_header(value: object) -> str:
    """The name of a header, or "" for none. Raises `RefusedError`."""
    if not isinstance(value, str) or (value and not is_header_name(value)):
        raise RefusedError.expected(_EXPECTED_NAME)
    return value


def _write(headers: Mapping[str, str]) -> str:
    return toml({name: MASK if looks_secret(name) else value for name, value in headers.items()})


HEADERS = Kind(_EXPECTED, parse_headers, _write)
OPTIONAL_HEADER = Kind(_EXPECTED_NAME, parse_optional_header, toml)
