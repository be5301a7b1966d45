"""Likely settings: other ways to read an input, tried on its first rows."""

from __future__ import annotations

from dataclasses import fields, replace
from shlex import quote

from loader.config import Config, sections
from loader.config.characters import spelled
from loader.config.declaration import keys
from loader.run.first_rows import first_rows
from loader.sources import Input, InputError, open_inputs
from loader.sources.formats.base import format_of

Changes = dict[str, object]
"""Keys of `[input]`, with the values that they would have."""


def likely_settings(opened: Input, config: Config) -> Changes:
    """What reads all of the first rows of an input, some of which cannot be read as it is, as more than one field.

    Empty where nothing does. What comes through a pipe is not read again: there is nothing to try it on.
    """
    if opened.location.once:
        return {}
    others = format_of(opened.source.layout.format).others(config.input)
    return next((_changes(config.input, each) for each in others if _reads(opened, config, each)), {})


def typed(changes: Changes) -> str:
    """The flags that make them, as they are typed; a key where there is no flag."""
    declared = keys(sections.InputSettings)
    return " ".join(f"{declared[name].flag or name} {_typed(name, value)}" for name, value in changes.items())


def _typed(name: str, value: object) -> str:
    if name == "delimiter":
        return spelled(str(value))
    return '"\'"' if value == "'" else quote(str(value) or "none")


def _reads(opened: Input, config: Config, settings: sections.InputSettings) -> bool:
    try:
        with open_inputs([opened.location], settings) as inputs:
            parts = first_rows(next(iter(inputs)), replace(config, input=settings))
            return bool(parts) and not any(each.bad for each in parts) and len(inputs.sources[0].layout.names) > 1
    except InputError:
        return False


def _changes(before: sections.InputSettings, after: sections.InputSettings) -> Changes:
    both = ((each.name, getattr(before, each.name), getattr(after, each.name)) for each in fields(before))
    return {name: new for name, old, new in both if old != new}
