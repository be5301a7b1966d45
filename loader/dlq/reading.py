"""The way a delimited row of a letter is read again: what the letter says of it, and settings made from that."""

from __future__ import annotations

from functools import lru_cache

import msgspec

from loader.config import sections
from loader.config.checks import contradictions_of_input
from loader.config.declaration import keys
from loader.config.values import RefusedError
from loader.rows import Format, Layout, ReadAs

_KEYS = keys(sections.Input)


def read_as(settings: sections.Input, layout: Layout, *, named: bool) -> ReadAs | None:
    """What a letter must say so that its row is read again as `settings` have it read; None if all is as usual.

    `named` says whether it must name the columns: where the row itself does not.
    """
    said = {name: getattr(settings, name) for name in ReadAs.__struct_fields__ if name in _KEYS}
    said |= {"columns": (), "empty_end": layout.has_empty_end}
    if named:
        header = layout.header[:-1] if layout.has_empty_end else layout.header
        said |= {"columns": layout.columns, "names": () if header == layout.columns else header}
    return _unusual(ReadAs(**said))


def without_columns(found: ReadAs | None) -> ReadAs | None:
    """The same for a row that has its columns itself; None if all else is as usual."""
    return None if found is None else _unusual(msgspec.structs.replace(found, columns=(), names=()))


def _unusual(found: ReadAs) -> ReadAs | None:
    return None if found == ReadAs() else found


def layout_of(found: ReadAs, row_format: Format) -> Layout:
    """The form of the row in its input."""
    return Layout(row_format, found.columns, (found.names or found.columns) + ("",) * found.empty_end)


@lru_cache(maxsize=64)
def settings_of(found: ReadAs, row_format: Format) -> sections.Input:
    """The settings that `found` stands for, held to the rules of the config. Raises RefusedError."""
    said = {"format": row_format.value, **msgspec.to_builtins(found)}
    settings = sections.Input(**{name: _KEYS[name].kind.parse(value) for name, value in said.items() if name in _KEYS})
    wrong = [each.refusal for each in contradictions_of_input(settings)]
    if wrong:
        raise RefusedError(*wrong)
    return settings
