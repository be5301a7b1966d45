"""Inputs as they are understood: what each is taken for and why, and its first rows, field by field."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from loader.config import Config, sections
from loader.config.declaration import keys
from loader.config.encodings import AUTO
from loader.inference.profiles import Profiles
from loader.report.safe_text import safe
from loader.rows import Rows
from loader.run.likely_settings import likely_settings, typed
from loader.sources import Input, first_text
from loader.sources.encodings.likely import likely_encodings
from loader.sources.formats.base import format_of
from loader.sources.locations import Location
from loader.sources.parser import Parsed

_SHOWN = 100  # characters of a value
_LINE = 4000  # characters of a row

_SAID_BY = keys(sections.InputSettings)
_decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def facts_of(opened: Input, settings: sections.InputSettings) -> Iterator[str]:
    """What an input is taken for, why, and how it is read."""
    source = opened.source
    size = "" if source.size is None else f", {source.size:,} bytes"
    packed = f", compressed by {opened.codec}" if opened.codec else ""
    encoded = f", encoding {opened.encoding}" if opened.encoding else ""
    yield f"input {safe(source.name, 500)}: {source.layout.format}, {opened.why}{packed}{encoded}{size}"
    for fact in format_of(source.layout.format).facts(source.layout, settings):
        yield f"  {safe(fact, _LINE)}"


def likely_ways(opened: Input, config: Config) -> Iterator[str]:
    """Flags by which all of its first rows are read, where some of them cannot be."""
    changes = likely_settings(opened, config)
    if changes:
        yield f"  all of these rows are read by: {typed(changes)}"


def ways_otherwise(opened: Input) -> Iterator[str]:
    """The flags, and keys without one, by which it is read in another way."""
    keys = ("format", *format_of(opened.source.layout.format).keys)
    yield f"  if that is wrong: {', '.join(_SAID_BY[key].flag or f'input.{key}' for key in keys)}"


def encodings_of(locations: Sequence[Location], settings: sections.InputSettings) -> Iterator[str]:
    """What the encoding of each input may be that says nothing of it, and is not UTF-8. Raises InputError."""
    if settings.encoding != AUTO:
        return
    for location in locations:
        found = () if location.once else likely_encodings(first_text(location, settings))
        if found:
            yield f"input {safe(location.name, 500)}: is not UTF-8; which of these is right?"
        for proposal in found:
            yield f"  --encoding {proposal.encoding} reads: {safe(proposal.shown, 500)}"


def types_of(parts: Sequence[Parsed], settings: sections.InputSettings) -> Iterator[str]:
    """What the values of these rows look like, by the names of CQL."""
    profiles = Profiles(settings)
    for group in (group for parsed in parts for group in parsed.groups):
        profiles.add(group.rows)
    types = ", ".join(f"{name} {found.type}" for name, found in profiles.inferred().items())
    if types:
        yield f"  looks like: {safe(types, _LINE)}"


def rows_of(parts: Sequence[Parsed]) -> Iterator[str]:
    """Each row on a line: its fields as JSON, or why it cannot be read."""
    if not parts:
        yield "  no row"
    for parsed in parts:
        found = [(bad.ordinal, bad.line, f"{bad.error_type}: {safe(bad.error, 500)}") for bad in parsed.bad]
        for group in parsed.groups:
            rows = group.rows
            texts = [safe(_fields(rows, index), _LINE) for index in range(len(rows))]
            found += zip(rows.ordinals, rows.lines, texts, strict=True)
        yield from (f"  line {line}: {text}" for _, line, text in sorted(found))  # several may stand on a line


def _fields(rows: Rows, index: int) -> str:
    values = {name: bytes(value).decode() for name, value in _decode(rows.content.row(index)).items()}
    return ", ".join(f"{name} = {_cut(value)}" for name, value in values.items())


def _cut(value: str) -> str:
    return value if len(value) <= _SHOWN else f"{value[:_SHOWN]}... ({len(value):,} characters)"
