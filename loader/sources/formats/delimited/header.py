"""Headers of delimited text: the names of the fields."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence

from loader.config.encodings import AUTO
from loader.config.sections import InputSettings
from loader.rows import Layout
from loader.sources.errors import InputError
from loader.sources.formats.delimited.dialect import Dialect
from loader.sources.formats.delimited.doubts import doubt_of
from loader.sources.formats.delimited.headless import begins_like_data, missing_header
from loader.sources.numbering import Unreadable
from loader.sources.text.row_stream import RowStream


def layout_of(stream: RowStream, row_format: str, dialect: Dialect, settings: InputSettings, codec: str = "") -> Layout:
    """The names of the fields in order; takes the header, if there is one, off `stream`.

    With `input.columns` those are the names, and a header is read past: it need not even be readable. An empty name at
    the end of a header is that of the nothing behind a delimiter at the end of every line. An empty input has no
    fields. Raises InputError for a header that is no readable row, has another empty name or one that stands there
    twice, or was hardly meant as it would be read, and where there is neither header nor `input.columns`. `codec` names
    the compression that was taken off, "" for none.
    """
    if not settings.header:
        if not settings.columns:
            raise InputError(f"{stream.name}: without a header the fields must be named: --columns a,b,c")
        return Layout(row_format, settings.columns, settings.columns)
    row = stream.take_first()
    if row is None:
        return Layout(row_format, settings.columns)
    if isinstance(row, Unreadable):
        raise InputError(f"{stream.name}:{row.line}: the header cannot be read: {row.error}")
    data, line = row
    where = f"{stream.name}:{line}"
    content = dialect.edges().content(data)
    if settings.columns:
        return Layout(row_format, settings.columns, _read_past(where, content, dialect, settings.encoding), content)
    text = _text(where, content, settings.encoding)
    header = _fields(text, dialect)
    # What is no row of this dialect may be one of another, which is the better answer.
    doubt = doubt_of(header or text.split(dialect.delimiter), dialect, stream.name, codec)
    if doubt is None and header is not None and begins_like_data(header):
        doubt = missing_header(header, _next_fields(stream, dialect))
    if doubt is not None:
        raise InputError(f"{where}: {doubt}")
    if header is None:
        what = "the header holds text behind the closing quote of a name; a quote within quotes is written twice"
        raise InputError(f"{where}: {what}")
    if settings.strict and dialect.records.edges(data, final=True).strays:
        raise InputError(f"{where}: the header holds a quote in a name that does not begin with one (input.strict)")
    return Layout(row_format, _names(where, header), tuple(header), content)


def _read_past(where: str, content: bytes, dialect: Dialect, encoding: str) -> tuple[str, ...]:
    """The fields of a header that names nothing; none where it cannot be read."""
    try:
        return tuple(_fields(_text(where, content, encoding), dialect) or ())
    except InputError:
        return ()


def _text(where: str, content: bytes, encoding: str) -> str:
    """A header as text, of an input of `encoding`, as the config says it. Raises InputError."""
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        from loader.sources.encodings.misfits import misfit_of  # few headers need it

        said = f"the header is not {'UTF-8' if encoding == AUTO else encoding}: {misfit_of(error, encoding)}"
        advice = "--encoding names that of the file (cp1252 for most from Windows); loader check FILE proposes one"
        raise InputError(f"{where}: {said}; {advice}") from error
    if "\0" in text:
        raise InputError(f"{where}: the header holds a NUL, as files do that are no text")
    return text


def _fields(text: str, dialect: Dialect) -> Sequence[str] | None:
    """The fields of a header, None where it is no row."""
    try:
        return next(dialect.read([text]))
    except csv.Error:
        return None


def _next_fields(stream: RowStream, dialect: Dialect) -> Sequence[str]:
    """The fields of the first row, which stays on `stream`; none where there is no row that can be read."""
    row = stream.peek()
    return () if row is None else _fields(dialect.edges().content(row).decode(errors="replace"), dialect) or ()


def _names(where: str, header: Sequence[str]) -> tuple[str, ...]:
    """The names in a header. Raises InputError for an empty one, but at the end, and for one that is there twice."""
    names = header[:-1] if len(header) > 1 and not header[-1] else header
    at = next((at for at, name in enumerate(names, 1) if not name.strip()), None)
    if at is not None:
        raise InputError(f"{where}: name {at} of {len(header)} in the header is empty; --columns a,b,c names all")
    twice = _repeated(names)
    if twice:
        named = ", ".join(map(repr, twice))
        raise InputError(f"{where}: the header names fields twice: {named}; --columns a,b,c names all")
    return tuple(names)


def _repeated(names: Sequence[str]) -> Sequence[str]:
    """A few of the names that stand there more than once."""
    return [name[:80] for name, count in Counter(names).items() if count > 1][:5]
