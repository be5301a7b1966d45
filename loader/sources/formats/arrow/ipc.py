"""Arrow IPC, files and streams, as a format of rows."""

from __future__ import annotations

import re

from loader.config import sections
from loader.rows import Layout
from loader.sources.formats.arrow.columnar import Columnar, layout_of, needing_pyarrow
from loader.sources.formats.base import Opening, Reader
from loader.sources.locations.base import Location
from loader.sources.locations.names import ROWS
from loader.sources.recognition.head import Head
from loader.sources.start import Place

_FILE = re.compile(rb"ARROW1\0")
_STREAM = re.compile(rb"\xff\xff\xff\xff.{3}\0[\x08-\x20]\0\0\0", re.DOTALL)  # continuation, length, a flatbuffer
_TELLS = 16  # bytes, which the smallest stream has; more are not waited for where somebody writes


class ArrowIpc(Columnar):
    """Record batches of Arrow, with the footer of a file or without; `.feather` of version 2 is such a file."""

    name = "arrow"
    called = "Arrow"
    endings: tuple[str, ...] = (".arrow", ".feather", ".arrows", ".ipc")

    def begins(self, head: Head) -> str:
        start = head.start(_TELLS)
        if _FILE.match(start):
            return "as it begins with ARROW1"
        return "as it begins like a stream of Arrow" if _STREAM.match(start) else ""

    def open(self, opening: Opening) -> tuple[Reader, Layout]:
        is_file = _FILE.match(opening.head.start(_TELLS)) is not None
        with needing_pyarrow(opening.name, self.called):
            from loader.sources.formats.arrow.record_batches import RecordBatches

            source = opening.head.source()
            reader = RecordBatches(source, opening.settings, is_file=is_file)
            return reader, layout_of(self.name, reader.schema)

    def open_place(self, location: Location, layout: Layout, settings: sections.InputSettings, place: Place) -> Reader:
        """Batches before the place are read past: what they say of texts that come again may be needed."""
        from loader.sources.formats.arrow.record_batches import RecordBatches

        head = Head(location.open())
        is_file = _FILE.match(head.start(_TELLS)) is not None
        return RecordBatches(head.source(), settings, is_file=is_file, first=place.offset)

    def given(self, batches: object, settings: sections.InputSettings) -> tuple[Location, Reader, Layout]:
        """What a program gives: a table, a reader or a batch, or a list of these, from any library that exports them.

        Raises InputError where pyarrow is missing, or columns are none that rows can be made of.
        """
        with needing_pyarrow(ROWS, "record batches"):
            from loader.sources.formats.arrow.given_batches import GivenBatches, GivenReader

            location = GivenBatches(batches)
            reader = GivenReader(location, settings)
        return location, reader, layout_of(self.name, reader.schema)


ARROW = ArrowIpc()
