"""Data path values: sources, chunks, rows and batches.

`Source -> Chunk -> Rows -> Batch`. Rows are held column-wise (parallel sequences), so that what can be done per
batch is not done per row, and a batch keeps alive only the bytes of its own rows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, compress, pairwise
from operator import itemgetter
from typing import Any, TypeVar

import msgspec

from loader.contents import Pick, RowContent

T = TypeVar("T")


LETTERS = "dlq"
"""What stands in the place of a format for lines that are dead letters: each letter has a row format of its own."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The form of rows: the name of their format, and the names of their fields in order.

    `columns` is None where each row names its own fields. `types` are words of the format's own for the types of the
    columns, parallel to them, where their values are typed; empty where they are texts. `header` are the names where
    they stand, `header_row` the bytes of the row that has them, which is no row of the input; b"" if there is none. One
    name more than there are columns is an empty one, at the end: each row has an empty field there. `packing` is how
    many bytes in memory come of each byte of a chunk. `form` are words of its own for how rows lie.
    """

    format: str
    columns: tuple[str, ...] | None = None
    header: tuple[str, ...] = ()
    header_row: bytes = b""
    types: tuple[str, ...] = ()
    packing: int = 1
    form: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the fields, as far as they are known before the first row."""
        return self.columns or ()

    @property
    def width(self) -> int:
        """How many fields a row has in its input."""
        return len(self.names) + self.has_empty_end

    @property
    def has_empty_end(self) -> bool:
        """Whether every line ends in a delimiter, behind which nothing stands."""
        return len(self.header) == len(self.names) + 1 and not self.header[-1]


@dataclass(frozen=True, slots=True)
class Source:
    """One input of a run.

    `index` counts the inputs from 0. `name` is that of its location when the run began.
    `size` is the size on disk in bytes, None where it cannot be known. `stream` is true for what cannot be read again
    from an offset: standard input, FIFOs and compressed files. `letters` is true for a queue of dead letters.
    """

    index: int
    name: str
    layout: Layout
    stream: bool
    size: int | None
    letters: bool = False


class ReadAs(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """How a row was read: what it takes to read it again, with the defaults of `[input]`.

    `columns` are the names of its fields, empty where they are known from elsewhere, `types` their types where they are
    typed. `names` are those of the header, where they are others; `empty_end` says whether every line ends in a
    delimiter behind which nothing stands.
    """

    columns: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    empty_end: bool = False
    delimiter: str = "auto"
    quote: str = '"'
    escape: str = ""
    comment: str = ""
    trim: bool = False
    unescape: bool = False
    ragged: str = "reject"
    empty: str = "auto"
    strict: bool = False


class Origin(msgspec.Struct, frozen=True, gc=False):
    """What a dead letter remembers of its row, kept when the row is replayed.

    `row_time` is what `now()` is for the row, in microseconds since the epoch, where anything asks for it.
    """

    source: str
    line: int
    offset: int
    idempotency_key: str | None = None
    write_timestamp: int | None = None
    first_error_at: str | None = None
    read_as: ReadAs | None = None  # of delimited rows, where anything of it is not as usual
    row_time: int | None = None


class BadRow(msgspec.Struct, frozen=True, gc=False):
    """A row that could not be read. The rows around it go on.

    `raw` holds its original bytes without line end, or the first 64 KiB of a row over `max_row_bytes`; `length` is the
    length in bytes of all of it, so `len(raw) < length` means truncated. `origin` and `format` are set for a row that
    comes from a dead letter: where it stood first, and in which format.
    """

    ordinal: int
    line: int
    offset: int
    raw: bytes
    length: int
    error_type: str
    error: str
    origin: Origin | None = None
    format: str | None = None


@dataclass(frozen=True, slots=True)
class Chunk:
    """A run of whole rows of one source, as read: at most 8,192 rows or 4 MiB, but never less than one row.

    `number` counts the chunks of a run from 0. `ordinal` is that of its first row, counted from 0 over all inputs
    (blank lines are no rows). `line` is the physical line (1-based, headers counted) on which `data` begins, `offset`
    the byte offset of `data` in the (decompressed) source. `rows` counts the rows in `data`, good and bad. `position`
    is how far the source has been read in bytes as they lie on disk: what progress is measured by. `bad` is a row that
    has no place in memory (over `max_row_bytes`, or a quote that is never closed): it is a chunk of its own, with no
    data. `left_out` has a byte a row, 0 for those that are meant, else why not (`outcomes.LEFT_OUT`); b"" for none.
    """

    number: int
    source: Source
    ordinal: int
    line: int
    offset: int
    rows: int
    data: bytes
    position: int
    bad: BadRow | None = None
    left_out: bytes = b""

    @property
    def meant(self) -> int:
        """How many rows are not left out."""
        return self.left_out.count(0) if self.left_out else self.rows


@dataclass(frozen=True, slots=True)
class Rows:
    """Readable rows of one source and one layout, column-wise; all sequences are parallel.

    `lines` and `offsets` say where each row begins in its source. `content` is what stands in them. `origins` is set
    for rows that come from dead letters, `timestamps` (microseconds since the epoch) by targets that write with them.
    """

    source: Source
    layout: Layout
    ordinals: Sequence[int]
    lines: Sequence[int]
    offsets: Sequence[int]
    content: RowContent
    origins: Sequence[Origin] | None = None
    timestamps: Sequence[int] | None = None

    def __len__(self) -> int:
        return len(self.ordinals)

    @property
    def raw(self) -> Sequence[bytes]:
        """The bytes of each row."""
        return self.content.raw

    @property
    def weight(self) -> int:
        """The bytes of all rows, as read."""
        return self.content.weight

    def slice(self, start: int, stop: int) -> Rows:
        """The rows from `start` up to `stop`, sharing their bytes."""
        return self._each(itemgetter(slice(start, stop)))

    def take(self, indexes: Sequence[int]) -> Rows:
        """The rows at `indexes`, in that order, sharing their bytes."""
        return self._each(lambda column: _at(column, indexes))

    def where(self, chosen: Sequence[int]) -> Rows:
        """The rows at whose index `chosen`, as long as these rows, is not 0, in order, sharing their bytes."""
        return self._each(lambda column: list(compress(column, chosen)))

    def _each(self, pick: Pick) -> Rows:
        """What `pick` takes of each column."""
        return Rows(
            self.source,
            self.layout,
            pick(self.ordinals),
            pick(self.lines),
            pick(self.offsets),
            self.content.pick(pick),
            None if self.origins is None else pick(self.origins),
            None if self.timestamps is None else pick(self.timestamps),
        )

    @staticmethod
    def join(parts: Sequence[Rows]) -> Rows:
        """All rows of several parts of one source and layout, one after the other."""
        first = parts[0]
        return Rows(
            first.source,
            first.layout,
            _chained([part.ordinals for part in parts]),
            list(chain.from_iterable(part.lines for part in parts)),
            list(chain.from_iterable(part.offsets for part in parts)),
            first.content.join([part.content for part in parts]),
            None if first.origins is None else [origin for part in parts for origin in part.origins or ()],
            None if first.timestamps is None else _chained([part.timestamps or () for part in parts]),
        )


def _chained(parts: Sequence[Sequence[int]]) -> Sequence[int]:
    """Numbers one after the other; ranges that follow each other stay one, which is cheaper for all who read it."""
    ranges = [part for part in parts if isinstance(part, range) and part.step == 1]
    if len(ranges) == len(parts) and all(before.stop == after.start for before, after in pairwise(ranges)):
        return range(ranges[0].start, ranges[-1].stop)
    return list(chain.from_iterable(parts))


class Batch(msgspec.Struct, frozen=True):
    """Rows that go to a target together, with what the target made of them.

    `payload` is parallel to `rows`: one item a row, made by the target's batcher and understood by that target alone.
    `sizes` are the bytes each row takes on the wire, framing left out.
    """

    rows: Rows
    payload: Sequence[Any]
    sizes: Sequence[int]

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, indexes: Sequence[int]) -> Batch:
        """A batch of the rows at `indexes`, in that order."""
        return Batch(self.rows.take(indexes), _at(self.payload, indexes), _at(self.sizes, indexes))

    def halves(self) -> tuple[Batch, Batch]:
        """The two halves of a batch of at least two rows, the first not smaller by more than one row."""
        return self.slice(0, len(self) // 2), self.slice(len(self) // 2, len(self))

    def slice(self, start: int, stop: int) -> Batch:
        """A batch of the rows from `start` up to `stop`; this one, if that is all of it."""
        if stop - start == len(self):
            return self
        return Batch(self.rows.slice(start, stop), self.payload[start:stop], self.sizes[start:stop])

    @staticmethod
    def join(batches: Sequence[Batch]) -> Batch:
        """All rows of several batches of one source and layout, one after the other."""
        rows = Rows.join([batch.rows for batch in batches])
        payload = [item for batch in batches for item in batch.payload]
        return Batch(rows, payload, [size for batch in batches for size in batch.sizes])


def without(values: Sequence[T], indexes: Collection[int]) -> Sequence[T]:
    """All values but those at `indexes`."""
    if not indexes:
        return values
    left_out = frozenset(indexes)
    return [value for i, value in enumerate(values) if i not in left_out]


def _at(values: Sequence[T], indexes: Iterable[int]) -> list[T]:
    return list(map(values.__getitem__, indexes))
