"""Outcomes: endings of attempts and fates of rows, as values.

An attempt ends as accepted, refused, unsent or ambiguous. A row ends as delivered, rejected or unknown, once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, IntEnum, StrEnum

import msgspec

from loader.error_types import UNKNOWN, ErrorType
from loader.errors import unforeseen

DEFECT = ErrorType(
    "defect",
    UNKNOWN,
    "an exception that nobody foresaw; it stops the run",
    "please report it with the run.log of this run; these rows may have arrived",
)
"""Of a cause that is an exception nobody foresaw: its hint is the traceback, and the run must end."""

INTERRUPTED = ErrorType(
    "interrupted",
    UNKNOWN,
    "the run ended, or was killed, before the answer came, and the row may not be sent twice",
    "these rows were sent and may have arrived; look at the target, "
    "and replay them with --class unknown if they are not there",
)


class Ending(Enum):
    """How an attempt that was not accepted ended."""

    REFUSED = "refused"  # a complete answer said no
    UNSENT = "unsent"  # surely nothing of it reached the target
    AMBIGUOUS = "ambiguous"  # sent, and no complete, matching answer came


class Fault(Enum):
    """Whether a cause speaks of something else than the rows, mostly of the target."""

    NONE = "none"
    SUSPECTED = "suspected"  # of the target, if nothing was delivered yet: 403, 404, 405, 501, 3xx
    # Stops the run if nothing was delivered yet: unknown name, untrusted certificate, answers that fit no setting.
    AT_START = "at start"
    OURS = "ours"  # not of the target, but of this process, which has no thread or descriptor left: stops the run
    CERTAIN = "certain"  # stops the run: 401, 407, and 207 where no setting says where to look


class ColumnError(msgspec.Struct, frozen=True, gc=False):
    """One column that does not fit: its name, the value as text, and what was expected.

    Where there is no value, `found` says in words what there is instead, and `value` is "".
    """

    column: str
    value: str
    expected: str
    found: str = ""


class Cause(msgspec.Struct, frozen=True, gc=False):
    """Why an attempt, or one row of it, was not accepted.

    `error_type` is stable snake_case. `retryable` says that the same rows may do better later. `retry_after` is the
    wait in seconds the server asked for, None where it did not, or not readably. `throttled` marks a 429, and any
    answer with such a wait: the server speaks of pace, not of its health. `timeout` marks attempts that ran out of
    time, `too_large` requests that the target finds too long.
    """

    error_type: str
    message: str
    ending: Ending
    retryable: bool = False
    fault: Fault = Fault.NONE
    status: int | None = None
    code: str | None = None
    retry_after: float | None = None
    throttled: bool = False
    timeout: bool = False
    too_large: bool = False
    columns: tuple[ColumnError, ...] = ()
    hint: str | None = None

    def masked(self, mask: Callable[[str], str]) -> Cause:
        """The same with secrets hidden: what answers may send back what it was sent."""
        code, hint = (None if text is None else mask(text) for text in (self.code, self.hint))
        return msgspec.structs.replace(self, message=mask(self.message), code=code, hint=hint)


def defect(error: Exception) -> Cause:
    """The cause of an attempt that ended by an exception nobody foresaw."""
    import traceback

    return Cause(DEFECT.name, unforeseen(error), Ending.AMBIGUOUS, hint="".join(traceback.format_exception(error)))


RUN_ENDED = Cause(INTERRUPTED.name, "the run ended before the answer came", Ending.AMBIGUOUS)
"""Why a request that was under way when the run ended was not accepted."""


@dataclass(frozen=True, slots=True)
class Result:
    """How one attempt ended for each row of a batch.

    A row whose index stands in `rows` ended by its own cause; every other row by `cause`, accepted where that is None.
    """

    cause: Cause | None = None
    rows: Mapping[int, Cause] = field(default_factory=dict)

    def masked(self, mask: Callable[[str], str]) -> Result:
        """The same with secrets hidden; rows that share a cause still do."""
        causes = {id(cause): cause for cause in self.rows.values()}
        hidden = {identity: cause.masked(mask) for identity, cause in causes.items()}
        rows = {i: hidden[id(cause)] for i, cause in self.rows.items()}
        return Result(None if self.cause is None else self.cause.masked(mask), rows)


ACCEPTED = Result()


class Fate(IntEnum):
    """The state of one row in the ledger. SKIPPED rows, which a load leaves out, are no rows of its input."""

    PENDING = 0
    DELIVERED = 1
    REJECTED = 2
    UNKNOWN = 3
    SKIPPED = 4


class Skip(StrEnum):
    """Why a row is left out, or by a replay a letter; where there are several reasons, the first of them."""

    FILTERED = "filtered"  # it is not what was asked for
    SETTLED = "settled"  # an earlier replay settled it
    MENDED = "mended"  # its row was delivered without some of its values
    MAY_HAVE_ARRIVED = "may_have_arrived"  # it is unknown, its target may not be sent a row twice
    BEFORE = "skip"  # it is one of the first rows, as many as were to be skipped
    SAMPLE = "sample"  # it is not in the sample
    WHERE = "where"  # the condition does not hold for it
    LIMIT = "limit"  # it comes after as many rows as were asked for, in the last chunk that was read


LEFT_OUT = (Skip.BEFORE, Skip.SAMPLE, Skip.WHERE, Skip.LIMIT)
"""Why rows of a chunk are left out: those with a 1 in `Chunk.left_out` for the first of these, and so on."""
