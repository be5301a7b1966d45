"""The names of the fields of delimited rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from loader.config.sections import Input
from loader.rows import Format
from loader.sources.dialect import Dialect, dialect_of
from loader.sources.doubts import doubt_of
from loader.sources.errors import InputError
from loader.sources.foreign import filtered
from loader.sources.rowstream import RowStream, Unreadable


def columns_of(stream: RowStream, row_format: Format, settings: Input, codec: str = "") -> tuple[str, ...]:
    """The names of the fields in order; takes the header, if there is one, off `stream`.

    With `input.columns` those are the names, and a header is read past. An empty input has no fields. Raises
    InputError for a header that is no readable row, has an empty name or one that stands there twice, or was hardly
    meant as it would be read, and where there is neither header nor `input.columns`. `codec` names the compression
    that was taken off, "" for none.
    """
    if not settings.header:
        if not settings.columns:
            raise InputError(f"{stream.name}: without a header the fields must be named: --columns a,b,c")
        return settings.columns
    row = stream.take_first()
    if row is None:
        return settings.columns
    if isinstance(row, Unreadable):
        raise InputError(f"{stream.name}:{row.line}: the header cannot be read: {row.error}")
    data, line = row
    if settings.columns:
        return settings.columns
    where, dialect = f"{stream.name}:{line}", dialect_of(row_format, settings)
    names = _names(where, data, dialect, filtered(stream.name, codec, "iconv -f cp1252 -t UTF-8"))
    doubt = doubt_of(names, dialect, stream.name, codec)
    if doubt is not None:
        raise InputError(f"{where}: {doubt}")
    _check_names(where, names)
    return tuple(names)


def _names(where: str, data: bytes, dialect: Dialect, recoded: str) -> Sequence[str]:
    try:
        text = data.rstrip(b"\r\n").decode()
    except UnicodeDecodeError as error:
        byte = f"byte {error.start + 1} of it does not fit"
        raise InputError(f"{where}: the header is not UTF-8: {byte}; if the file is from Windows: {recoded}") from error
    if "\0" in text:
        raise InputError(f"{where}: the header holds a NUL, as files do that are no text")
    (names,) = dialect.read([text])
    return names


def _check_names(where: str, names: Sequence[str]) -> None:
    """Raises InputError for an empty name, and for one that stands there twice."""
    if "" in names:
        at = names.index("") + 1
        raise InputError(f"{where}: name {at} of {len(names)} in the header is empty; --columns a,b,c names all")
    twice = _repeated(names)
    if twice:
        named = ", ".join(map(repr, twice))
        raise InputError(f"{where}: the header names fields twice: {named}; --columns a,b,c names all")


def _repeated(names: Sequence[str]) -> Sequence[str]:
    """A few of the names that stand there more than once."""
    return [name[:80] for name, count in Counter(names).items() if count > 1][:5]
