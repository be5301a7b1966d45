"""JSON Lines as a format of rows."""

from __future__ import annotations

from itertools import islice

from loader.config import sections
from loader.contents import RawJson
from loader.rows import Layout, ReadAs
from loader.sources.errors import InputError
from loader.sources.formats.base import Damaged, OneRow, Opening, Reader, RowFormat
from loader.sources.formats.json_parser import JsonlParser, embedded, fault_of
from loader.sources.locations.byte_source import ByteSource
from loader.sources.parser import Parser
from loader.sources.recognition.contradictions import refuse_binary, refuse_foreign
from loader.sources.recognition.foreign_texts import foreign_text
from loader.sources.recognition.head import Head
from loader.sources.recognition.json_texts import JsonKind, foreign_json, json_kind
from loader.sources.recognition.letters import dead_letters
from loader.sources.recognition.wrappers import wrapper
from loader.sources.split import Fault
from loader.sources.start import Place
from loader.sources.text.edges import LineEdges
from loader.sources.text.reader import TextReader
from loader.sources.text.row_stream import RowStream

_LINES = 20  # of what is called JSON Lines


class JsonLines(RowFormat):
    """A JSON object a line. Rows go as they are; each names its own fields."""

    name = "jsonl"
    endings: tuple[str, ...] = (".jsonl", ".ndjson", ".json")

    def begins(self, head: Head) -> str:
        return "as it begins with '{'" if json_kind(head) is JsonKind.LINES else ""

    def refuse(self, opening: Opening, why: str) -> None:
        name, codec, head = opening.name, opening.codec, opening.head
        refuse_binary(name, codec, head)
        if opening.is_guessed:
            refuse_foreign(name, codec, dead_letters(head) or (None if _is_called_lines(name) else wrapper(head)))
        refuse_foreign(name, codec, foreign_text(head) or foreign_json(head))
        if opening.is_guessed and _is_table(head):
            raise InputError(
                f"{name}: its name says JSON Lines, but its first lines are delimited, and none begins with '{{'; "
                "--format csv loads CSV, --format tsv TSV"
            )

    def open(self, opening: Opening) -> tuple[Reader, Layout]:
        place, layout = Place(opening.head.skipped, 1), Layout(self.name)
        return self.open_at(opening.head.source(), layout, opening.settings, place), layout

    def open_at(self, source: ByteSource, layout: Layout, settings: sections.InputSettings, place: Place) -> Reader:
        return TextReader(RowStream(source, LineEdges(), settings.max_row_bytes, place))

    def parser(self, layout: Layout, settings: sections.InputSettings) -> Parser:
        return JsonlParser(settings.encoding)

    def read_as(self, layout: Layout, settings: sections.InputSettings, *, readable: bool) -> ReadAs | None:
        return None

    def revived(self, row: bytes, read_as: ReadAs | None) -> OneRow | Damaged:
        fault = fault_of(row)
        return self._row(row) if fault is None else Damaged(f"its `row` is no row: {fault[1]}")

    def reread(self, raw: bytes, read_as: ReadAs | None) -> OneRow | Fault | Damaged:
        return fault_of(raw) or self._row(embedded(raw) if b"\n" in raw else raw)

    def _row(self, row: bytes) -> OneRow:
        return OneRow(Layout(self.name), RawJson([row]))


JSONL = JsonLines()


def _is_called_lines(name: str) -> bool:
    """Whether the name of an input says that each line of it is a row."""
    return any(ending in name.lower() for ending in (".jsonl", ".ndjson"))


def _is_table(head: Head) -> bool:
    """Whether the first lines are surely delimited ones: each holds the same delimiter, and none may be an object."""
    lines: list[bytes] = []
    for line in islice(head.lines(), _LINES):  # no further than tells
        lines.append(line)
        if line.lstrip().startswith(b"{"):
            return False
    return any(lines and all(separator in line for line in lines) for separator in b",;\t|")
