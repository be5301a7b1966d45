"""Forms of JSON text: how rows lie in an input."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from loader.sources.formats.json_text.enclosures import ArrayEnclosure, Enclosure, NoEnclosure
from loader.sources.formats.json_text.row_lines import DocumentLines, ElementLines, RowLines, UnknownLines
from loader.sources.formats.json_text.separations import RS, Commas, Nothing, RecordSeparators, Separation
from loader.sources.formats.json_text.tape import SPACE

ARRAY, DOCUMENTS, SEQUENCE = "array", "documents", "sequence"

_ELEMENT_LEAD = re.compile(rb"[ \t]*(?:,[ \t]*)?")


@dataclass(frozen=True, slots=True)
class JsonForm:
    """What rows lie in, what separates them, and how the lines begin that begin with one.

    `lines` is None as long as no row was seen. `lead` is what stands before each row on its line, None where rows begin
    anywhere; `name` and `lead` are what it takes to go on at any row of an input.
    """

    name: str
    separation: Separation
    lead_in: Callable[[bytes | None], bytes | None]
    lines_of: Callable[[bytes], RowLines]
    lines: RowLines | None = None
    lead: bytes | None = None

    @property
    def known_lines(self) -> RowLines:
        """How lines begin, as far as that is known."""
        return self.lines or UnknownLines()

    @property
    def space(self) -> bytes:
        """What means nothing between rows."""
        return SPACE + RS if self.name == SEQUENCE else SPACE

    def behind(self, line: bytes | None) -> JsonForm:
        """The same where the first row stands behind `line` on its line; None if that is not known."""
        return self._with_lead(self.lead_in(line))

    def again(self, words: Sequence[str]) -> JsonForm:
        """The same where `words` were those of a form."""
        return self._with_lead(words[1].encode("latin-1") if len(words) > 1 else None)

    def _with_lead(self, lead: bytes | None) -> JsonForm:
        return replace(self, lines=UnknownLines() if lead is None else self.lines_of(lead), lead=lead)

    def enclosure(self, name: str, path: Sequence[str], *, is_inside: bool) -> Enclosure:
        """What stands around rows in the input `name`, from its begin on, or from a row on."""
        return ArrayEnclosure(name, path, is_inside=is_inside) if self.name == ARRAY else NoEnclosure()

    @property
    def words(self) -> tuple[str, ...]:
        """It as words, for a layout."""
        return (self.name,) if self.lead is None else (self.name, self.lead.decode("latin-1"))


def _element_lead(line: bytes | None) -> bytes | None:
    return line if line is not None and _ELEMENT_LEAD.fullmatch(line) else None


def _document_lead(line: bytes | None) -> bytes:
    return b"" if line is None or line.strip(SPACE) else line


def _no_lead(line: bytes | None) -> None:
    """Separators tell more than lines."""


_FORMS = {
    ARRAY: JsonForm(ARRAY, Commas(), _element_lead, ElementLines),
    DOCUMENTS: JsonForm(DOCUMENTS, Nothing(), _document_lead, DocumentLines),
    SEQUENCE: JsonForm(SEQUENCE, RecordSeparators(), _no_lead, DocumentLines),
}


def form_of(name: str) -> JsonForm:
    """The form of that name, of which no row was seen yet."""
    return _FORMS[name]


def form_by(words: Sequence[str]) -> JsonForm:
    """The form that `words` stand for."""
    return _FORMS[words[0]].again(words)
