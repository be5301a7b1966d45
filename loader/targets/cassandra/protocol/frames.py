"""Request frames: BATCH and EXECUTE of the native protocol, version 4 (sections 4.1.6 and 4.1.7)."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cassandra import ConsistencyLevel

_UNLOGGED = 1
_PREPARED = 1
_WITH_VALUES = 0x01
_WITH_SERIAL_CONSISTENCY = 0x10

_head = struct.Struct(">BBhBi").pack  # version, flags, stream, opcode, length of the body (section 2)
_short = struct.Struct(">H").pack
_EXECUTE = 0x0A
_BATCH = 0x0D
MOST_STATEMENTS = 0xFFFF  # in one BATCH


@dataclass(frozen=True, slots=True)
class Frame:
    """One request without the stream number that it gets with its connection."""

    opcode: int
    body: bytes


def encode(frame: Frame, stream: int, version: int, **_: Any) -> bytes:
    """The encoder that the driver's connections ask for (its `Connection.send_msg`)."""
    return _head(version, 0, stream, frame.opcode, len(frame.body)) + frame.body


class Framer:
    """Makes requests of rows whose values are bound already. Thread-safe.

    Values are those of one row one after the other, each with its length, as `mapping.cql` makes them.
    """

    def __init__(
        self, query_id: bytes, parameters: int, *, consistency: str, serial_consistency: str, answers: bool
    ) -> None:
        """`answers`: the statement answers with rows, as a lightweight transaction does."""
        statement = _short(len(query_id)) + query_id
        level = _short(ConsistencyLevel.name_to_value[consistency])
        flags = _WITH_VALUES | _WITH_SERIAL_CONSISTENCY if answers else _WITH_VALUES
        self._statement = bytes((_PREPARED,)) + statement + _short(parameters)
        self._execute = statement + level + bytes((flags,)) + _short(parameters)
        self._serial = _short(ConsistencyLevel.name_to_value[serial_consistency]) if answers else b""
        self._batch_end = level + b"\0"  # no flags

    @property
    def overhead(self) -> int:
        """The bytes of a statement in a BATCH besides its values."""
        return len(self._statement)

    def frame(self, values: Sequence[bytes]) -> Frame:
        """The request that writes these rows, at least one."""
        if len(values) == 1:
            return Frame(_EXECUTE, self._execute + values[0] + self._serial)
        head = bytes((_UNLOGGED,)) + _short(len(values))
        return Frame(_BATCH, head + self._statement.join((b"", *values)) + self._batch_end)
