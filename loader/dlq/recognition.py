"""Whether a file is a dead letter queue: one that is gone on with, or one that is read."""

from __future__ import annotations

import os
import re
from itertools import chain, islice
from pathlib import Path

from loader.dlq import letter as letters
from loader.dlq.errors import DlqError, LetterError
from loader.dlq.queue_lines import lines_in
from loader.durable import files

_LINES = 100  # looked at before it is given up to find a letter among damaged ones
_LONGEST = 128 * 2**20  # bytes of a line that may still be a letter
_START = b'{"timestamp":"'
_TIME = re.compile(rb'\{"timestamp":"[-+:.0-9T]*')
_AFTER_TIME = b'","error":'
_KEYS = (b'"timestamp"', b'"error_type"')  # of every letter, and of one that an editor has damaged
_MARKS = ".replayed"


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


def check_holds_letters(path: Path) -> None:
    """Raise DlqError if `path` is a file with lines of which none can be a dead letter, or cannot be read.

    Damaged letters are some, too; an empty file is a queue. What is no file could not be read a second time.
    """
    if path.exists() and not path.is_file():
        return
    lines = lines_in(path)
    first = next(lines, None)
    if first is None or any(_may_be_letter(line.raw) for line in chain((first,), lines)):
        return
    queue = path.with_suffix("") if path.suffix == _MARKS else None
    told = "loader push loads its rows" if queue is None else f"it tells what was replayed of {queue}"
    raise DlqError(f"{path}: is no dead letter queue, as no line of it is a letter; {told}")


def _may_be_letter(line: bytes) -> bool:
    return all(key in line for key in _KEYS) or _may_be_torn(line)


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
