"""Field values: what stands at a path in each of some rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import repeat
from typing import Any

import msgspec

from loader.config.expressions.field_path import MISSING, FieldPath

_NOT_IN_STRUCTS = re.compile(r'[\x00-\x1f"\\]')  # characters that names in a msgspec.Struct cannot have

Column = Sequence[Any]
"""A value for each row."""


def values_at(path: FieldPath, fields: Mapping[str, Column], rows: int) -> Column:
    """What stands at a path in each row, MISSING where nothing does. A field of the whole name wins."""
    named = fields.get(path.name)
    if not path.is_nested:
        return [MISSING] * rows if named is None else named
    roots = fields.get(path.root, repeat(MISSING, rows))
    wholes = repeat(MISSING, rows) if named is None else named
    return [path.within(root) if whole is MISSING else whole for whole, root in zip(wholes, roots, strict=True)]


def field_decoder(
    names: Sequence[str], number: Callable[[str], Any]
) -> Callable[[Sequence[bytes]], Mapping[str, Column]]:
    """What gives some fields of JSON rows as columns, MISSING where a row has none; all else is passed over unread.

    `number` makes what stands for a number with a fraction or an exponent of its text.
    """
    if any(map(_NOT_IN_STRUCTS.search, names)):
        decode = msgspec.json.Decoder(dict[str, Any], float_hook=number).decode
        return lambda raw: {name: [row.get(name, MISSING) for row in map(decode, raw)] for name in names}
    attributes = {f"f{at}": name for at, name in enumerate(names)}
    fields = [(attribute, Any, MISSING) for attribute in attributes]
    row = msgspec.defstruct("Row", fields, rename=attributes, gc=False)
    decode_row = msgspec.json.Decoder(row, float_hook=number).decode

    def columns(raw: Sequence[bytes]) -> Mapping[str, Column]:
        rows = list(map(decode_row, raw))
        return {name: [getattr(each, attribute) for each in rows] for attribute, name in attributes.items()}

    return columns
