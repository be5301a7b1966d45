"""JSON text as a format of rows: arrays, documents and sequences."""

from __future__ import annotations

from collections.abc import Iterator

from loader.config import sections
from loader.rows import Layout
from loader.sources.formats.base import FileForm, Opening, Reader
from loader.sources.formats.jsonl import JsonLines
from loader.sources.locations.byte_source import ByteSource
from loader.sources.parser import Parser
from loader.sources.recognition.contradictions import refuse_binary, refuse_foreign
from loader.sources.recognition.foreign_texts import foreign_text
from loader.sources.recognition.head import Head
from loader.sources.recognition.json_texts import json_kind
from loader.sources.recognition.wrappers import wrapper
from loader.sources.start import Place

_SHOWN = {
    "array": "rows: the elements of an array",
    "documents": "rows: objects one behind the other, on one line or several",
    "sequence": "rows: a JSON text sequence, each behind a record separator",
}


class JsonText(JsonLines):
    """JSON as it comes: an array at the root or in an object, objects on any lines, text sequences (RFC 7464).

    Rows are as in JSON Lines.
    """

    name = "json"
    endings = (".json", ".jsonl", ".ndjson")
    keys = ("encoding", "path")

    def begins(self, head: Head) -> str:
        return json_kind(head).value

    def refuse(self, opening: Opening, why: str) -> None:
        name, codec, head = opening.name, opening.codec, opening.head
        refuse_binary(name, codec, head)
        refuse_foreign(name, codec, foreign_text(head) or (None if opening.settings.path else wrapper(head)))

    def open(self, opening: Opening) -> tuple[Reader, Layout]:
        from loader.sources.formats.json_text.json_reading import reader_of

        reader, words = reader_of(opening)
        return reader, Layout(self.name, form=words)

    def open_at(self, source: ByteSource, layout: Layout, settings: sections.InputSettings, place: Place) -> Reader:
        from loader.sources.formats.json_text.json_reading import reader_at

        return reader_at(source, layout, settings, place)

    def parser(self, layout: Layout, settings: sections.InputSettings) -> Parser:
        from loader.sources.formats.json_text.json_reading import parser_of

        return parser_of(layout, settings)

    def facts(self, layout: Layout, settings: sections.InputSettings) -> Iterator[str]:
        where = f" at {settings.path}" if settings.path else ""
        yield f"{_SHOWN[layout.form[0]]}{where}"

    def has_end(self, layout: Layout) -> bool:
        return layout.form[:1] == ("array",)

    def form(self, read_as: object, columns: tuple[str, ...]) -> FileForm:
        return FileForm(self.name)


JSON = JsonText()
