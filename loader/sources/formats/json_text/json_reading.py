"""Readers and parsers of JSON text, by its form."""

from __future__ import annotations

from loader.config import sections
from loader.config.expressions.member_path import names_of
from loader.rows import Layout
from loader.sources.formats.base import Opening, Reader
from loader.sources.formats.json_text.json_forms import ARRAY, DOCUMENTS, SEQUENCE, JsonForm, form_by, form_of
from loader.sources.formats.json_text.json_scanner import JsonScanner
from loader.sources.formats.json_text.json_stream import JsonStream
from loader.sources.formats.json_text.json_text_parser import JsonTextParser
from loader.sources.formats.json_text.separations import RS
from loader.sources.locations.byte_source import ByteSource
from loader.sources.parser import Parser
from loader.sources.start import Place
from loader.sources.text.reader import TextReader

_FORMS = {b"[": ARRAY, RS: SEQUENCE}


def reader_of(opening: Opening) -> tuple[Reader, tuple[str, ...]]:
    """An input from its first row on, and the words for its form. Raises InputError."""
    head = opening.head
    name = ARRAY if names_of(opening.settings.path) else _FORMS.get(head.first_line().lstrip()[:1], DOCUMENTS)
    stream = _stream(head.source(), form_of(name), opening.settings, Place(head.skipped, 1), is_inside=False)
    return TextReader(stream), stream.begin().words


def reader_at(source: ByteSource, layout: Layout, settings: sections.InputSettings, place: Place) -> Reader:
    """An input from a row on."""
    return TextReader(_stream(source, form_by(layout.form), settings, place, is_inside=True))


def parser_of(layout: Layout, settings: sections.InputSettings) -> Parser:
    """What makes rows of its chunks."""
    return JsonTextParser(form_by(layout.form), settings.encoding)


def _stream(
    source: ByteSource, form: JsonForm, settings: sections.InputSettings, place: Place, *, is_inside: bool
) -> JsonStream:
    enclosure = form.enclosure(source.name, names_of(settings.path), is_inside=is_inside)
    return JsonStream(source, JsonScanner(source.name, form, enclosure, settings.max_row_bytes, place))
