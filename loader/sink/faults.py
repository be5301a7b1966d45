"""Faults of the sink: chosen by a seeded random and by request counts."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from random import Random

import msgspec

from loader.sink.fault_settings import FaultSettings, Outage, StatusShare

_ROW = msgspec.json.Decoder(dict[str, object])


class Manner(Enum):
    """How a request is treated."""

    SERVE = auto()  # as it should be
    ANSWER = auto()  # answered a status, nothing stored
    RESET_BEFORE = auto()  # connection reset, nothing stored
    RESET_AFTER = auto()  # connection reset once the rows are stored
    CLOSE = auto()  # connection closed without an answer, nothing stored
    REFUSE = auto()  # the same, and new connections are refused for a while


@dataclass(frozen=True, slots=True)
class Verdict:
    """What happens to one request.

    `fault` is its name in records, "" for none. `status` is set for ANSWER, `refuse_for` (seconds) for REFUSE. `delay`
    is how long the answer is held back, in seconds.
    """

    manner: Manner
    fault: str = ""
    status: int = 0
    refuse_for: float = 0.0
    delay: float = 0.0


@dataclass(frozen=True, slots=True)
class RowFault:
    """Why one row is not stored: the status it gets, the fault's name and a reason for people."""

    status: int
    fault: str
    reason: str


class Faults:
    """Decides by `settings`. Thread-safe; the same requests in the same order get the same verdicts."""

    def __init__(self, settings: FaultSettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()  # guards all below
        self._random = Random(settings.seed)
        self._seen = 0
        self._began: dict[Outage, float] = {}

    def judge(self, rows: int, now: float) -> Verdict:
        """What happens to the next request, which carries `rows` rows; `now` is monotonic seconds."""
        with self._lock:
            self._seen += 1
            # Always both rolls: an outage does not shift the fates of the requests after it.
            fate, pace = self._random.random(), self._random.random()
            verdict = self._outage(now) or self._by_share(fate, rows)
        slow = self._settings.slow
        if pace >= slow.share:
            return verdict
        return replace(verdict, fault="+".join(filter(None, (verdict.fault, "slow"))), delay=slow.seconds)

    def judge_rows(self, rows: Sequence[str]) -> dict[int, RowFault]:
        """The rows (texts of JSON objects) that are not to be stored, by index."""
        found: dict[int, RowFault] = {}
        if self._settings.refuse or self._settings.fail_forever:
            found |= {index: fault for index, row in enumerate(rows) if (fault := self._by_rule(row))}
        if self._settings.item_statuses:
            with self._lock:
                rolls = [self._random.random() for _ in rows]
            for index, roll in enumerate(rolls):
                status = _pick(self._settings.item_statuses, roll)
                if status:
                    found.setdefault(index, RowFault(status, f"item_{status}", "this item was picked to fail"))
        return found

    def _outage(self, now: float) -> Verdict | None:
        for outage in self._settings.outages:
            if not outage.after < self._seen <= outage.after + outage.requests:
                continue
            left = self._began.setdefault(outage, now) + outage.seconds - now
            if left <= 0:
                continue
            if outage.answer == "refuse":
                return Verdict(Manner.REFUSE, "outage", refuse_for=left)
            if outage.answer == "close":
                return Verdict(Manner.CLOSE, "outage")
            return Verdict(Manner.ANSWER, "outage", status=outage.answer)
        return None

    def _by_share(self, fate: float, rows: int) -> Verdict:
        settings = self._settings
        if fate < settings.reset_before:
            return Verdict(Manner.RESET_BEFORE, "reset_before")
        fate -= settings.reset_before
        if fate < settings.reset_after:
            return Verdict(Manner.RESET_AFTER, "reset_after")
        fate -= settings.reset_after
        if fate < settings.reject_batches:
            return Verdict(Manner.ANSWER, "reject_batch", status=400) if rows > 1 else Verdict(Manner.SERVE)
        status = _pick(settings.statuses, fate - settings.reject_batches)
        return Verdict(Manner.ANSWER, f"status_{status}", status=status) if status else Verdict(Manner.SERVE)

    def _by_rule(self, text: str) -> RowFault | None:
        row = _ROW.decode(text)
        for rule in self._settings.fail_forever:
            if rule.matches(row):
                return RowFault(503, "fail_forever", f"rows with {rule} never get through")
        for rule in self._settings.refuse:
            if rule.matches(row):
                return RowFault(422, "refuse", f"rows with {rule} are refused")
        return None


def _pick(shares: Sequence[StatusShare], roll: float) -> int:
    """The status whose share `roll` falls into, 0 for none."""
    for share in shares:
        if roll < share.share:
            return share.status
        roll -= share.share
    return 0
