"""Record batches that a program gives: a location, and what reads them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from loader.config import sections
from loader.rows import Chunk, Source
from loader.sources.errors import InputError
from loader.sources.formats.arrow.columnar import chosen
from loader.sources.formats.arrow.cutting import told
from loader.sources.formats.arrow.plain_types import as_plain
from loader.sources.formats.arrow.record_batches import RecordBatches
from loader.sources.locations.base import Fingerprint, Location
from loader.sources.locations.byte_source import Content
from loader.sources.locations.given_rows import PulledBytes
from loader.sources.locations.names import ROWS
from loader.sources.numbering import Numbering

_END = b"\xff\xff\xff\xff\0\0\0\0"  # of a stream (Arrow columnar format, IPC Streaming Format)


class GivenBatches(Location):
    """A table, a reader or a batch of Arrow, or several, read as an Arrow IPC stream. Can be gone through once."""

    once = True
    seekable = False
    places = ()
    identity = None

    def __init__(self, batches: Any, name: str = ROWS) -> None:
        """Raises InputError where it cannot be told which columns there are."""
        self.name = name
        several = list(batches) if isinstance(batches, list | tuple) else [batches]
        try:
            self._readers = [_reader(each) for each in several]
        except (pa.ArrowException, TypeError, ValueError) as error:
            raise InputError(f"{name}: no record batches of Arrow: {told(error)}") from error
        self.schema = self._readers[0].schema
        self.plain = self.schema

    def open(self) -> Content:
        """They are pulled from the first read on, by a thread of their own, one ahead of what is read."""
        return PulledBytes(self._messages(), self.name, "record batch")

    def fingerprint(self) -> Fingerprint:
        return Fingerprint()

    def _messages(self) -> Iterator[bytes]:
        """The stream, a batch at a time; only columns of `plain`, as that has their types."""
        begin = self.plain.serialize().to_pybytes()
        for reader in self._readers:
            if reader.schema.remove_metadata() != self.schema.remove_metadata():
                raise TypeError("its columns are not those of the first batch")
            for batch in _batches(reader):
                columns = [as_plain(batch.column(each.name), each.type) for each in self.plain]
                rows = pa.RecordBatch.from_arrays(columns, schema=self.plain)
                yield begin + rows.serialize().to_pybytes()
                begin = b""
        yield begin + _END


class GivenReader:
    """The chunks of record batches of a program; lines count from 0, as indexes do. None is pulled before."""

    def __init__(self, location: GivenBatches, settings: sections.InputSettings) -> None:
        """Raises InputError where there are columns that no row can be made of."""
        self.schema = location.plain = chosen(location.name, location.schema, settings)
        self._content = location.open()
        self._settings = settings

    def chunks(self, source: Source, numbering: Numbering) -> Iterator[Chunk]:
        yield from RecordBatches(self._content, self._settings, is_file=False, first_line=0).chunks(source, numbering)

    def close(self) -> None:
        self._content.close()


def _batches(reader: Any) -> Iterator[Any]:
    while True:
        try:
            batch = reader.read_next_batch()
        except StopIteration:
            return
        except (pa.ArrowException, OSError) as error:  # what a generator raised, with its traceback in the text
            raise OSError(told(error)) from error
        yield batch


def _reader(batches: Any) -> Any:
    """What gives the batches of a table, a reader or a batch of any library (the Arrow PyCapsule interface)."""
    if hasattr(batches, "__arrow_c_stream__"):
        return pa.RecordBatchReader.from_stream(batches)
    batch = pa.record_batch(batches)
    return pa.RecordBatchReader.from_batches(batch.schema, [batch])
