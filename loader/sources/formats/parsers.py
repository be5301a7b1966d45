"""Parser of each format."""

from __future__ import annotations

from loader.config import sections
from loader.rows import Source
from loader.sources.formats.delimited.dialect import dialect_of
from loader.sources.formats.delimited.parser import DelimitedParser
from loader.sources.formats.jsonl import JsonlParser
from loader.sources.parser import Parser


def parser_for(source: Source, settings: sections.Input) -> Parser:
    """The parser of a source of rows; dead letters have their own."""
    if source.layout.format.is_delimited:
        return DelimitedParser(dialect_of(source.layout.format, settings), strict=settings.strict)
    return JsonlParser()
