"""References to batches that lie at a worker, used by the parent like any other batch."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, overload

from loader.contents import Pick
from loader.preparation.preparer import PreparedChunk
from loader.rows import Batch, Chunk, Rows, Source
from loader.sources.parser import Parser
from loader.targets.base import Prepared, UnfitRows
from loader.workers.messages import LanePieces, Piece, Pieces, UnfitPiece

if TYPE_CHECKING:
    from loader.workers.handle import WorkerHandle


class BatchReference:
    """The parent's hold on a batch at a worker, shared by all that was made of it; with the last of them it is dropped.

    So the worker keeps a batch for exactly as long as anything here may still ask for it. The interpreter counts who
    that is: batches are divided, joined in part, passed over as settled, moved, queued and sent in a dozen places, most
    of which know nothing of workers. Counted by them, one hold too few would have a worker asked for rows that it has
    dropped, in the middle of a load, and one too many would keep them to its end. The counts are exact at once, as
    nothing that holds a batch is part of a cycle; tests hold this with the collector off. All of it is in the thread of
    the load, and nothing is said to a worker that is gone.
    """

    __slots__ = ("key", "rows", "worker")

    def __init__(self, worker: WorkerHandle, key: int, rows: int) -> None:
        self.worker = worker
        self.key = key
        self.rows = rows

    def __del__(self) -> None:
        self.worker.forget(self.key)


RowReference = tuple[BatchReference, int]
"""One row of a batch at a worker: the payload of remote batches."""


class RowReferences(Sequence[RowReference]):
    """Those of some rows of one batch."""

    __slots__ = ("_indexes", "reference")

    def __init__(self, reference: BatchReference, indexes: Sequence[int]) -> None:
        self.reference = reference
        self._indexes = indexes

    def __len__(self) -> int:
        return len(self._indexes)

    @overload
    def __getitem__(self, index: int) -> RowReference: ...
    @overload
    def __getitem__(self, index: slice) -> RowReferences: ...
    def __getitem__(self, index: int | slice) -> RowReference | RowReferences:
        if isinstance(index, slice):
            return RowReferences(self.reference, self._indexes[index])
        return self.reference, self._indexes[index]

    @property
    def indexes(self) -> Sequence[int]:
        return self._indexes


def worker_of(batch: Batch) -> WorkerHandle:
    """The worker at which a remote batch lies."""
    payload = batch.payload
    return payload.reference.worker if isinstance(payload, RowReferences) else payload[0][0].worker


def address(batch: Batch) -> tuple[BatchReference, Sequence[int] | None]:
    """Where a remote batch lies, and which rows of what lies there it is; None where it is all of them."""
    payload = batch.payload
    reference: BatchReference = payload.reference if isinstance(payload, RowReferences) else payload[0][0]
    if len(payload) == reference.rows:
        return reference, None
    return reference, list(payload.indexes) if isinstance(payload, RowReferences) else [index for _, index in payload]


RowFinder = Callable[[int], tuple[Rows, int]]
"""Gives the readable row with an ordinal, as some rows and its index in them."""


class _Column(Sequence[Any]):
    """A column of rows that are read from their chunks only when they are looked at."""

    __slots__ = ("_name", "_ordinals", "_row")

    def __init__(self, row: RowFinder, name: str, ordinals: Sequence[int]) -> None:
        self._row = row
        self._name = name
        self._ordinals = ordinals

    def __len__(self) -> int:
        return len(self._ordinals)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return _Column(self._row, self._name, self._ordinals[index])
        rows, place = self._row(self._ordinals[index])
        return getattr(rows, self._name)[place]

    def __iter__(self) -> Iterator[Any]:
        return map(self.__getitem__, range(len(self)))


class RemoteContent:
    """What stands in rows of which ordinals and weight are known, while the rest is read when it is looked at."""

    __slots__ = ("_ordinals", "_row", "weight")

    def __init__(self, row: RowFinder, ordinals: Sequence[int], weight: int) -> None:
        """`weight` are the bytes of all rows as read."""
        self._row = row
        self._ordinals = ordinals
        self.weight = weight

    @property
    def raw(self) -> Sequence[bytes]:
        """The bytes of each row."""
        return _Column(self._row, "raw", self._ordinals)

    def row(self, index: int) -> bytes:
        """A row as a JSON object."""
        rows, place = self._row(self._ordinals[index])
        return rows.content.row(place)

    def original_json(self, index: int) -> bytes | None:
        """A row as it was read, where that is a JSON object."""
        rows, place = self._row(self._ordinals[index])
        return rows.content.original_json(place)

    def pick(self, pick: Pick) -> RemoteContent:
        """Some of the rows, with their share of the weight."""
        ordinals = pick(self._ordinals)
        share = self.weight * len(ordinals) // max(1, len(self._ordinals))
        return RemoteContent(self._row, ordinals, share)

    def join(self, parts: Sequence[RemoteContent]) -> RemoteContent:
        """All rows of `parts`."""
        ordinals = [ordinal for part in parts for ordinal in part._ordinals]
        return RemoteContent(self._row, ordinals, sum(part.weight for part in parts))


def remote_rows(
    source: Source, ordinals: Sequence[int], row: RowFinder, weight: int, timestamps: Sequence[int] | None
) -> Rows:
    """Rows that lie at a worker."""
    lines, offsets = _Column(row, "lines", ordinals), _Column(row, "offsets", ordinals)
    content = RemoteContent(row, ordinals, weight)
    return Rows(source, source.layout, ordinals, lines, offsets, content, None, timestamps)


class ChunkCache:
    """The chunks that workers have, and their rows for whoever asks. Used by one thread."""

    def __init__(self, sources: Sequence[Source], parser_of: Callable[[Source], Parser]) -> None:
        self._sources = sources
        self._parser_of = parser_of
        self._starts: list[int] = []  # first ordinals, ascending as chunks come
        self._chunks: list[Chunk] = []
        self._parsed: dict[int, Sequence[Rows]] = {}  # by number of the chunk: of chunks that were looked at

    def add(self, chunk: Chunk) -> None:
        """Keep a chunk; those come in the order of their ordinals."""
        self._starts.append(chunk.ordinal)
        self._chunks.append(chunk)

    def drop(self, chunk: Chunk) -> None:
        """All of its rows are settled."""
        place = bisect_right(self._starts, chunk.ordinal) - 1
        del self._starts[place], self._chunks[place]
        self._parsed.pop(chunk.number, None)

    def made(self, worker: WorkerHandle, pieces: Pieces, chunk: Chunk | None) -> PreparedChunk:
        """What a worker made, as if it had been made here."""
        prepared = [(lane.lane, self._divide(worker, lane)) for lane in pieces.lanes]
        again = [(lane.lane, batch) for lane in pieces.again for batch in self._divide(worker, lane).batches]
        return PreparedChunk(prepared, chunk, pieces.bad, (), pieces.strays, again, pieces.mended)

    def _divide(self, worker: WorkerHandle, made: LanePieces) -> Prepared:
        batches = [self._batch(worker, made.first_key + i, piece) for i, piece in enumerate(made.batches)]
        return Prepared(batches, list(map(self._refused, made.unfit)), made.fed)

    def _batch(self, worker: WorkerHandle, key: int, piece: Piece) -> Batch:
        if len(piece.runs) == 1:
            first, count = piece.runs[0]
            ordinals: Sequence[int] = range(first, first + count)
        else:
            ordinals = [ordinal for first, count in piece.runs for ordinal in range(first, first + count)]
        count = len(ordinals)
        rows = remote_rows(self._sources[piece.source], ordinals, self._row, piece.weight, piece.timestamps)
        return Batch(rows, RowReferences(BatchReference(worker, key, count), range(count)), piece.sizes)

    def _refused(self, refused: UnfitPiece) -> UnfitRows:
        return UnfitRows(
            remote_rows(self._sources[refused.source], refused.ordinals, self._row, 0, None), refused.causes
        )

    def _row(self, ordinal: int) -> tuple[Rows, int]:
        """The readable row with this ordinal, as some rows and its index in them."""
        chunk = self._chunks[bisect_right(self._starts, ordinal) - 1]
        parsed = self._parsed.get(chunk.number)
        if parsed is None:
            groups = self._parser_of(chunk.source).parse(chunk).groups
            parsed = self._parsed[chunk.number] = [group.rows for group in groups]
        for rows in parsed:
            place = bisect_right(rows.ordinals, ordinal) - 1
            if place >= 0 and rows.ordinals[place] == ordinal:
                return rows, place
        raise LookupError(f"row {ordinal} is not in chunk {chunk.number}")
