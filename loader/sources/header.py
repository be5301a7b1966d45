"""The names of the fields of delimited rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from loader.config.sections import Input
from loader.rows import Format
from loader.sources.dialect import dialect_of
from loader.sources.errors import InputError
from loader.sources.rowstream import RowStream, Unreadable


def columns_of(stream: RowStream, row_format: Format, settings: Input) -> tuple[str, ...]:
    """The names of the fields in order; takes the header, if there is one, off `stream`.

    With `input.columns` those are the names, and a header is read past. An empty input has no fields. Raises
    InputError for a header that is no readable row, or has an empty name or one that stands there twice, and where
    there is neither header nor `input.columns`.
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
    return settings.columns or _names(f"{stream.name}:{line}", data, row_format, settings)


def _names(where: str, data: bytes, row_format: Format, settings: Input) -> tuple[str, ...]:
    try:
        text = data.rstrip(b"\r\n").decode()
    except UnicodeDecodeError as error:
        raise InputError(f"{where}: the header is not UTF-8: byte {error.start + 1} of it does not fit") from error
    if "\0" in text:
        raise InputError(f"{where}: the header holds a NUL")
    (names,) = dialect_of(row_format, settings).read([text])
    if "" in names:
        at = names.index("") + 1
        raise InputError(f"{where}: name {at} of {len(names)} in the header is empty; --columns a,b,c names all")
    twice = _repeated(names)
    if twice:
        named = ", ".join(map(repr, twice))
        raise InputError(f"{where}: the header names fields twice: {named}; --columns a,b,c names all")
    return tuple(names)


def _repeated(names: Sequence[str]) -> Sequence[str]:
    """A few of the names that stand there more than once."""
    return [name[:80] for name, count in Counter(names).items() if count > 1][:5]
