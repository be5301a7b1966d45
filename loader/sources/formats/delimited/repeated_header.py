"""What `cat a.csv b.csv` leaves among the rows: headers, and byte order marks."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache

from loader.rows import Layout
from loader.sources.error_types import BYTE_ORDER_MARK, REPEATED_HEADER
from loader.sources.formats.delimited.dialect import Dialect, written
from loader.sources.split import Fault

BOM = b"\xef\xbb\xbf"
_FAULT = (REPEATED_HEADER.name, "this row is the header again, as where files were put one behind the other")
_MARKED = (
    BYTE_ORDER_MARK.name,
    "this row begins with a byte order mark, as where files were put one behind the other; it belongs to no field",
)


def marked_rows(data: bytes, raw: Sequence[bytes]) -> dict[int, Fault]:
    """The rows that begin with a byte order mark, by index, whatever else they hold. Arguments as below."""
    if data.isascii() or BOM not in data:
        return {}
    return {i: _MARKED for i, row in enumerate(raw) if row.startswith(BOM)}


def repeated_headers(layout: Layout, dialect: Dialect, data: bytes, raw: Sequence[bytes]) -> dict[int, Fault]:
    """The rows that are the header again, by index, with a byte order mark before them or not.

    `data` are the bytes of all rows, `raw` those of each. Found are headers as the input has them, with all names in
    quotes, and with as few as can be: the bytes of rows are compared, for to compare their fields costs ten times that.
    """
    quote = dialect.quote.encode()
    forms = [form for form in _forms(layout, dialect) if not quote or quote not in form or quote in data]
    found = {i for i, row in enumerate(raw) if row in forms} if any(form in raw for form in forms) else set()
    if not data.isascii() and BOM in data:
        found |= {i for i, row in enumerate(raw) if row.startswith(BOM) and _is_header(row, layout, dialect)}
    return dict.fromkeys(found, _FAULT)


@lru_cache(maxsize=64)
def _forms(layout: Layout, dialect: Dialect) -> tuple[bytes, ...]:
    """The header as a row may hold it."""
    forms = [layout.header_row] if layout.header_row else []
    with suppress(csv.Error, UnicodeEncodeError):  # no row holds such a name
        forms.append(written(dialect, layout.header))
    if dialect.quote:
        forms.append(_all_quoted(layout.header, dialect))
    return tuple(dict.fromkeys(forms))


def _all_quoted(header: Sequence[str], dialect: Dialect) -> bytes:
    quote = dialect.quote
    names = (quote + name.replace(quote, quote * 2) + quote for name in header)
    return dialect.delimiter.join(names).encode(errors="surrogateescape")


def _is_header(row: bytes, layout: Layout, dialect: Dialect) -> bool:
    """Whether a row with a byte order mark is the header behind it."""
    try:
        return tuple(next(dialect.read([row.removeprefix(BOM).decode()]))) == layout.header
    except (csv.Error, UnicodeDecodeError):
        return False
