"""Messages between parent and worker. All of it is data: the parent runs nothing that a worker says."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from loader.checkpoint.spans import Run
from loader.outcomes import Cause, Result
from loader.rows import BadRow


class Message(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The base of all messages."""


# -- from the parent


class Work(Message, frozen=True, tag="work"):
    """A chunk, as in `rows.Chunk`; `source` is the index of its input. Answered by one Pieces.

    `again` are requests that are to be as they were: the number of the lane, and runs of ordinals. `left_out` as in
    `rows.Chunk`.
    """

    number: int
    source: int
    ordinal: int
    line: int
    offset: int
    rows: int
    data: bytes
    bad: BadRow | None = None
    again: Sequence[tuple[int, list[Run]]] = ()
    left_out: bytes = b""


class Send(Message, frozen=True, tag="send"):
    """Start an attempt, answered once under `token`, at rows of the batch `key`: all, or those at `indexes`."""

    token: int
    lane: int
    key: int
    indexes: Sequence[int] | None = None


class PrepareAgain(Message, frozen=True, tag="prepare_again"):
    """Cut rows of the batch `key` (all, or those at `indexes`) anew for `lane`. Answered by one Pieces."""

    key: int
    lane: int
    indexes: Sequence[int] | None = None


class Flush(Message, frozen=True, tag="flush"):
    """Hand over what batchers still hold. Answered by one Pieces."""


class Limit(Message, frozen=True, tag="limit"):
    """Cut requests of `lane` by at most so many bytes from now on."""

    lane: int
    max_bytes: int


class Forget(Message, frozen=True, tag="forget"):
    """Nobody asks for the batch `key` again."""

    key: int


Order = Work | Send | PrepareAgain | Flush | Limit | Forget


# -- from the worker


class Ready(Message, frozen=True, tag="ready"):
    """Targets are open."""


class Piece(Message, frozen=True):
    """One batch that lies at the worker.

    `source` is the index of its input, `runs` are its ordinals, `sizes` the bytes of each row on the wire, `weight` the
    original bytes of all of them, `timestamps` their write timestamps where the target has set them.
    """

    source: int
    runs: list[Run]
    sizes: list[int]
    weight: int
    timestamps: list[int] | None = None


class UnfitPiece(Message, frozen=True):
    """Rows of the input with the index `source` that do not fit a target, by ordinal, and why."""

    source: int
    ordinals: list[int]
    causes: list[Cause]


class LanePieces(Message, frozen=True):
    """The batches for one lane, under keys that count on from `first_key`, rows that do not fit, and what was fed."""

    lane: int
    first_key: int
    batches: list[Piece]
    unfit: list[UnfitPiece]
    fed: Sequence[str] = ()


class Pieces(Message, frozen=True, tag="pieces"):
    """What was made of the oldest Work, PrepareAgain or Flush that was not answered yet.

    `strays` as in `Parsed`, `mended` as in `PreparedChunk`; `again` has a request in each.
    """

    lanes: list[LanePieces]
    bad: list[BadRow]
    strays: list[tuple[int, int]] = []
    again: list[LanePieces] = []
    mended: dict[int, Cause] = {}


class Answers(Message, frozen=True, tag="answers"):
    """Attempts that ended, by token: those of which every row was accepted, and the others."""

    accepted: list[int]
    others: list[tuple[int, Result]]


class Broken(Message, frozen=True, tag="broken"):
    """A defect: what was raised, and where. The worker ends."""

    error: str
    traceback: str


class Unopened(Message, frozen=True, tag="unopened"):
    """A target stayed down or is at fault, so that nothing can be mapped for it. The worker ends."""

    target: str
    cause: Cause


Report = Ready | Pieces | Answers | Broken | Unopened
