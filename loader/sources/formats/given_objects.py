"""Objects that a program gives. They are no format that an input can be said to have."""

from __future__ import annotations

from loader.rows import Layout
from loader.sources.formats.base import Opening, Reader
from loader.sources.formats.jsonl import JsonLines
from loader.sources.start import Place


class GivenObjects(JsonLines):
    """One object a line, as `GivenRows` writes them; lines count from 0, so that the line of a row is its index."""

    endings = ()

    def refuse(self, opening: Opening, why: str) -> None:
        """Nothing: it is known what they are."""

    def open(self, opening: Opening) -> tuple[Reader, Layout]:
        place, layout = Place(opening.head.skipped, 0), Layout(self.name)
        return self.open_at(opening.head.source(), layout, opening.settings, place), layout


GIVEN_OBJECTS = GivenObjects()
