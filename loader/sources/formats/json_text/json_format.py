"""JSON text as a format of rows: arrays, documents and sequences."""

from __future__ import annotations

from collections.abc import Iterator

from loader.config import sections
from loader.config.expressions.member_path import names_of
from loader.rows import Layout
from loader.sources.formats.base import FileForm, Opening, Reader
from loader.sources.formats.json_text.json_forms import ARRAY, DOCUMENTS, SEQUENCE, JsonForm, form_by, form_of
from loader.sources.formats.json_text.json_scanner import JsonScanner
from loader.sources.formats.json_text.json_stream import JsonStream
from loader.sources.formats.json_text.json_text_parser import JsonTextParser
from loader.sources.formats.json_text.separations import RS
from loader.sources.formats.jsonl import JsonLines
from loader.sources.locations.byte_source import ByteSource
from loader.sources.parser import Parser
from loader.sources.recognition.contradictions import refuse_binary, refuse_foreign
from loader.sources.recognition.foreign_texts import foreign_text
from loader.sources.recognition.head import Head
from loader.sources.recognition.json_texts import json_kind
from loader.sources.recognition.wrappers import wrapper
from loader.sources.start import Place
from loader.sources.text.reader import TextReader

_FORMS = {b"[": ARRAY, RS: SEQUENCE}
_SHOWN = {
    ARRAY: "rows: the elements of an array",
    DOCUMENTS: "rows: objects one behind the other, on one line or several",
    SEQUENCE: "rows: a JSON text sequence, each behind a record separator",
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
        path, head = names_of(opening.settings.path), opening.head
        form = form_of(ARRAY if path else _FORMS.get(head.first_line().lstrip()[:1], DOCUMENTS))
        place = Place(head.skipped, 1)
        stream = self._stream(head.source(), form, opening.settings, place, is_inside=False)
        return TextReader(stream), Layout(self.name, form=stream.begin().words)

    def open_at(self, source: ByteSource, layout: Layout, settings: sections.InputSettings, place: Place) -> Reader:
        return TextReader(self._stream(source, form_by(layout.form), settings, place, is_inside=True))

    def parser(self, layout: Layout, settings: sections.InputSettings) -> Parser:
        return JsonTextParser(form_by(layout.form), settings.encoding)

    def facts(self, layout: Layout, settings: sections.InputSettings) -> Iterator[str]:
        where = f" at {settings.path}" if settings.path else ""
        yield f"{_SHOWN[layout.form[0]]}{where}"

    def form(self, read_as: object, columns: tuple[str, ...]) -> FileForm:
        return FileForm(self.name)

    def _stream(
        self, source: ByteSource, form: JsonForm, settings: sections.InputSettings, place: Place, *, is_inside: bool
    ) -> JsonStream:
        enclosure = form.enclosure(source.name, names_of(settings.path), is_inside=is_inside)
        return JsonStream(source, JsonScanner(source.name, form, enclosure, settings.max_row_bytes, place))


JSON = JsonText()
