"""Dead letter: a row that failed, with the reason, its place and its bytes, as one JSON line."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import MAX_EMAX, MIN_EMIN, Context

import msgspec

from loader.dlq.errors import LetterError
from loader.error_types import LetterClass
from loader.errors import UsageError
from loader.formats import FORMATS
from loader.rows import LETTERS, Origin, ReadAs
from loader.sources.formats.base import format_of


class BadColumn(msgspec.Struct, frozen=True):
    """One column that did not fit: the value as text, and what was wrong with it."""

    column: str
    value: str
    error: str


class DeadLetter(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of a dead letter queue; fields stand in it in this order, those that are None are left out.

    `row` is the JSON text of the row byte for byte (for delimited rows an object of column -> text), or `null`. Times
    are UTC in ISO 8601. `raw` or `raw_base64` (where it is not UTF-8) are the original bytes of a row that could not be
    parsed, or whose `row` differs from them; where `truncated`, they are the first of `length` bytes. `read_as` says
    how the row is read, as far as that is not as usual; a delimited one that could not be parsed has its columns there.
    `row_time` as in `rows.Origin`.
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
    format: str | None = None
    raw: str | None = None
    raw_base64: str | None = None
    truncated: bool | None = None
    length: int | None = None
    read_as: ReadAs | None = msgspec.field(default=None, name="input")
    columns: tuple[BadColumn, ...] | None = None
    idempotency_key: str | None = None
    write_timestamp: int | None = None
    target: str | None = None
    hint: str | None = None
    row_time: int | None = None

    @property
    def has_row(self) -> bool:
        return bytes(self.row) != b"null"

    @property
    def row_format(self) -> str:
        """How the row is read; letters that others wrote may leave it out."""
        return self.format or FORMATS.own[0]

    @property
    def original(self) -> bytes | None:
        """The original bytes that `raw` or `raw_base64` keep, None where the letter has neither."""
        if self.raw is not None:
            return self.raw.encode()
        return None if self.raw_base64 is None else b64decode(self.raw_base64)

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
            read_as=self.read_as,
            row_time=self.row_time,
        )


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(DeadLetter)
_SORTED = msgspec.json.Encoder(order="sorted")
_EXACT = Context(prec=100, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[])


def _number(text: str) -> str:
    """A number as a text unlike any that somebody writes."""
    return f"\0{_EXACT.create_decimal(text).normalize(_EXACT) if len(text) <= _EXACT.prec else text}"


_PLAIN = msgspec.json.Decoder(float_hook=_number)


def encode(letters: Sequence[DeadLetter]) -> bytes:
    """The letters as lines, each with its newline."""
    return _ENCODER.encode_lines(letters)


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
        if letter.row_format != LETTERS:
            row_format = format_of(letter.row_format)
            if letter.read_as is not None:
                row_format.settings_of(letter.read_as)
    except (ValueError, msgspec.MsgspecError, RecursionError, UsageError) as error:
        raise LetterError(f"not a dead letter: {error}") from error
    return letter


def canonical(row: bytes) -> bytes:
    """What a JSON row says, the same for every way to spell it: keys in order, no blanks, no zeros at ends of numbers.

    1 and 1.0 are two numbers. What is no JSON comes back as it is.
    """
    try:
        return _SORTED.encode(_PLAIN.decode(row))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return row


def timestamp(wall: float) -> str:
    """Seconds since the epoch as UTC in ISO 8601, with microseconds."""
    return datetime.fromtimestamp(wall, UTC).isoformat(timespec="microseconds")


def epoch(text: str) -> float:
    """Seconds since the epoch of an ISO 8601 time; one without a zone is UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).timestamp()
