"""Parquet as a format of rows."""

from __future__ import annotations

import re

from loader.config import sections
from loader.rows import Layout
from loader.sources.errors import InputError
from loader.sources.formats.arrow.columnar import Columnar, layout_of, needing_pyarrow
from loader.sources.formats.base import Opening, Reader
from loader.sources.locations.base import Location
from loader.sources.recognition.contradictions import refuse_foreign
from loader.sources.recognition.head import Head
from loader.sources.recognition.signatures import foreign_bytes
from loader.sources.start import Place

_MAGIC = re.compile(rb"PAR1(?![\t\r\n\x20-\x7e]|\Z)", re.DOTALL)
_TELLS = 16  # bytes
_BEGINNING, _ENCRYPTED = b"PAR1", b"PARE"


class Parquet(Columnar):
    """Rows of Parquet files, row group by row group. A file must lie where it can be read from its end."""

    name = "parquet"
    called = "Parquet"
    endings = (".parquet", ".pq", ".parq")

    def begins(self, head: Head) -> str:
        return "as it begins with PAR1" if _MAGIC.match(head.start(_TELLS)) else ""

    def refuse(self, opening: Opening, why: str) -> None:
        """Where a column is encrypted what follows the first bytes may look like text."""
        start = opening.head.start(_TELLS)
        if start.startswith(_ENCRYPTED):
            refuse_foreign(opening.name, opening.codec, foreign_bytes(start))
        if not start.startswith(_BEGINNING):
            super().refuse(opening, why)

    def open(self, opening: Opening) -> tuple[Reader, Layout]:
        opening.head.source().close()
        if opening.location is None:
            how = "compressed" if opening.codec else "as a stream"
            raise InputError(
                f"{opening.name}: is Parquet, which is read from its end, and it comes {how}; save it as a plain file, "
                "and load that"
            )
        with needing_pyarrow(opening.name, self.called):
            from loader.sources.formats.arrow.row_groups import RowGroups

            reader = RowGroups(opening.location, opening.settings)
            return reader, layout_of(self.name, reader.schema)

    def open_place(self, location: Location, layout: Layout, settings: sections.InputSettings, place: Place) -> Reader:
        from loader.sources.formats.arrow.row_groups import RowGroups

        return RowGroups(location, settings, place.offset)


PARQUET = Parquet()
