"""Reader of Arrow IPC: chunks of one record batch after the other."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from loader.config import sections
from loader.rows import Chunk, Source
from loader.sources.errors import InputError
from loader.sources.formats.arrow.columnar import chosen
from loader.sources.formats.arrow.cutting import BatchRead, Cutter, told
from loader.sources.formats.arrow.plain_types import without_texts
from loader.sources.formats.arrow.sequential import Sequential
from loader.sources.locations.byte_source import ByteSource
from loader.sources.numbering import Numbering

FILE_MAGIC = b"ARROW1"
_PADDED_MAGIC = 8  # bytes


class RecordBatches:
    """The rows of an Arrow IPC file or stream from the one at `first` on, read from its beginning.

    A file is a stream between two marks (Arrow columnar format, IPC File Format), and is read like one.
    """

    def __init__(
        self,
        source: ByteSource,
        settings: sections.InputSettings,
        *,
        is_file: bool,
        first: int = 0,
        first_line: int = 1,
    ) -> None:
        """Raises InputError where it does not begin with a schema, or has columns that no row can be made of."""
        self._name = source.name
        self._first = first
        self._is_file = is_file
        self._file = Sequential(source)
        self._due = 0.0  # monotonic: when the rows that came have waited long enough; 0 if there are none
        try:
            self._stream = self._opened(settings)
        except BaseException:
            self._file.close()
            raise
        self._cutter = Cutter(self._name, self.schema, settings.max_row_bytes, first_line)

    def chunks(self, source: Source, numbering: Numbering) -> Iterator[Chunk]:
        return self._cutter.chunks(self._parts(numbering.usual.max_wait), self._first, source, numbering)

    def close(self) -> None:
        self._file.close()

    def _parts(self, patience: float | None) -> Iterator[BatchRead]:
        """The rows from the first on."""
        index = 0
        for number, batch in enumerate(self._batches(), 1):
            skipped = max(0, self._first - index)
            index += batch.num_rows
            if skipped < batch.num_rows:
                self._check(batch, number)
                rows = self._cutter.plain(batch.slice(skipped), f"record batch {number}")
                yield BatchRead(rows, self._file.position, self._is_late(patience))

    def _check(self, batch: pa.RecordBatch, number: int) -> None:
        """Raises InputError where a batch is not what it says it is, before anything is made of it.

        pyarrow takes what it is given for sound, and would end the process. Texts that are no UTF-8 are rows' faults.
        """
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            try:
                _validate(column)
            except (pa.ArrowException, ValueError) as error:
                what = f"record batch {number:,} is damaged in its column {name}"
                raise InputError(f"{self._name}: {what}: {told(error)}") from error

    def _is_late(self, patience: float | None) -> bool:
        """Whether rows that came from somebody who writes must not wait for the next, which take longer to come."""
        if not self._file.is_live or patience is None:
            return False
        self._due = self._due or time.monotonic() + patience
        is_there = self._file.waits(max(0.0, self._due - time.monotonic()))
        if is_there and time.monotonic() < self._due:
            return False
        self._due = 0.0
        return True

    def _opened(self, settings: sections.InputSettings) -> Any:
        if self._is_file:
            self._file.read(_PADDED_MAGIC)
        try:
            stream = pa.ipc.open_stream(self._file)
            self.schema = chosen(self._name, stream.schema, settings)
        except (pa.ArrowException, OSError) as error:
            raise InputError(f"{self._name}: cannot be read as Arrow: {told(error)}") from error
        return stream

    def _batches(self) -> Iterator[Any]:
        number = 1
        while True:
            try:
                batch = self._stream.read_next_batch()
            except StopIteration:
                self._check_end(number - 1)
                return
            except (pa.ArrowException, OSError) as error:
                what = f"cannot be read on at record batch {number:,}"
                raise InputError(f"{self._name}: {what}: {told(error)}; it is cut short or damaged") from error
            yield batch
            number += 1

    def _check_end(self, batches: int) -> None:
        """Raises InputError where the mark of the end is missing: what was written before may be missing, too."""
        is_whole = not self._file.has_ended and (not self._is_file or self._file.read().endswith(FILE_MAGIC))
        if not is_whole:
            what = "file" if self._is_file else "stream"
            raise InputError(
                f"{self._name}: the {what} ends after {batches:,} record batches without the mark of its end; more may "
                "have been meant to come: write it anew, and close what writes it"
            )


def _validate(column: pa.Array) -> None:
    """Raises ArrowInvalid where a column is damaged, but not for texts that are no UTF-8: as bytes they are sound."""
    try:
        column.validate(full=True)
    except pa.ArrowInvalid:  # as bytes not at first: such a view gives nulls within a list a wrong length
        large = pa.types.is_large_string(column.type)
        column.view(pa.large_binary() if large else without_texts(column.type)).validate(full=True)
