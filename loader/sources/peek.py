"""The fields of an input, before any of its rows are read for good."""

from __future__ import annotations

import msgspec

from loader.sources.errors import InputError
from loader.sources.inputs import Input

_decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def first_fields(opened: Input) -> tuple[str, ...] | None:
    """The columns of a delimited input, or the fields of the first row of JSON Lines.

    None where that row is not readable, is missing, or could not be read a second time.
    """
    source = opened.source
    if source.layout.format.is_delimited:
        return source.layout.columns
    if source.stream:
        return None
    stream = opened.open()
    try:
        first = stream.take_first()
        return tuple(_decode(first[0])) if isinstance(first, tuple) else None
    except (InputError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None  # the load itself will say so, of the row and of all behind it
    finally:
        stream.close()
