"""Whether a file that is there may be gone on with as a dead letter queue."""

from __future__ import annotations

import os
import re
from itertools import islice
from pathlib import Path

from loader.dlq import letter as letters
from loader.dlq.errors import DlqError, LetterError
from loader.durable import files

_LINES = 100  # looked at before it is given up to find a letter among damaged ones
_LONGEST = 128 * 2**20  # bytes of a line that may still be a letter
_START = b'{"timestamp":"'
_TIME = re.compile(rb'\{"timestamp":"[-+:.0-9T]*')
_AFTER_TIME = b'","error":'


def check_is_queue(path: Path) -> None:
    """Raise DlqError if there is a file at `path` that holds anything else than letters.

    A queue may begin with damaged lines, and may be no more than the letter that a killed process tore; an empty file
    is one, too. What cannot be opened is left to the writer, which says why.
    """
    if path.is_symlink() or not path.is_file():
        return
    try:
        with os.fdopen(files.open_private(path, os.O_RDONLY), "rb") as file:
            lines = islice(iter(lambda: file.readline(_LONGEST), b""), _LINES)
            first = next(lines, b"")
            if not first or _may_be_torn(first) or _is_letter(first) or any(map(_is_letter, lines)):
                return
    except OSError:
        return
    raise DlqError(f"{path}: holds something else than dead letters, and none is added to it; name another file")


def _is_letter(line: bytes) -> bool:
    try:
        letters.decode(line)
    except LetterError:
        return False
    return True


def _may_be_torn(line: bytes) -> bool:
    """Whether a line that does not end is the beginning of a letter as the writer writes them."""
    if line.endswith(b"\n"):
        return False
    time = _TIME.match(line)
    if time is None:
        return _START.startswith(line)
    rest = line[time.end() :]
    return _AFTER_TIME.startswith(rest) or rest.startswith(_AFTER_TIME)
