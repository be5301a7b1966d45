"""Headers that were hardly meant as they would be read, and what reads them as they were."""

from __future__ import annotations

import re
from collections.abc import Sequence
from shlex import quote

from loader.config.characters import spelled
from loader.sources.dialect import Dialect
from loader.sources.foreign import filtered

_COMMENT = re.compile(r"#(?:\s|[#!]|$)")
_SHOWN = 60  # characters of a header


def doubt_of(names: Sequence[str], dialect: Dialect, name: str, codec: str) -> str | None:
    """Why a header was hardly meant to have these `names`, and what to do; None if nothing speaks against them.

    `name` is that of the input, `codec` that of the compression that was taken off, "" for none.
    """
    found = " and ".join(repr(each[:_SHOWN]) for each in names[:2]) + (" ..." if len(names) > 2 else "")
    names_it = "" if len(names) > 1 else f"; if that is the name of its one column: {_naming(names[0])}"
    meant = _meant(names, dialect.delimiter)
    if meant is not None:
        by = f"by the delimiter {dialect.delimiter!r} the header is {found}"
        return f"{by}; --delimiter {spelled(meant)} reads it{names_it}"
    if len(names) == 1 and "  " in names[0].strip():
        aligned = filtered(name, codec, "sed -E 's/ +/ /g'", "--delimiter space ")
        return f"the header is {found}: if blanks stand between names: {aligned}{names_it}"
    alone, first = len(names) == 1, names[0].lstrip()
    if _COMMENT.match(first) or (alone and first.startswith("#")):
        without = filtered(name, codec, "grep -v '^#'")
        return (
            f"the first line is {found}: if that is a comment: {without}; if it is the header: --columns a,b names all"
        )
    if first.startswith("{"):
        return f"the header is {found}, which begins like JSON: --format jsonl reads rows of JSON{names_it}"
    if alone and first.startswith(("[", "<")):
        return f"the header is {found}, which begins like {'JSON' if first[0] == '[' else 'HTML or XML'}{names_it}"
    return None


def _naming(name: str) -> str:
    """What makes `name` that of the only column."""
    can_be_typed = name.isprintable() and "," not in name and name == name.strip()
    return f"--columns {quote(name)}" if can_be_typed else "input.columns in the config"


def _meant(names: Sequence[str], delimiter: str) -> str | None:
    """The delimiter that was probably meant where another one gives these names."""
    for other in "\t\x01\x1f;|^~,":
        holding = sum(other in name for name in names)
        # Controls never stand in a name; the others may, in one of several.
        enough = len(names) if other in ";|^~" else 1
        if other != delimiter and holding >= enough and (other != "," or len(names) == 1):
            return other
    return None
