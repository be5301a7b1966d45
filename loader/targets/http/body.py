"""The body of a request: how rows are framed, and what stands around them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from loader.config.sections import HttpTarget
from loader.errors import UsageError
from loader.mapping.template import Template, in_json

ROW, ROWS = "row", "rows"


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands before, between and after the rows."""

    content_type: str
    before: bytes
    between: bytes
    after: bytes

    def join(self, payload: Sequence[bytes]) -> bytes:
        """The body that carries `payload`."""
        return self.before + self.between.join(payload) + self.after


_ARRAY = Frame("application/json", b"[", b",", b"]")
_NDJSON = Frame("application/x-ndjson", b"", b"\n", b"\n")
_BARE = Frame("application/json", b"", b"", b"")


def frame_of(settings: HttpTarget, batch_size: int) -> Frame:
    """How requests are framed. A bare object stands for `row`, and for `array` where requests hold one row."""
    if settings.body == "ndjson":
        return _NDJSON
    return _BARE if settings.body == "row" or batch_size == 1 else _ARRAY


class RowWrapper:
    """A wrapper with {{row}}: text around each row, with JSON values of its other fields."""

    def __init__(self, text: str) -> None:
        self._template = Template(text)
        self.needs_fields = any(name != ROW for name in self._template.names)

    def wrap(self, row: bytes, fields: Mapping[str, Any]) -> bytes:
        """Raises UnfitError where a field is missing."""
        text = row.decode()
        return self._template.fill(
            {**fields, ROW: text}, lambda name, value: text if name == ROW else in_json(name, value)
        ).encode()


class BodyWrapper:
    """A wrapper with {{rows}}: text around the whole body, with JSON values of fields of its only row."""

    def __init__(self, text: str) -> None:
        self._template = Template(text)
        self.needs_fields = any(name != ROWS for name in self._template.names)
        self._before, _, self._after = (part.encode() for part in _around(text))

    def wrap(self, body: bytes, fields: Mapping[str, Any]) -> bytes:
        """Raises UnfitError where a field is missing."""
        if not self.needs_fields:
            return self._before + body + self._after
        text = body.decode()
        return self._template.fill(
            {**fields, ROWS: text}, lambda name, value: text if name == ROWS else in_json(name, value)
        ).encode()


def _around(text: str) -> tuple[str, str, str]:
    template = Template(text)
    if ROWS not in template.names:
        return "", "", ""
    where = template.names.index(ROWS)
    return "".join(template.literals[: where + 1]), ROWS, "".join(template.literals[where + 1 :])


def wrappers(settings: HttpTarget, *, lone: bool) -> tuple[RowWrapper | None, BodyWrapper | None]:
    """The wrapper that `settings` ask for, as one of its two kinds. Raises UsageError."""
    if not settings.wrapper:
        return None, None
    names = Template(settings.wrapper).names
    if ROW in names:
        return RowWrapper(settings.wrapper), None
    body = BodyWrapper(settings.wrapper)
    if body.needs_fields and not lone:
        raise needs_lone_rows(settings.name, "wrapper")
    return None, body


def needs_lone_rows(name: str, key: str) -> UsageError:
    """Fields of a row can only stand where a request has one row."""
    return UsageError(
        f"target {name}: {key} holds fields of the row, so each request must carry one row: "
        'set body = "row", or batch.size = 1'
    )
