"""Inputs as they are understood: what each is taken for and why, and its first rows, field by field."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import msgspec

from loader.config import sections
from loader.config.characters import AUTO, spelled
from loader.report.safe_text import safe
from loader.rows import Rows
from loader.sources import Input, Inputs, chunks, parser_for
from loader.sources.formats.delimited.dialect import dialect_of
from loader.sources.parser import Parsed

_ROWS = 3
_SHOWN = 100  # characters of a value
_LINE = 4000  # characters of a row

_decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def facts_of(opened: Input, settings: sections.Input) -> Iterator[str]:
    """What an input is taken for, why, and how it is read."""
    source = opened.source
    size = "" if source.size is None else f", {source.size:,} bytes"
    packed = f", compressed by {opened.codec}" if opened.codec else ""
    yield f"input {safe(source.name, 500)}: {source.layout.format}, {opened.why}{packed}{size}"
    if source.layout.format.is_delimited:
        dialect = dialect_of(source.layout.format, settings)
        delimiter = repr(dialect.delimiter) if dialect.delimiter in ",:" else spelled(dialect.delimiter)
        by = "the format's own" if settings.delimiter == AUTO else "as --delimiter or input.delimiter says"
        quote = repr(dialect.quote) if dialect.quote else "none"
        escape = f", escape: {dialect.escape}" if dialect.escape else ""
        yield f"  delimiter: {delimiter} ({by}), quote: {quote}{escape}"
        yield f"  {_header(settings)}: {', '.join(map(safe, source.layout.columns)) or 'none, as it is empty'}"


def _header(settings: sections.Input) -> str:
    if not settings.columns:
        return "header"
    return "columns, as the header is read past" if settings.header else "columns, as there is no header"


def first_rows(opened: Input, settings: sections.Input, max_wait: float) -> list[Parsed]:
    """The first three rows of an input, good or bad, in parts. Raises InputError."""
    parser = parser_for(opened.source, settings)
    parts: list[Parsed] = []
    left = _ROWS
    for chunk in chunks(Inputs([opened]), max_wait=max_wait, max_rows=_ROWS):
        parts.append(parser.parse(chunk))
        left -= chunk.rows
        if left <= 0:
            break
    return parts


def rows_of(parts: Sequence[Parsed]) -> Iterator[str]:
    """Each row on a line: its fields as JSON, or why it cannot be read."""
    if not parts:
        yield "  no row"
    for parsed in parts:
        lines = {bad.line: f"{bad.error_type}: {safe(bad.error, 500)}" for bad in parsed.bad}
        for group in parsed.groups:
            rows = group.rows
            lines |= {line: safe(_fields(rows, index), _LINE) for index, line in enumerate(rows.lines)}
        yield from (f"  line {line}: {lines[line]}" for line in sorted(lines))


def _fields(rows: Rows, index: int) -> str:
    if rows.fields is None:
        values = {name: bytes(value).decode() for name, value in _decode(rows.raw[index]).items()}
    else:
        texts = zip(rows.layout.columns, rows.fields[index], strict=True)
        values = {name: json.dumps(text, ensure_ascii=False) for name, text in texts}
    return ", ".join(f"{name} = {_cut(value)}" for name, value in values.items())


def _cut(value: str) -> str:
    return value if len(value) <= _SHOWN else f"{value[:_SHOWN]}... ({len(value):,} characters)"
