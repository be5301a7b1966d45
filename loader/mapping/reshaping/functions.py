"""Functions of `mapping.set`, column by column.

What a function is given is a value of a row, None where it is null, MISSING where there is none. Most make nothing of
nothing: of a null comes null, of what is missing nothing.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from hashlib import blake2b, sha256
from typing import Any
from uuid import UUID

import msgspec

from loader.config.expressions.call import Argument, Call
from loader.config.expressions.field_path import MISSING, FieldPath
from loader.exact_json import letter_form
from loader.mapping.reshaping.shape import is_null, spelled
from loader.mapping.unfit import shown
from loader.outcomes import ColumnError
from loader.rows import Rows
from loader.sources.row_identity import RowIdentity

Column = Sequence[Any]
Misfits = dict[int, list[ColumnError]]
"""Values that could not be made, by the index of their row."""

Lookup = Callable[[FieldPath], Column]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_GREGORIAN = 0x01B21DD213814000  # hundreds of nanoseconds from 1582-10-15 to 1970 (RFC 9562, 5.1)
_decode = msgspec.json.Decoder(float_hook=spelled).decode


class _WrongArgumentError(ValueError):
    """A value that a function does not take: `expected` says what it takes."""

    def __init__(self, value: object, expected: str) -> None:
        super().__init__(expected)
        self.value = value
        self.expected = expected


class Computation:
    """Makes columns by calls of functions. Thread-safe."""

    def __init__(self, calls: Sequence[tuple[str, Call]], identity: RowIdentity) -> None:
        """`calls` has the name of each column, and the call that makes its values."""
        self._calls = calls
        self._identity = identity

    def columns(self, rows: Rows, lookup: Lookup, misfits: Misfits) -> dict[str, Column]:
        """The columns by name; `lookup` gives those of fields. What does not fit is added to `misfits`."""
        return {name: _Evaluation(name, rows, lookup, self._identity, misfits).of(call) for name, call in self._calls}


class _Evaluation:
    """One column of some rows."""

    def __init__(
        self,
        name: str,
        rows: Rows,
        lookup: Lookup,
        identity: RowIdentity,
        misfits: Misfits,
    ) -> None:
        self._name = name
        self._rows = rows
        self._lookup = lookup
        self._identity = identity
        self._misfits = misfits

    def of(self, argument: Argument) -> Column:
        match argument:
            case FieldPath():
                return self._lookup(argument)
            case Call(function, ()):
                return self._own(function)
            case Call(function, arguments):
                return self._made(FUNCTIONS[function], [self.of(each) for each in arguments])
        return [argument] * len(self._rows)

    def _own(self, function: str) -> Column:
        """What comes of the identity of a row alone; each column has ids of its own."""
        if function == "now":
            return list(map(_moment, self._identity.times(self._rows)))
        keys = self._identity.keys(self._rows)
        hashes = [blake2b(f"{self._name}\0{key}".encode(), digest_size=16).digest() for key in keys]
        if function == "uuid":
            return [_random_uuid(each.hex()) for each in hashes]
        times = self._identity.times(self._rows)
        return [_time_uuid(time, each) for time, each in zip(times, hashes, strict=True)]

    def _made(self, function: Callable[..., Any], columns: Sequence[Column]) -> Column:
        made: list[Any] = []
        for at, values in enumerate(zip(*columns, strict=True)):
            try:
                made.append(function(*values))
            except _WrongArgumentError as error:
                found = ColumnError(self._name, shown(error.value), error.expected)
                self._misfits.setdefault(at, []).append(found)
                made.append(MISSING)
        return made


def _moment(microseconds: int) -> str:
    """ISO 8601, UTC."""
    return (_EPOCH + timedelta(microseconds=microseconds)).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _random_uuid(chance: str) -> str:
    """A UUID of version 4 (RFC 9562, 5.4) of 32 hexadecimal digits; `uuid.UUID` takes four times as long."""
    variant = "89ab"[int(chance[16], 16) & 3]
    return f"{chance[:8]}-{chance[8:12]}-4{chance[13:16]}-{variant}{chance[17:20]}-{chance[20:]}"


def _time_uuid(microseconds: int, chance: bytes) -> str:
    """A UUID of version 1 (RFC 9562, 5.1), whose node is none of a network card."""
    ticks = 10 * microseconds + _GREGORIAN
    node = int.from_bytes(chance[:6], "big") | 1 << 40
    sequence = int.from_bytes(chance[6:8], "big") & 0x3FFF
    fields = (ticks & 0xFFFFFFFF, (ticks >> 32) & 0xFFFF, (ticks >> 48) & 0x0FFF | 0x1000)
    return str(UUID(fields=(*fields, sequence >> 8 | 0x80, sequence & 0xFF, node)))


def _of_text(make: Callable[..., Any]) -> Callable[..., Any]:
    """A function of a text; further arguments stand as they are."""

    def made(value: Any, *fixed: Any) -> Any:
        if value is MISSING or is_null(value):
            return value
        if not isinstance(value, str):
            raise _WrongArgumentError(value, "a text")
        return make(value, *fixed)

    return made


def _split(text: str, separator: str, place: int | None = None) -> Any:
    parts = text.split(separator)
    if place is None:
        return parts
    return parts[place] if place < len(parts) else None


def _from_json(text: str) -> Any:
    try:
        return _decode(text)
    except (msgspec.DecodeError, RecursionError):
        raise _WrongArgumentError(text, "JSON") from None


def _to_json(value: Any) -> Any:
    return value if value is MISSING or is_null(value) else letter_form(value).decode()


def _concat(*values: Any) -> Any:
    there = [value for value in values if value is not MISSING and not is_null(value)]
    return "".join(map(_spelled, there)) if there else None


def _coalesce(*values: Any) -> Any:
    return next((value for value in values if value is not MISSING and not is_null(value)), None)


def _hash(value: Any) -> Any:
    if value is MISSING or is_null(value):
        return value
    return sha256(_spelled(value).encode("utf-8", "surrogatepass")).hexdigest()


def _spelled(value: Any) -> str:
    """A value as text, as it would stand in JSON but without quotes."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int() | Decimal():
            return str(value)
        case msgspec.Raw() | float():
            return letter_form(value).decode().strip('"')
        case bytes():
            return b64encode(value).decode()
        case UUID() | datetime() | date() | time():
            return str(msgspec.to_builtins(value))
    raise _WrongArgumentError(value, "a text, a number, true or false")


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "lower": _of_text(str.lower),
    "upper": _of_text(str.upper),
    "trim": _of_text(str.strip),
    "split": _of_text(_split),
    "from_json": _of_text(_from_json),
    "to_json": _to_json,
    "concat": _concat,
    "coalesce": _coalesce,
    "hash": _hash,
}
