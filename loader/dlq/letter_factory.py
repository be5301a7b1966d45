"""Letter factory: dead letters of rows that failed, made by the batch, as most of their facts are shared."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat, starmap
from typing import NamedTuple

import msgspec

from loader.config import sections
from loader.dlq.letter import BadColumn, DeadLetter, timestamp
from loader.error_types import LetterClass
from loader.history import History
from loader.keys import row_key, row_keys
from loader.outcomes import Cause, ColumnError
from loader.rows import BadRow, Layout, Origin, ReadAs, Rows, Source
from loader.sources.formats.base import format_of
from loader.sources.formats.json_parser import embedded
from loader.sources.row_identity import RowIdentity

TEXT_LIMIT = 2000  # characters of an error, a hint or a column's value
_NULL = msgspec.Raw(b"null")

_Kept = tuple[str | None, str | None]
"""Original bytes: as text, or in base64 where they are none."""


class _Why(NamedTuple):
    """What a letter says of a cause."""

    error: str
    error_type: str
    status: int | None
    code: str | None
    columns: tuple[BadColumn, ...] | None
    hint: str | None


@dataclass(frozen=True, slots=True)
class LetterFactory:
    """What stands in every letter of a run, and the way to its letters. Thread-safe.

    `target` is named in letters of rows that could not be read. `mask` takes secrets out of texts; the rows themselves
    are kept as they are. `settings` are those that rows are read by. Times are seconds since the epoch. `identity` is
    given where letters are to say what the time of their row is.
    """

    run_id: str
    target: str
    mask: Callable[[str], str]
    settings: sections.InputSettings = sections.InputSettings()  # noqa: RUF009 - frozen
    identity: RowIdentity | None = None

    def of_bad_rows(self, source: Source, bad_rows: Sequence[BadRow], *, wall: float) -> list[DeadLetter]:
        """The letters of rows of `source` that could not be read."""
        now = timestamp(wall)
        keys = row_keys(self.run_id, source, [bad.offset for bad in bad_rows])
        found = None if source.letters else self._read_as(source.layout, readable=False)
        return [self._of_bad_row(source, bad, key, now, found) for bad, key in zip(bad_rows, keys, strict=True)]

    def of_rows(
        self,
        rows: Rows,
        causes: Mapping[int, Cause],
        letter_class: LetterClass,
        history: History,
        *,
        target: str,
        wall: float,
    ) -> list[DeadLetter]:
        """The letters of readable rows, in the order of `causes`: why each ended, by index."""
        now, first = timestamp(wall), history.first_error_at
        first_error = None if first is None else timestamp(first)
        found_as = self._read_as(rows.layout, readable=True) if rows.origins is None else None
        found = []
        for index, why, origin in zip(causes, self._whys(causes.values()), self._origins(rows, causes), strict=True):
            row, (raw, raw_base64) = _content(rows, index)
            letter = DeadLetter(  # by place: by name, making it takes seven times as long
                now,
                why.error,
                why.error_type,
                row,
                letter_class,
                why.status,
                why.code,
                history.attempts,
                origin.first_error_at or first_error,
                self.run_id,
                _printable(origin.source),
                origin.line,
                origin.offset,
                rows.layout.format,
                raw,
                raw_base64,
                None,  # truncated
                None,  # length
                found_as if rows.origins is None else _without_columns(origin.read_as),
                why.columns,
                self._key(origin),
                origin.write_timestamp,
                target or None,
                why.hint,
                self._row_time(origin, rows.ordinals[index]),
            )
            found.append(letter)
        return found

    def _of_bad_row(self, source: Source, bad: BadRow, key: str, now: str, found: ReadAs | None) -> DeadLetter:
        truncated = bad.length > len(bad.raw)
        origin = bad.origin or Origin(source.name, bad.line, bad.offset, key, read_as=found)
        raw, raw_base64 = _kept(bad.raw)
        return DeadLetter(  # by place, as above
            now,
            self._text(bad.error),
            bad.error_type,
            _NULL,
            LetterClass.DATA,
            None,  # status
            None,  # code
            None,  # attempts
            origin.first_error_at,
            self.run_id,
            _printable(origin.source),
            origin.line,
            origin.offset,
            bad.format or source.layout.format,
            raw,
            raw_base64,
            truncated or None,
            bad.length if truncated else None,
            origin.read_as,
            None,  # columns
            self._key(origin),
            origin.write_timestamp,
            self.target or None,
            None,  # hint
            self._row_time(origin, bad.ordinal),
        )

    def _row_time(self, origin: Origin, ordinal: int) -> int | None:
        if origin.row_time is not None or self.identity is None:
            return origin.row_time
        return self.identity.started_us + ordinal

    def _read_as(self, layout: Layout, *, readable: bool) -> ReadAs | None:
        """How rows of this run are read, where that is not known without a word."""
        return format_of(layout.format).read_as(layout, self.settings, readable=readable)

    def _origins(self, rows: Rows, indexes: Iterable[int]) -> Sequence[Origin]:
        """Where the rows at `indexes` came from."""
        if rows.origins is not None:
            found = [rows.origins[i] for i in indexes]
        else:
            lines, offsets = [rows.lines[i] for i in indexes], [rows.offsets[i] for i in indexes]
            places = zip(repeat(rows.source.name), lines, offsets, row_keys(self.run_id, rows.source, offsets))
            found = list(starmap(Origin, places))
        if rows.timestamps is None:
            return found
        stamps = (rows.timestamps[i] for i in indexes)
        stamped = zip(found, stamps, strict=True)
        return [msgspec.structs.replace(origin, write_timestamp=stamp) for origin, stamp in stamped]

    def _key(self, origin: Origin) -> str | None:
        """The key that the row keeps; with a write timestamp it needs none."""
        if origin.idempotency_key is not None or origin.write_timestamp is not None:
            return origin.idempotency_key
        return row_key(self.run_id, 0, origin.source, origin.offset)  # as keys.request_key makes it for such rows

    def _whys(self, causes: Collection[Cause]) -> Iterator[_Why]:
        """What letters say of each; rows of a batch often share their cause, and then all that is made of it."""
        told = {identity: self._why(cause) for identity, cause in {id(cause): cause for cause in causes}.items()}
        return (told[id(cause)] for cause in causes)

    def _why(self, cause: Cause) -> _Why:
        return _Why(
            self._text(cause.message),
            cause.error_type,
            cause.status,
            None if cause.code is None else self._text(cause.code),
            tuple(map(self._bad_column, cause.columns)) if cause.columns else None,
            None if cause.hint is None else self._text(cause.hint),
        )

    def _bad_column(self, bad: ColumnError) -> BadColumn:
        return BadColumn(_printable(bad.column), self._text(bad.value), self._text(bad.expected))

    def _text(self, text: str) -> str:
        """Masked before it is cut: half a secret would not be found."""
        masked = _printable(self.mask(text))
        return masked if len(masked) <= TEXT_LIMIT else masked[: TEXT_LIMIT - 1] + "…"


def _content(rows: Rows, index: int) -> tuple[msgspec.Raw, _Kept]:
    """The row as JSON, and the original bytes where they differ from it."""
    raw = rows.content.original_json(index)
    if raw is None:
        return msgspec.Raw(rows.content.row(index)), (None, None)
    row = embedded(raw)
    return msgspec.Raw(row), (None, None) if row == raw else _kept(raw)


def _without_columns(found: ReadAs | None) -> ReadAs | None:
    """The same for a row that has its columns itself, but for their types; None if all else is as usual."""
    if found is None or found.types:
        return found
    bare = msgspec.structs.replace(found, columns=(), names=())
    return None if bare == ReadAs() else bare


def _kept(original: bytes) -> _Kept:
    try:
        return original.decode(), None
    except UnicodeDecodeError:
        return None, b64encode(original).decode()


def _printable(text: str) -> str:
    """`text` with lone surrogates (as in names of files that are not UTF-8) written as escapes: UTF-8 has none."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()
