"""The way a delimited row of a letter is read again: settings made from what the letter says."""

from __future__ import annotations

from functools import lru_cache

import msgspec

from loader.config import sections
from loader.config.checks import contradictions_of_input
from loader.config.declaration import keys
from loader.config.values import RefusedError
from loader.rows import Format, ReadAs

_KEYS = keys(sections.Input)


def read_as(settings: sections.Input, columns: tuple[str, ...] = ()) -> ReadAs:
    """What a letter must say so that its row is read again as `settings` have it read."""
    return ReadAs(**{name: getattr(settings, name) for name in ReadAs.__struct_fields__} | {"columns": columns})


@lru_cache(maxsize=64)
def settings_of(found: ReadAs, row_format: Format) -> sections.Input:
    """The settings that `found` stands for, held to the rules of the config. Raises RefusedError."""
    said = {"format": row_format.value, **msgspec.to_builtins(found)}
    settings = sections.Input(**{name: _KEYS[name].kind.parse(value) for name, value in said.items()})
    wrong = [each.refusal for each in contradictions_of_input(settings)]
    if wrong:
        raise RefusedError(*wrong)
    return settings
