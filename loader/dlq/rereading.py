"""The row of a dead letter, read again: as it was, or as somebody has mended it since."""

from __future__ import annotations

from loader.dlq import letter as letters
from loader.dlq.error_types import DAMAGED_LETTER
from loader.dlq.letter import DeadLetter
from loader.rows import LETTERS
from loader.sources.formats.base import Damaged, OneRow, format_of
from loader.sources.split import Fault


def row_of(letter: DeadLetter) -> OneRow | Fault:
    """The row, or why there is none.

    It is what stands in `row`; where that is null, `raw` (or `raw_base64`) is read anew, in the way that `input` says.
    Where both are there and are two different rows, nobody can know which is meant, and there is none.
    """
    if letter.row_format == LETTERS:
        return letter.error_type, letter.error
    if not letter.has_row:
        return _cut(letter) if letter.truncated else _plain(_read_anew(letter))
    row = format_of(letter.row_format).revived(bytes(letter.row), letter.read_as)
    if isinstance(row, OneRow) and letter.original is not None and not letter.truncated:
        return _agreed(row, _read_anew(letter))
    return _plain(row)


def _plain(found: OneRow | Fault | Damaged) -> OneRow | Fault:
    return _damaged(found.why) if isinstance(found, Damaged) else found


def _damaged(why: str) -> Fault:
    return DAMAGED_LETTER.name, why


def _cut(letter: DeadLetter) -> Fault:
    kept, length = len(letter.original or b""), letter.length or 0
    where = f"line {letter.line} of {letter.source}" if letter.source else "its source"
    return letter.error_type, (
        f"only the first {kept:,} of {length:,} bytes of this row are in its letter; take the row from {where}"
    )


def _agreed(row: OneRow, original: OneRow | Fault | Damaged) -> OneRow | Fault:
    """The original bytes are sent if they say what `row` says; what cannot be read is what `row` was written for."""
    if not isinstance(original, OneRow):
        return row
    if letters.canonical(original.row()) == letters.canonical(row.row()):
        return original
    return _damaged("its `row` and its `raw` are two different rows; take out the one that is not meant")


def _read_anew(letter: DeadLetter) -> OneRow | Fault | Damaged:
    """The row in the original bytes."""
    raw = letter.original
    if raw is None:
        return Damaged("it has neither `row` nor `raw`")
    return format_of(letter.row_format).reread(raw, letter.read_as)
