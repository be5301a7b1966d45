"""`{{field}}` templates: compiled once, filled from one row, each value encoded for where it stands."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, unquote

import msgspec

from loader.outcomes import Cause, ColumnError, Ending

_FIELD = re.compile(r"\{\{\s*([^{}]+?)\s*\}\}")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")


class UnfitError(ValueError):
    """A row does not fit a template; `cause` says why."""

    def __init__(self, cause: Cause) -> None:
        super().__init__(cause.message)
        self.cause = cause


class Template:
    """Text with fields in it. Immutable; any thread may fill it."""

    def __init__(self, text: str) -> None:
        parts = _FIELD.split(text)
        self.text = text
        self.literals = tuple(parts[0::2])
        self.names = tuple(parts[1::2])

    def fill(self, row: Mapping[str, Any], encode: Callable[[str, Any], str]) -> str:
        """The text for `row`; `encode(field, value)` makes a value fit. Raises UnfitError."""
        filled = [self.literals[0]]
        for name, literal in zip(self.names, self.literals[1:], strict=True):
            if name not in row:
                raise UnfitError(_unfit("missing_field", name, "", f"a field {name} for the template"))
            filled += (encode(name, row[name]), literal)
        return "".join(filled)


def in_url(name: str, value: Any) -> str:
    """A value within path or query: everything but unreserved characters is percent-encoded (RFC 3986, 2.3)."""
    return quote(_scalar(name, value), safe="")


def in_header(name: str, value: Any) -> str:
    """A value within a header field: no control characters (RFC 9110, 5.5); beyond Latin-1 as UTF-8 bytes."""
    text = _scalar(name, value)
    if _CONTROLS.search(text):
        raise UnfitError(_unfit("bad_value", name, text, "text without control characters, for a header"))
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode().decode("latin-1")
    return text


def in_json(name: str, value: Any) -> str:  # noqa: ARG001 - of the form of the other encoders
    """A value as JSON."""
    return msgspec.json.encode(value).decode()


class PathTemplate:
    """A template of path and query whose values can neither add nor remove a segment of the path."""

    def __init__(self, template: Template) -> None:
        self._template = template
        self._depth = template.text.partition("?")[0].count("/")

    def fill(self, row: Mapping[str, Any]) -> str:
        """Raises UnfitError also where a segment made from values is empty or a dot segment (RFC 3986, 5.2.4)."""
        filled = self._template.fill(row, in_url)
        shape = _FIELD.sub("\0", self._template.text.partition("?")[0]).split("/")
        path = filled.partition("?")[0].split("/")
        for made_from, segment in zip(shape, path, strict=True):
            if "\0" in made_from and unquote(segment) in ("", ".", ".."):
                name = ", ".join(self._template.names)
                raise UnfitError(_unfit("bad_value", name, segment, "a value that can stand as a segment of a path"))
        return filled


def _scalar(name: str, value: Any) -> str:
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case _:
            raise UnfitError(
                _unfit("bad_value", name, msgspec.json.encode(value).decode(), "a text, number or boolean")
            )


def _unfit(error_type: str, name: str, value: str, expected: str) -> Cause:
    message = f"{name}: expected {expected}"
    return Cause(error_type, message, Ending.REFUSED, columns=(ColumnError(name, value[:200], expected),))
