"""`{{field}}` templates: compiled once, filled from one row, each value encoded for where it stands.

Fields come as JSON (`JsonMapper.fields`), so that numbers keep their spelling.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from urllib.parse import quote, unquote

import msgspec

from loader.error_types import ErrorType
from loader.mapping.error_types import BAD_VALUE, MISSING_FIELD
from loader.mapping.unfit import shown, unfit_cause
from loader.outcomes import Cause, ColumnError

Fields = Mapping[str, msgspec.Raw]
Encode = Callable[[str, bytes], str]

_FIELD = re.compile(r"\{\{\s*([^{}]+?)\s*\}\}")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_URL_LITERAL = "!$%&'()*+,/:;=?@[]~"  # RFC 3986: what may stand in path and query as it is, and the escapes
_DOT_SEGMENTS = ("", ".", "..")


class UnfitError(ValueError):
    """A row does not fit a template; `cause` says why."""

    def __init__(self, cause: Cause) -> None:
        super().__init__(cause.message)
        self.cause = cause

    @classmethod
    def of(cls, error_type: ErrorType, name: str, value: str, expected: str, found: str = "") -> UnfitError:
        """`found` says in words, or as JSON, what is there where that is no text."""
        return cls(unfit_cause(error_type, (ColumnError(name, shown(value), expected, found),)))


class Template:
    """Text with fields in it: `literals` with the fields called `names` between them. Immutable; thread-safe."""

    def __init__(self, text: str, literal: Callable[[str], str] = str) -> None:
        """`literal` makes the text between the fields fit."""
        parts = _FIELD.split(text)
        self.literals = tuple(map(literal, parts[0::2]))
        self.names = tuple(parts[1::2])

    def fill(self, fields: Fields, encode: Encode) -> str:
        """The text for a row; `encode` makes a value, given with its name, fit. Raises UnfitError."""
        filled = [self.literals[0]]
        for name, literal in zip(self.names, self.literals[1:], strict=True):
            if name not in fields:
                raise UnfitError.of(MISSING_FIELD, name, "", "a value, as a template needs it", "no field for it")
            filled += (encode(name, bytes(fields[name])), literal)
        return "".join(filled)


class PathTemplate:
    """Path and query of a URL. No value can add, remove or skip a segment of the path, or a part of the query."""

    def __init__(self, text: str) -> None:
        self._template = Template(text, _url_literal)
        self._filled_segments = _filled_segments(self._template)
        self._fixed = None if self._template.names else self._template.literals[0]

    @property
    def has_fields(self) -> bool:
        return self._fixed is None

    def fill(self, fields: Fields) -> str:
        """Path and query for a row.

        Raises UnfitError; also where a segment with values in it is empty or a dot segment: servers resolve these
        (RFC 3986, 5.2.4), percent-encoded ones too.
        """
        if self._fixed is not None:
            return self._fixed
        filled = self._template.fill(fields, in_url)
        segments = filled.partition("?")[0].split("/")
        for at in self._filled_segments:
            if unquote(segments[at]) in _DOT_SEGMENTS:
                names = ", ".join(self._template.names)
                raise UnfitError.of(BAD_VALUE, names, segments[at], "a value that can stand in the path of a URL")
        return filled


def in_url(name: str, value: bytes) -> str:
    """A value within path or query: everything but unreserved characters is percent-encoded (RFC 3986, 2.3)."""
    return quote(_scalar(name, value), safe="")


def in_header(name: str, value: bytes) -> str:
    """A value within a header field: no control characters (RFC 9110, 5.5); beyond ASCII its UTF-8 bytes as Latin-1."""
    text = _scalar(name, value)
    if _CONTROLS.search(text):
        raise UnfitError.of(BAD_VALUE, name, text, "a text without control characters, for a header")
    return header_text(text)


def in_json(name: str, value: bytes) -> str:  # noqa: ARG001 - of the form of the other encoders
    """A value as JSON."""
    return value.decode()


def header_text(text: str) -> str:
    """`text` as it is given to http.client, which sends headers as Latin-1: what arrives is its UTF-8."""
    return text if text.isascii() else text.encode().decode("latin-1")


def _scalar(name: str, value: bytes) -> str:
    """The text of a JSON string, number or boolean."""
    match value[:1]:
        case b'"':
            return msgspec.json.decode(value, type=str)
        case b"{" | b"[" | b"n":
            text = value.decode()
            raise UnfitError.of(BAD_VALUE, name, text, "a text, number or boolean", shown(text))
        case _:
            return value.decode()


def _url_literal(text: str) -> str:
    return quote(_STRAY_PERCENT.sub("%25", text), safe=_URL_LITERAL)


def _filled_segments(template: Template) -> tuple[int, ...]:
    """The segments of the path that hold fields; the first, before the leading slash, is 0."""
    found: set[int] = set()
    depth = 0
    for literal in template.literals[:-1]:
        path, query, _ = literal.partition("?")
        depth += path.count("/")
        if query:
            break
        found.add(depth)
    return tuple(sorted(found))
