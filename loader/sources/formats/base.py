"""Row format: all that the rest of the program asks of a format of rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from loader.config import sections
from loader.config.contradiction import Contradiction
from loader.contents import RowContent
from loader.error_types import ErrorType
from loader.errors import UsageError
from loader.formats import AUTO, FORMATS
from loader.rows import Chunk, Layout, ReadAs, Source
from loader.sources.locations.base import Location
from loader.sources.locations.byte_source import ByteSource
from loader.sources.numbering import Numbering
from loader.sources.parser import Parser
from loader.sources.recognition.head import Head
from loader.sources.split import Fault
from loader.sources.start import Place


class Reader(Protocol):
    """The chunks of one input that is open. Used by one thread."""

    def chunks(self, source: Source, numbering: Numbering) -> Iterator[Chunk]:
        """All of them in order, lazily, none over the limits of `numbering`, which makes them.

        The same input is cut into the same chunks, however it comes. Raises InputError where it cannot be read on,
        after all whole rows before.
        """

    def close(self) -> None:
        """Give back what is open. Idempotent."""


@dataclass(frozen=True, slots=True)
class Opening:
    """An input that is open, from its first byte on: `head` looks ahead in it, and gives it whole.

    `name` is what messages call it; `codec` names the compression that was taken off, "" for none. `location` is where
    it can be opened again, and in the middle; None where it cannot be, or lies there compressed. `encoding` is that
    which it was decoded from, "" for none.
    """

    name: str
    head: Head
    settings: sections.InputSettings
    codec: str = ""
    location: Location | None = None
    encoding: str = ""

    @property
    def is_guessed(self) -> bool:
        """Whether nobody said of which format it is."""
        return self.settings.format == AUTO


@dataclass(frozen=True, slots=True)
class Damaged:
    """Why a letter holds no row, as a sentence: what stands in it is not what a letter of its format has."""

    why: str


@dataclass(frozen=True, slots=True)
class OneRow:
    """One row from its letter: the form that rows of its input have, and `content` of one row."""

    layout: Layout
    content: RowContent

    def row(self) -> bytes:
        """It as a JSON object."""
        return self.content.row(0)


@dataclass(frozen=True, slots=True)
class FileForm:
    """What rows must have in common to stand in one file, as `loader dlq export` writes it. JSON, one a line.

    `format` is that which reads the file; `columns` are the names of fields, where they stand in a header.
    """

    format: str
    columns: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.format

    @property
    def head(self) -> bytes | None:
        """The line before the rows, without its end; None if there is none."""
        return None

    def written(self, row: OneRow) -> bytes:
        """A row as it stands there, without line end. Raises ValueError where it cannot stand there."""
        return row.row()

    @property
    def takes_bytes(self) -> bool:
        """Whether a row that could not be read can stand there as it was."""
        return True


class RowFormat:
    """A format of rows. Immutable; used by any thread.

    `name` is the word of `--format` and of letters, `endings` are those of names of files, in lower case and with the
    dot; several formats may have the same. `error_types` are those of its bad rows that `loader.sources.error_types`
    does not have. With `may_be_encoded` it is text, which may be of any encoding, and comes as UTF-8; what is none is
    asked for its first bytes where those of an input are no text. `keys` are those of `[input]` that say how it is
    read, besides `format`. What reads a format is imported when it is used, where it takes long to import.
    """

    name: str
    endings: tuple[str, ...] = ()
    error_types: Sequence[ErrorType] = ()
    may_be_encoded: bool = True
    keys: Sequence[str] = ("encoding",)

    def begins(self, head: Head) -> str:
        """What speaks for this format in the first bytes, as the end of a sentence; "" if nothing does."""
        raise NotImplementedError

    def refuse(self, opening: Opening, why: str) -> None:
        """Raise InputError where an input that was taken for this format is surely something else.

        `why` it was taken for it is the end of a sentence.
        """

    def contradictions(self, settings: sections.InputSettings) -> Iterator[Contradiction]:
        """Those between the keys of `[input]` where they are to read this format.

        They are looked at with the config where it names the format, else when an input is recognised as one of it.
        """
        return iter(())

    def open(self, opening: Opening) -> tuple[Reader, Layout]:
        """The input from its first row on, and the form of its rows. Raises InputError."""
        raise NotImplementedError

    def open_at(self, source: ByteSource, layout: Layout, settings: sections.InputSettings, place: Place) -> Reader:
        """The rows of an input from `place` on, where a chunk begins. `source` begins at its offset."""
        raise NotImplementedError

    def open_place(self, location: Location, layout: Layout, settings: sections.InputSettings, place: Place) -> Reader:
        """The same of what lies at a location; for formats whose places are no offsets of bytes."""
        return self.open_at(location.open_at(place.offset), layout, settings, place)

    def reach(self, settings: sections.InputSettings) -> int:
        """How many bytes behind the begin of a row without a place in a chunk may be read otherwise because of it.

        A resume that would begin there goes back to that row. 0 where a chunk is read alike whatever is before it.
        """
        return 0

    def parser(self, layout: Layout, settings: sections.InputSettings) -> Parser:
        """What makes rows of the chunks of an input."""
        raise NotImplementedError

    def facts(self, layout: Layout, settings: sections.InputSettings) -> Iterator[str]:
        """How an input is read, as `loader check` shows it."""
        if layout.columns:
            yield f"columns: {', '.join(layout.columns)}"

    def others(self, settings: sections.InputSettings) -> Iterator[sections.InputSettings]:
        """Other settings by which such an input is often read, those first that leave out least."""
        return iter(())

    def has_end(self, layout: Layout) -> bool:
        """Whether something in an input says where its rows end, so that one that was cut short is told."""
        return False

    # -- letters

    def read_as(self, layout: Layout, settings: sections.InputSettings, *, readable: bool) -> ReadAs | None:
        """What a letter must say so that its row is read again; None for nothing.

        `readable` rows stand in their letters as JSON, by the names of their fields.
        """
        raise NotImplementedError

    def settings_of(self, read_as: ReadAs) -> sections.InputSettings:
        """The settings that `read_as` stands for. Raises RefusedError for what cannot be."""
        return sections.InputSettings(format=self.name)

    def revived(self, row: bytes, read_as: ReadAs | None) -> OneRow | Damaged:
        """The row that stands in a letter as JSON, as this format reads it."""
        raise NotImplementedError

    def reread(self, raw: bytes, read_as: ReadAs | None) -> OneRow | Fault | Damaged:
        """The row that stands in a letter as its original bytes."""
        raise NotImplementedError

    def form(self, read_as: ReadAs | None, columns: tuple[str, ...]) -> FileForm:
        """How rows of letters are written to a file, where their fields are `columns`."""
        return FileForm(FORMATS.own[0])


def format_of(name: str) -> RowFormat:
    """The format of that name. Raises UsageError where there is none, or that of a package cannot be used."""
    if name not in FORMATS:
        *others, last = FORMATS.names
        raise UsageError(f"{name} is no format of rows here; there are {', '.join(others)} and {last}")
    found = FORMATS[name]
    if not isinstance(found, RowFormat):
        raise UsageError(f"{name}: what a package brings as this format is none; mend or uninstall that package")
    return found


def parser_for(source: Source, settings: sections.InputSettings) -> Parser:
    """The parser of a source of rows; dead letters have their own."""
    return format_of(source.layout.format).parser(source.layout, settings)
