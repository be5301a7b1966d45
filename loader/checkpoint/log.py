"""`checkpoint`: append-only, checksummed records of what was settled; each line is checksum, space, JSON.

A record says what changed since the one before, so the file grows with the number of chunks, not of rows or seconds.
"""

from __future__ import annotations

import os
import zlib
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from loader import files
from loader.checkpoint.folder import CheckpointError


class ChunkRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """One chunk: where it lies, and which of its rows are settled.

    `settled` is a bitmap, lowest bit first, deflated and in base64; empty where all rows are settled.
    """

    number: int
    source: int
    ordinal: int
    line: int
    offset: int
    length: int
    rows: int
    digest: str = ""
    settled: str = ""


class Record(msgspec.Struct, frozen=True, omit_defaults=True, tag="settled"):
    """What was settled since the record before; totals are those of the whole load so far.

    `dlq_length` is the length in bytes that the letters of these rows need. `limits` are byte limits by target.
    `in_doubt` are ordinals handed back after an ambiguous attempt. `finished` marks the end of the input.
    """

    chunks: list[ChunkRecord]
    totals: dict[str, Any]
    errors: dict[str, Any]
    dlq_length: int
    limits: dict[str, int] = {}
    in_doubt: list[int] = []
    finished: bool = False


class Note(msgspec.Struct, frozen=True, tag="note"):
    """Rows that may not be repeated and are about to be sent: runs of ordinals, each first and count."""

    runs: list[tuple[int, int]]


_Line = msgspec.json.Decoder(Record | Note)


@dataclass(slots=True)
class State:
    """What the whole file says."""

    chunks: dict[int, ChunkRecord] = field(default_factory=dict)
    notes: list[tuple[int, int]] = field(default_factory=list)
    last: Record | None = None
    length: int = 0  # of all whole records, in bytes

    def take(self, record: Record | Note) -> None:
        """Add the next record."""
        if isinstance(record, Note):
            self.notes.extend(record.runs)
            return
        self.last = record
        self.chunks.update((chunk.number, chunk) for chunk in record.chunks)


class CheckpointWriter:
    """Appends records, each durable when the call returns. Raises CheckpointError. Used by one thread."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._fd = files.open_private(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        except OSError as error:
            raise CheckpointError(str(error)) from error

    def append(self, record: Record | Note) -> None:
        data = msgspec.json.encode(record)
        try:
            files.write_all(self._fd, b"%08x %b\n" % (zlib.crc32(data), data))
            files.sync(self._fd)
        except OSError as error:
            raise CheckpointError(f"{self.path}: the checkpoint cannot be written: {error.strerror}") from error

    def close(self) -> None:
        os.close(self._fd)


def read(path: Path) -> State:
    """All whole records. A torn last one is left out; a damaged one before it raises CheckpointError."""
    state = State()
    try:
        lines = path.read_bytes().splitlines(keepends=True)
    except OSError as error:
        raise CheckpointError(f"{path}: cannot be read: {error.strerror}") from error
    for number, line in enumerate(lines, 1):
        record = _decode(line)
        if record is None:
            if number == len(lines):
                break
            raise CheckpointError(f"{path}: line {number} is damaged; this run cannot be resumed")
        state.take(record)
        state.length += len(line)
    return state


def _decode(line: bytes) -> Record | Note | None:
    checksum, _, data = line.removesuffix(b"\n").partition(b" ")
    if not line.endswith(b"\n") or checksum != b"%08x" % zlib.crc32(data):
        return None
    try:
        record: Record | Note = _Line.decode(data)
    except msgspec.DecodeError:
        return None
    return record


def pack(states: bytes | bytearray) -> str:
    """A bitmap of the rows whose state is not 0, as `ChunkRecord.settled` holds it."""
    bits = 0
    text = bytes(states).translate(_ONES)[::-1]
    if text:
        bits = int(text, 2)
    return b64encode(zlib.compress(bits.to_bytes((len(states) + 7) // 8, "little"))).decode()


def unpack(chunk: ChunkRecord) -> bytes:
    """One byte a row: 1 where it is settled."""
    if not chunk.settled:
        return b"\1" * chunk.rows
    bits = int.from_bytes(zlib.decompress(b64decode(chunk.settled)), "little")
    text = format(bits, f"0{chunk.rows}b") if chunk.rows else ""
    return text.encode().translate(_ZEROS)[::-1]


_ONES = bytes([ord("0")]) + bytes([ord("1")]) * 255
_ZEROS = bytes(1 if byte == ord("1") else 0 for byte in range(256))
