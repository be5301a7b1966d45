"""What else than rows a file can be, and the command that makes rows of it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from shlex import quote

from loader.sources.compression.compressions import ENDINGS
from loader.sources.locations.names import is_file_name

_PACKED_NAMES = (*ENDINGS, ".zip")


@dataclass(frozen=True, slots=True)
class Foreign:
    """`what` it is. `filter` writes rows, or the file within, to standard output; it reads standard input, or the file
    named behind it; `flags` read what it writes. `command` does so with a file in the place of FILE alone. `advice` is
    for what no command mends.
    """

    what: str
    filter: str = ""
    flags: str = ""
    command: str = ""
    advice: str = ""


def sentence(name: str, codec: str, found: Foreign) -> str:
    """What the input `name` is and how its rows can be loaded; `codec` names the compression that was taken off."""
    return f"{name}: is {found.what}; {_help(name, codec, found)}"


def filtered(name: str, codec: str, command: str, flags: str = "") -> str:
    """The command line that loads what `command` makes of the input; what else was typed goes for the dots."""
    if not is_file_name(name):
        source = f"... | {command}"
    elif codec:
        source = f"{codec} -dc {quote(name)} | {command}"
    else:
        source = f"{command} {quote(name)}"
    return f"{source} | loader push - {flags or _format_of(name)}..."


def _help(name: str, codec: str, found: Foreign) -> str:
    if found.filter:
        return f"this loads it: {filtered(name, codec, found.filter, found.flags)}"
    if not found.command:
        return found.advice
    if codec or not is_file_name(name):
        return f"save it as a file, and load that: {found.command} | loader push - ..."
    # Within quotes of the command a name that needs its own cannot stand.
    file = name if quote(name) == name else "FILE"
    return f"this loads it: {found.command.replace('FILE', file)} | loader push - ..."


def _format_of(name: str) -> str:
    """The flag for what the name says and standard input does not: a first byte tells the other formats."""
    stem, suffix = os.path.splitext(name.lower())
    if suffix in _PACKED_NAMES:
        suffix = os.path.splitext(stem)[1]
    return "--format tsv " if suffix in (".tsv", ".tab") else ""
