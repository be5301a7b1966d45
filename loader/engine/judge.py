"""Judge: what an answer means for each row of a batch: delivered, dead-lettered, or sent again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from loader.config import sections
from loader.engine.lanes.lane import SUSPICIONS, Lane
from loader.engine.pending import Pending
from loader.engine.run_state import RunState
from loader.engine.stop import failed, target_fault
from loader.error_types import LetterClass
from loader.events import BatchLimitLowered, BatchSplit, Observer, PartlyAccepted, RetryScheduled, Warned
from loader.history import History
from loader.outcomes import DEFECT, Cause, Ending, Fault, Result
from loader.resilience.backoff import backoff
from loader.rows import Rows
from loader.targets.base import UnfitRows

_FIRST = float("-inf")  # due before everything else
_ALWAYS = (Fault.CERTAIN, Fault.OURS)  # whatever was delivered before


class Outcomes(Protocol):
    """Where rows end, each exactly once. Called by the pump's thread."""

    def delivered(self, rows: Rows, failed: Sequence[int], target: str) -> None:
        """All of `rows` were accepted but those at the indexes `failed`, ascending."""

    def dead(
        self, rows: Rows, history: History, causes: Mapping[int, Cause], letter_class: LetterClass, target: str
    ) -> None:
        """Those of `rows` with these causes, by index, are rejected, or unknown if `letter_class` says so."""

    def prepared_again(self, ordinals: Sequence[int], mended: Mapping[int, Cause]) -> None:
        """Rows were prepared for another target; `mended` says, by ordinal, what does not fit of some of them there."""

    def sent_again(self, rows: int, target: str) -> None:
        """So many rows go to the target again after an attempt that may have arrived; told once of each row."""

    def about_to_send(self, batches: Sequence[Rows]) -> None:
        """These rows may not be repeated: note them durably before they go."""

    def going_out(self, target: str, requests: Sequence[Rows]) -> None:
        """Each of these goes as one request with a key of its own: note which rows it holds."""


@dataclass(frozen=True, slots=True)
class Policies:
    """The settings that the pump decides by."""

    retry: sections.Retry
    throttle: sections.Throttle
    breaker: sections.BreakerSettings
    row_timeout: float  # seconds from a row's first attempt; 0 = none
    max_in_flight: int


class Judge:
    """Brings every row to its fate, once. Touched by the pump's thread alone."""

    def __init__(
        self,
        policies: Policies,
        outcomes: Outcomes,
        state: RunState,
        *,
        chance: Callable[[], float],
        notify: Observer,
    ) -> None:
        self._policies = policies
        self._outcomes = outcomes
        self._state = state
        self._chance = chance
        self._notify = notify

    def judge(self, lane: Lane, pending: Pending, failed: Sequence[int], *, now: float) -> None:
        """An attempt ended: all rows were accepted but those `failed`. Its lane and its batch know of it already."""
        accepted = len(failed) < len(pending)
        if accepted:
            self._deliver(lane, pending, failed)
        if failed:
            self._judge_failure(lane, pending, failed, now)
        if accepted and lane.undecided:
            self._resolve_undecided(lane, now)

    def end_rows_out_of_time(self, lane: Lane, now: float) -> None:
        """End the rows that wait and whose time is over."""
        for pending in [p for p in lane.queue if self._is_out_of_time(p, now)]:
            self._dead_letter_all(lane, pending, LetterClass.EXHAUSTED)

    def prepared_again(self, ordinals: Sequence[int], mended: Mapping[int, Cause]) -> None:
        """Rows were prepared for another target, as in `Outcomes`."""
        self._outcomes.prepared_again(ordinals, mended)

    def end_unfit(self, lane: Lane, refused: UnfitRows, history: History) -> None:
        """End rows that the lane's target cannot take at all."""
        self._outcomes.dead(refused.rows, history, dict(enumerate(refused.causes)), LetterClass.DATA, lane.name)

    def _deliver(self, lane: Lane, pending: Pending, failed: Sequence[int]) -> None:
        self._outcomes.delivered(pending.batch.rows, failed, lane.name)
        if not failed:
            self._state.release(pending)

    def _judge_failure(self, lane: Lane, pending: Pending, failed: Sequence[int], now: float) -> None:
        if not pending.last.rows:
            self._judge_batch(lane, pending, pending.cause(0), now)
            return
        causes = {i: pending.cause(i) for i in failed}
        refused = {i: why for i, why in causes.items() if not why.retryable or self._is_unknown(lane, why)}
        again = [i for i in failed if i not in refused]
        if len(failed) < len(pending):
            self._tell_parts(lane, pending, len(failed), len(again))
        self._dead_letter_refused(lane, pending, refused)
        doubtful = [i for i in again if causes[i].ending is Ending.AMBIGUOUS]
        sure = [i for i in again if causes[i].ending is not Ending.AMBIGUOUS]
        rests = [pending.take(part) for part in (doubtful, sure) if part]
        self._state.replace(pending, rests)
        for rest in rests:
            cause = rest.cause(0)
            if cause.ending is Ending.AMBIGUOUS:
                rest.history = rest.history.doubted()
            self._retry(lane, rest, cause, now)

    def _tell_parts(self, lane: Lane, pending: Pending, failed: int, again: int) -> None:
        rows = pending.batch.rows
        place = (lane.name, rows.source.name, rows.lines[0])
        self._notify(PartlyAccepted(*place, len(pending) - failed, failed - again, again, pending.history.request))

    def _judge_batch(self, lane: Lane, pending: Pending, cause: Cause, now: float) -> None:
        """The whole request ended by one cause."""
        if cause.ending is Ending.AMBIGUOUS:
            pending.history = pending.history.doubted()
        if cause.error_type == DEFECT.name:
            self._notify(Warned(cause.hint or cause.message))
            self._state.request_stop(failed(cause.message))
        suspected = cause.fault in _ALWAYS or (cause.fault is not Fault.NONE and lane.delivered == 0)
        if suspected:
            self._suspect_target(lane, cause)
        if self._is_unknown(lane, cause):
            self._dead_letter_all(lane, pending, LetterClass.UNKNOWN)
        elif suspected:
            lane.undecided.append(pending)
        elif cause.ending is Ending.UNSENT:
            self._retry_unsent(lane, pending, cause, now)
        elif cause.error_type == DEFECT.name:
            lane.queue.again(pending)
        elif cause.retryable:
            self._retry(lane, pending, cause, now)
        else:
            self._judge_refused(lane, pending, cause)

    @staticmethod
    def _is_unknown(lane: Lane, cause: Cause) -> bool:
        """Whether the attempt may have arrived at a target to which nothing may be sent twice."""
        return cause.ending is Ending.AMBIGUOUS and not lane.target.repeatable

    def _suspect_target(self, lane: Lane, cause: Cause) -> None:
        """The answer speaks of the target: no row is blamed for it before another was delivered."""
        lane.suspicions += 1
        if cause.fault is not Fault.SUSPECTED or lane.suspicions >= SUSPICIONS:
            self._state.request_stop(target_fault(lane.name, cause))

    def _resolve_undecided(self, lane: Lane, now: float) -> None:
        """A row was delivered, so the target is no longer under suspicion: judge the rows that waited."""
        undecided, lane.undecided = lane.undecided, []
        for pending in undecided:
            self._judge_batch(lane, pending, pending.cause(0), now)

    def _retry_unsent(self, lane: Lane, pending: Pending, cause: Cause, now: float) -> None:
        if lane.delivered == 0:
            pending.history = pending.history.not_connected()
            if pending.history.connects > self._policies.retry.max_retries:
                self._state.request_stop(target_fault(lane.name, cause))
        self._schedule(lane, pending, cause, now)

    def _retry(self, lane: Lane, pending: Pending, cause: Cause, now: float) -> None:
        counts = not lane.is_tripped and not (cause.throttled and lane.delivered > pending.history.delivered)
        history = pending.history = pending.history.retried(lane.delivered, counts=counts, timeout=cause.timeout)
        lone = len(pending) == 1
        used_up = counts and history.retries > self._policies.retry.max_retries
        if used_up and lone:
            self._dead_letter_all(lane, pending, LetterClass.EXHAUSTED)
        elif not lone and (used_up or (counts and history.timeouts >= 2)):
            self._split(lane, pending, cause)
        else:
            self._schedule(lane, pending, cause, now)

    def _judge_refused(self, lane: Lane, pending: Pending, cause: Cause) -> None:
        if len(pending) == 1:
            self._dead_letter_refused(lane, pending, {0: cause})
            self._state.release(pending)
            return
        pending.history = pending.history.answered()  # the halves need not wait as for a target in trouble
        if cause.too_large:
            limit = lane.batcher.shrink(pending.batch)
            self._notify(BatchLimitLowered(lane.name, limit))
        self._split(lane, pending, cause)

    def _split(self, lane: Lane, pending: Pending, cause: Cause) -> None:
        """Halve a batch to find the row that is at fault; halves go first and count as one attempt no more."""
        rows = pending.batch.rows
        facts = (rows.source.name, rows.lines[0], len(rows), cause.error_type, cause.message)
        self._notify(BatchSplit(lane.name, *facts, pending.history.request))
        halves = pending.halves()
        self._state.replace(pending, halves)
        for half in halves:
            half.due = _FIRST
            lane.queue.again(half)

    def _schedule(self, lane: Lane, pending: Pending, cause: Cause, now: float) -> None:
        """Queue a batch to go again, after its backoff or after what the server asked for, whichever is longer."""
        wait = max(backoff(self._policies.retry, pending.history.failures, self._chance()), cause.retry_after or 0.0)
        pending.due = now + wait
        if self._is_out_of_time(pending, pending.due):
            self._dead_letter_all(lane, pending, LetterClass.EXHAUSTED)
            return
        lane.queue.again(pending)
        rows = pending.batch.rows
        place = (lane.name, rows.source.name, rows.lines[0], len(rows))
        why = (cause.error_type, cause.message)
        self._notify(RetryScheduled(*place, pending.history.attempts, wait, *why, pending.history.request))

    def _is_out_of_time(self, pending: Pending, at: float) -> bool:
        limit, since = self._policies.row_timeout, pending.history.first_sent
        return bool(limit) and since is not None and at - since >= limit

    def _dead_letter_refused(self, lane: Lane, pending: Pending, causes: Mapping[int, Cause]) -> None:
        unknown = {i: why for i, why in causes.items() if pending.history.ambiguous or why.ending is Ending.AMBIGUOUS}
        refused = {i: why for i, why in causes.items() if i not in unknown} if unknown else causes
        self._dead_letter(lane, pending, unknown, LetterClass.UNKNOWN)
        self._dead_letter(lane, pending, refused, LetterClass.REFUSED)

    def _dead_letter_all(self, lane: Lane, pending: Pending, letter_class: LetterClass) -> None:
        causes = {i: pending.cause(i) for i in range(len(pending))}
        self._dead_letter(lane, pending, causes, LetterClass.UNKNOWN if pending.history.in_doubt else letter_class)
        self._state.release(pending)

    def _dead_letter(
        self, lane: Lane, pending: Pending, causes: Mapping[int, Cause], letter_class: LetterClass
    ) -> None:
        if causes:
            self._outcomes.dead(pending.batch.rows, pending.history, causes, letter_class, lane.name)


def failed_in(result: Result, count: int) -> Sequence[int]:
    """The indexes of the rows that were not accepted, ascending."""
    return sorted(result.rows) if result.cause is None else range(count)


def causes_of(result: Result) -> list[Cause]:
    """All causes in a result, that of the whole request first."""
    causes = list(result.rows.values())
    return causes if result.cause is None else [result.cause, *causes]
