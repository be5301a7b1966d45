"""Chunk record: what a checkpoint says of one chunk."""

from __future__ import annotations

import msgspec

from loader.checkpoint.spans import Run, runs_of, unpack


class ChunkRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """One chunk: where it lies, and which of its rows are settled.

    `settled` are those rows as `spans.pack` writes them; "" where all are. `digest` is the hash of the chunk's bytes,
    hex, for sources that cannot be read from an offset. `length` is in bytes. `skipped` counts the rows that are left
    out.
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
    skipped: int = 0

    @property
    def settled_rows(self) -> list[Run]:
        """The settled rows as runs of ordinals."""
        if not self.settled:
            return [(self.ordinal, self.rows)]
        return [(self.ordinal + first, count) for first, count in runs_of(unpack(self.settled, self.rows))]
