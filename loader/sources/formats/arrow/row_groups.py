"""Reader of Parquet: chunks of the rows of one row group after the other."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from loader.config import sections
from loader.rows import Chunk, Source
from loader.sources.errors import InputError
from loader.sources.formats.arrow.chunks_ahead import ChunksAhead
from loader.sources.formats.arrow.columnar import chosen
from loader.sources.formats.arrow.cutting import BatchRead, Cutter, told
from loader.sources.locations.base import Location
from loader.sources.locations.random_access import random_access
from loader.sources.numbering import ChunkLimits, Numbering

_BUFFER = 2**20  # bytes of a column that are read at once


class RowGroups:
    """The rows of a Parquet file from the one at `first` on. Only the columns that are asked for are read.

    Rows are decoded by as many as fit in a chunk, as far as that can be told before, and in one thread.
    """

    def __init__(self, location: Location, settings: sections.InputSettings, first: int = 0) -> None:
        """Raises InputError where it is cut short, encrypted, or has columns that no row can be made of."""
        self._name = location.name
        self._first = first
        self._ahead: ChunksAhead | None = None
        self._file = random_access(location)
        self._size = self._file.seek(0, os.SEEK_END)
        try:
            self._parquet = self._opened()
            self.schema = chosen(self._name, self._parquet.schema_arrow, settings)
        except BaseException:
            self._file.close()
            raise
        self._cutter = Cutter(self._name, self.schema, settings.max_row_bytes)

    def chunks(self, source: Source, numbering: Numbering) -> Iterator[Chunk]:
        """All of them in order; one is decoded while that before is worked on, and counted when it comes."""
        parts = self._parts(numbering.usual)
        self._ahead = ChunksAhead(self._cutter.chunks(parts, self._first, source, numbering.copy()))
        return numbering.counted(self._ahead.chunks())

    def close(self) -> None:
        if self._ahead is not None:
            self._ahead.close()
        self._parquet.close(force=True)
        self._file.close()

    def _opened(self) -> pq.ParquetFile:
        try:
            # Timestamps of 96 bits, which Hive, Impala and old Spark wrote, would overflow as nanoseconds.
            return pq.ParquetFile(
                self._file,
                buffer_size=_BUFFER,
                pre_buffer=False,
                page_checksum_verification=True,
                coerce_int96_timestamp_unit="us",
            )
        except (pa.ArrowException, OSError) as error:
            hint = "it is cut short or damaged: copy or write it anew, to its end"
            raise InputError(f"{self._name}: cannot be read as Parquet ({told(error)}); {hint}") from error

    def _parts(self, limits: ChunkLimits) -> Iterator[BatchRead]:
        """The rows from the first on."""
        all_rows = self._parquet.metadata.num_rows
        for start, group in self._groups():
            index = start
            for batch in self._batches(group, start, limits):
                skipped = max(0, self._first - index)
                index += batch.num_rows
                if skipped < batch.num_rows:
                    rows = self._cutter.plain(batch.slice(skipped), f"row group {group + 1}")
                    yield BatchRead(rows, self._size * index // all_rows)

    def _groups(self) -> Iterator[tuple[int, int]]:
        """The row groups that have rows to be read: index of the first row of each, and its number from 0."""
        start = 0
        for group in range(self._parquet.metadata.num_row_groups):
            rows = self._parquet.metadata.row_group(group).num_rows
            if rows and start + rows > self._first:
                yield start, group
            start += rows

    def _batches(self, group: int, start: int, limits: ChunkLimits) -> Iterator[Any]:
        """The rows of a row group. Raises InputError where they cannot be read on."""
        done, names = 0, self.schema.names
        size = _rows_at_once(self._parquet.metadata.row_group(group), limits)
        try:
            for batch in self._parquet.iter_batches(size, [group], names, use_threads=False):
                yield batch
                done += batch.num_rows
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            where = f"row {done + 1:,} of row group {group + 1} (row {start + done + 1:,} of all)"
            raise InputError(f"{self._name}: cannot be read on at {where}: {_why(error)}") from error


def _rows_at_once(group: Any, limits: ChunkLimits) -> int:
    """As many rows as fit in a chunk, by what all of the row group have in bytes."""
    of_a_row = max(1, group.total_byte_size // group.num_rows)
    return int(min(limits.max_rows, max(1, limits.max_bytes // of_a_row)))


def _why(error: Exception) -> str:
    """What is wrong with a row group, and what to do about it."""
    if "decrypt" in str(error).lower():
        advice = "leave its column out (--columns a,b), or have the file written anew without encryption"
        return f"it is encrypted ({told(error)}); {advice}"
    return told(error)
