"""What format an input has and what speaks for it; a contradiction between the two is refused."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from itertools import islice

from loader.config import sections
from loader.config.characters import spelled
from loader.rows import Format
from loader.sources.errors import InputError
from loader.sources.recognition.foreign import Foreign, sentence
from loader.sources.recognition.foreign_texts import drawn_table, foreign_text, is_object
from loader.sources.recognition.head import Head
from loader.sources.recognition.letters import dead_letters
from loader.sources.recognition.signatures import foreign_bytes, no_text

_SEPARATOR_LINE = re.compile(rb'"?sep=([\x01-\x7f])"?', re.IGNORECASE)
_LINES = 20  # of what is called JSON Lines

_COMPRESSED = (".gz", ".zst", ".zstd")
_FORMATS = {
    ".jsonl": Format.JSONL,
    ".ndjson": Format.JSONL,
    ".json": Format.JSONL,
    ".csv": Format.CSV,
    ".tsv": Format.TSV,
    ".tab": Format.TSV,
}


@dataclass(frozen=True, slots=True)
class Recognised:
    """A format, and `why` it was taken for it, as the end of a sentence."""

    format: Format
    why: str


def recognised(name: str, codec: str, head: Head, settings: sections.Input) -> Recognised:
    """The format that `settings.format` says, else the name, else the first byte: `{` is JSONL, all else CSV.

    `codec` names the compression that was taken off, "" for none. Raises InputError where the first bytes are surely
    something else. Text that was said to be CSV or TSV without a header is taken as it is, whatever it looks like: then
    no line of it is more than a row.
    """
    found = _claimed(name, head, settings)
    refuse_binary(name, codec, head)
    foreign = _foreign(found, head, settings)
    if foreign is not None:
        raise InputError(sentence(name, codec, foreign))
    if found.format is Format.JSONL and settings.format == "auto" and _is_table(head):
        raise InputError(
            f"{name}: its name says JSON Lines, but its first lines are delimited, and none begins with '{{'; "
            "--format csv loads CSV, --format tsv TSV"
        )
    return found


def refuse_binary(name: str, codec: str, head: Head) -> None:
    """Raises InputError where the first bytes are surely those of a file that is no text of UTF-8."""
    head.first_line()
    foreign = foreign_bytes(head.data)
    if foreign is not None:
        raise InputError(sentence(name, codec, foreign))


def _claimed(name: str, head: Head, settings: sections.Input) -> Recognised:
    if settings.format != "auto":
        return Recognised(Format(settings.format), "as --format or input.format says")
    stem, suffix = os.path.splitext(name.lower())
    if suffix in _COMPRESSED:
        suffix = os.path.splitext(stem)[1]
    if suffix in _FORMATS:
        return Recognised(_FORMATS[suffix], "by its name")
    if head.first_line().strip().startswith(b"{"):
        return Recognised(Format.JSONL, "as it begins with '{'")
    return Recognised(Format.CSV, "as it does not begin with '{'")


def _foreign(claimed: Recognised, head: Head, settings: sections.Input) -> Foreign | None:
    """What contradicts the claim."""
    if not claimed.format.is_delimited:
        return (dead_letters(head) if settings.format == "auto" else None) or foreign_text(head)
    separator = _separator_line(head.first_line())
    if separator is not None or (settings.format != "auto" and not settings.header):
        return separator
    if settings.header and not settings.columns and (binary := no_text(head.data)) is not None:
        return binary
    found = dead_letters(head) or foreign_text(head) or (_objects(claimed) if is_object(head.first_line()) else None)
    return found or (drawn_table(head) if settings.format == "auto" else None)


def _objects(claimed: Recognised) -> Foreign:
    said = f"JSON Lines by its first line, though taken for {claimed.format.upper()} {claimed.why}"
    return Foreign(said, advice="--format jsonl loads it")


def _separator_line(first: bytes) -> Foreign | None:
    """The line that tells Excel alone what separates fields."""
    match = _SEPARATOR_LINE.fullmatch(first.strip(b" \r\n"))
    if match is None:
        return None
    flags = f"--delimiter {spelled(match[1].decode())} "
    return Foreign("CSV with a line for Excel before its header, sep=", "tail -n +2", flags)


def _is_table(head: Head) -> bool:
    """Whether the first lines are surely delimited ones: each holds the same delimiter, and none may be an object."""
    lines: list[bytes] = []
    for line in islice(head.lines(), _LINES):  # no further than tells
        lines.append(line)
        if line.lstrip().startswith(b"{"):
            return False
    return any(lines and all(separator in line for line in lines) for separator in b",;\t|")
