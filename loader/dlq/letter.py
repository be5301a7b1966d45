"""A dead letter: one row that did not get through, with all that is known of it, as one JSON line."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec

from loader.dlq.errors import LetterError
from loader.keys import row_key
from loader.outcomes import Cause, ColumnError, LetterClass
from loader.rows import BadRow, Format, Origin, Rows, Source

Mask = Callable[[str], str]

TEXT_LIMIT = 2000  # characters of an error, a hint or a column's value
_NULL = msgspec.Raw(b"null")
_LINE_ENDS_TO_SPACES = bytes.maketrans(b"\r\n", b"  ")


class BadColumn(msgspec.Struct, frozen=True):
    """One column that did not fit: the value as text, and what was wrong with it."""

    column: str
    value: str
    error: str


class DeadLetter(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One line of a dead letter queue; fields stand in it in this order, those that are None are left out.

    `row` is the JSON text of the row byte for byte (for delimited rows an object of column -> text), or `null`. Times
    are UTC in ISO 8601. `raw` or `raw_base64` (where it is not UTF-8) are the original bytes of a row that could not be
    parsed, or whose `row` differs from them; where `truncated`, they are the first of `length` bytes.
    """

    timestamp: str
    error: str
    error_type: str
    row: msgspec.Raw
    letter_class: LetterClass | None = msgspec.field(default=None, name="class")
    status: int | None = None
    code: str | None = None
    attempts: int | None = None
    first_error_at: str | None = None
    run_id: str | None = None
    source: str | None = None
    line: int | None = None
    offset: int | None = None
    format: Format | None = None
    raw: str | None = None
    raw_base64: str | None = None
    truncated: bool | None = None
    length: int | None = None
    columns: tuple[BadColumn, ...] | None = None
    idempotency_key: str | None = None
    write_timestamp: int | None = None
    target: str | None = None
    hint: str | None = None

    @property
    def has_row(self) -> bool:
        return bytes(self.row) != b"null"

    @property
    def original(self) -> bytes | None:
        """The original bytes that `raw` or `raw_base64` keep, None where the letter has neither."""
        if self.raw is not None:
            return self.raw.encode()
        return None if self.raw_base64 is None else b64decode(self.raw_base64)

    @property
    def json_row(self) -> bytes:
        """The JSON row as it was read, or as it stands in `row` if that was changed by hand since."""
        row, original = bytes(self.row), self.original
        return original if original is not None and embedded(original) == row else row

    @property
    def origin(self) -> Origin:
        """What a replay of this letter keeps of it."""
        return Origin(
            source=self.source or "",
            line=self.line or 0,
            offset=self.offset or 0,
            idempotency_key=self.idempotency_key,
            write_timestamp=self.write_timestamp,
            first_error_at=self.first_error_at,
        )


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(DeadLetter)


def of_row(
    rows: Rows,
    index: int,
    cause: Cause,
    letter_class: LetterClass,
    *,
    run_id: str,
    target: str,
    attempts: int,
    first_error_at: float | None,
    wall: float,
    mask: Mask,
) -> DeadLetter:
    """The letter of the readable row at `index`, which ended by `cause` after so many attempts.

    Times are seconds since the epoch. `mask` takes secrets out of texts; the row itself is kept as it is.
    """
    layout = rows.layout
    original = None
    if rows.fields is None:
        row = embedded(rows.raw[index])
        original = None if row == rows.raw[index] else rows.raw[index]
    else:
        row = _ENCODER.encode(dict(zip(layout.columns, rows.fields[index], strict=True)))
    origin = rows.origins[index] if rows.origins is not None else None
    origin = origin or _origin(rows.source, rows.lines[index], rows.offsets[index], run_id)
    if rows.timestamps is not None:
        origin = replace(origin, write_timestamp=rows.timestamps[index])
    return DeadLetter(
        timestamp=timestamp(wall),
        error=_text(cause.message, mask),
        error_type=cause.error_type,
        row=msgspec.Raw(row),
        letter_class=letter_class,
        status=cause.status,
        code=None if cause.code is None else _text(cause.code, mask),
        attempts=attempts,
        first_error_at=origin.first_error_at or (None if first_error_at is None else timestamp(first_error_at)),
        run_id=run_id,
        columns=tuple(_bad_column(column, mask) for column in cause.columns) if cause.columns else None,
        hint=None if cause.hint is None else _text(cause.hint, mask),
        target=target or None,
        format=layout.format,
        **_place(origin, run_id),
        **_kept(original),
    )


def of_bad_row(source: Source, bad: BadRow, *, run_id: str, target: str, wall: float, mask: Mask) -> DeadLetter:
    """The letter of a row of `source` that could not be read."""
    origin = bad.origin or _origin(source, bad.line, bad.offset, run_id)
    truncated = len(bad.raw) < bad.length
    return DeadLetter(
        timestamp=timestamp(wall),
        error=_text(bad.error, mask),
        error_type=bad.error_type,
        row=_NULL,
        letter_class=LetterClass.DATA,
        first_error_at=origin.first_error_at,
        run_id=run_id,
        truncated=truncated or None,
        length=bad.length if truncated else None,
        target=target or None,
        format=bad.format or source.layout.format,
        **_place(origin, run_id),
        **_kept(bad.raw),
    )


def encode(letter: DeadLetter) -> bytes:
    """The letter as one line, newline included."""
    return _ENCODER.encode(letter) + b"\n"


def decode(line: bytes) -> DeadLetter:
    """The letter on `line`, its line end allowed; fields of no known name are passed over.

    Raises LetterError for anything else than a letter, whose `row` may still be of any JSON type.
    """
    try:
        line.decode()  # `row` is taken over unread, so nothing else would notice
        letter = _DECODER.decode(line)
        epoch(letter.timestamp)
        if letter.raw_base64 is not None:
            b64decode(letter.raw_base64, validate=True)
    except (ValueError, msgspec.MsgspecError, RecursionError) as error:
        raise LetterError(f"not a dead letter: {error}") from error
    return letter


def members(letter: DeadLetter) -> dict[str, str]:
    """The columns and texts of the row of a delimited letter. Raises msgspec.DecodeError where it is none."""
    return msgspec.json.decode(letter.row, type=dict[str, str])


def embedded(row: bytes) -> bytes:
    """The JSON text `row` as it stands in a letter: on one line, whatever ends lines, and without space around it.

    In valid JSON a carriage return stands between tokens only, where a space means the same.
    """
    return row.translate(_LINE_ENDS_TO_SPACES).strip(b" \t")


def timestamp(wall: float) -> str:
    """Seconds since the epoch as UTC in ISO 8601, with microseconds."""
    seconds, microseconds = divmod(round(wall * 1e6), 10**6)
    return f"{_second(seconds)}.{microseconds:06}+00:00"


@lru_cache(maxsize=8)
def _second(seconds: int) -> str:
    """Up to the second: of many letters it is the same."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def epoch(text: str) -> float:
    """Seconds since the epoch of an ISO 8601 time; one without a zone is UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).timestamp()


def _origin(source: Source, line: int, offset: int, run_id: str) -> Origin:
    return Origin(source.name, line, offset, row_key(run_id, source.index, source.name, offset))


def _place(origin: Origin, run_id: str) -> dict[str, Any]:
    """Where the row came from and the key it keeps; with a write timestamp it needs no key."""
    key = origin.idempotency_key
    if key is None and origin.write_timestamp is None:
        key = row_key(run_id, 0, origin.source, origin.offset)  # as keys.request_key makes it for such rows
    return {
        "source": printable(origin.source),
        "line": origin.line,
        "offset": origin.offset,
        "idempotency_key": key,
        "write_timestamp": origin.write_timestamp,
    }


def _kept(original: bytes | None) -> dict[str, Any]:
    if original is None:
        return {}
    try:
        return {"raw": original.decode()}
    except UnicodeDecodeError:
        return {"raw_base64": b64encode(original).decode()}


def _bad_column(bad: ColumnError, mask: Mask) -> BadColumn:
    return BadColumn(printable(bad.column), _text(bad.value, mask), _text(bad.expected, mask))


def _text(text: str, mask: Mask) -> str:
    """Masked before it is cut: half a secret would not be found."""
    masked = printable(mask(text))
    return masked if len(masked) <= TEXT_LIMIT else masked[: TEXT_LIMIT - 1] + "…"


def printable(text: str) -> str:
    """`text` with lone surrogates (as in names of files that are not UTF-8) written as escapes: UTF-8 has none."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()
