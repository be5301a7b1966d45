"""Lists of inputs: files that name them, one a line."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from loader.config.urls import public_url
from loader.sources.errors import InputError
from loader.sources.locations.access import Access
from loader.sources.locations.base import Location
from loader.sources.locations.kinds import located
from loader.sources.locations.names import STANDARD_INPUT

_SIGN = "@"
_LONGEST = 64 * 2**20  # bytes


def listed(patterns: Sequence[str], access: Access) -> list[str]:
    """`patterns`, each `@LIST` replaced by what stands in that list: paths, globs and URLs, one a line.

    A list may itself be standard input or a URL. Paths are those of the folder the program is in; blank lines and those
    that begin with `#` are passed over. A file whose own name begins so stands for itself. Raises InputError.
    """
    names = [name for pattern in patterns for name in _named_by(pattern, access)]
    if _SIGN + STANDARD_INPUT in patterns and STANDARD_INPUT in names:
        raise InputError(f"{STANDARD_INPUT}: standard input can be read only once, and is the list of the inputs")
    return names


def _named_by(pattern: str, access: Access) -> Sequence[str]:
    if not pattern.startswith(_SIGN) or os.path.lexists(pattern):
        return [pattern]
    found = [name for location in located(pattern[1:], access) for name in _lines_of(location)]
    if not found:
        shown = _SIGN + public_url(pattern[1:])
        raise InputError(f"{shown}: names no input; expected paths, globs or URLs, one a line")
    return found


def _lines_of(location: Location) -> Iterator[str]:
    for number, line in enumerate(_text_of(location).splitlines(), start=1):
        name = line.strip()
        if name.startswith(_SIGN) and not os.path.lexists(name):
            raise InputError(f"{location.name}: line {number}: a list names no other list; name both: @LIST @LIST")
        if name and not name.startswith("#"):
            yield name


def _text_of(location: Location) -> str:
    content = location.open()
    parts: list[bytes] = []
    size = 0
    try:
        while (part := content.read(_LONGEST, None)) != b"":
            parts.append(part or b"")
            size += len(parts[-1])
            if size > _LONGEST:
                raise InputError(f"{location.name}: is no list of inputs: it is longer than 64 MiB")
    finally:
        content.close()
    try:
        return b"".join(parts).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{location.name}: is no list of inputs: it is not UTF-8") from error
