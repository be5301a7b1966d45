"""The engine, the checkpoint and the queue against a small model: crashes, torn writes, lost tails, full disks.

Time is turned, the target is scripted, and the disk forgets what was not fsynced; all else is the real thing.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from loader.checkpoint.errors import CheckpointError
from loader.checkpoint.log import CheckpointWriter
from loader.checkpoint.requests import RequestLog
from loader.config import sections
from loader.dlq.errors import DlqError
from loader.dlq.writer import DlqWriter
from loader.engine.journal import RunJournal
from loader.engine.past import read_past
from loader.outcomes import ACCEPTED, Result
from loader.report.run_log import RunLog
from loader.rows import BadRow
from loader.sources.base import Group, Parsed
from tests.chaos.conftest import TIMES
from tests.chaos.disk import Crash, Disk
from tests.engine.harness import Attempt, NameParser, World, ambiguous, refused, retryable, unsent

RUN = "run"


@dataclass
class Model:
    """What is true of every row, whatever happens on the way."""

    rows: int
    repeatable: bool
    chance: Random
    natures: list[str] = field(init=False)
    arrived: Counter[int] = field(default_factory=Counter)
    kept: dict[tuple[int, ...], Result] = field(default_factory=dict)  # answers to requests of which it has rows
    safe: set[int] = field(default_factory=set)  # rows that a durable record says are settled
    sent_ambiguously: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.natures = self.chance.choices(("good", "refused", "unreadable"), (8, 2, 1), k=self.rows)

    def answer(self, attempt: Attempt) -> Result:
        """What the target says; it has what it accepted even if nobody hears the answer."""
        ordinals = attempt.ordinals
        again = self.safe.intersection(ordinals)
        assert not again, f"settled and recorded, and sent again: {again}"
        if not self.repeatable:
            assert not self.sent_ambiguously.intersection(ordinals), "sent again though it may have arrived"
        roll = self.chance.random()
        if roll < 0.1:
            return retryable(503)
        if roll < 0.15:
            return unsent()
        refusals = {place: i for place, i in enumerate(ordinals) if self.natures[i] == "refused"}
        if refusals and tuple(ordinals) not in self.kept and (roll < 0.6 or len(refusals) == len(ordinals)):
            return refused(422)
        answer = self._store(ordinals, refusals) if roll > 0.2 else ACCEPTED
        heard = answer if roll > 0.3 else ambiguous()
        self.sent_ambiguously.update(row for place, row in enumerate(ordinals) if place not in heard.rows)
        return heard

    def _store(self, ordinals: list[int], refusals: Mapping[int, int]) -> Result:
        """As a target that knows the keys of what it has: the same request changes nothing and gets the same answer."""
        known = self.kept.get(tuple(ordinals))
        if known is not None:
            return known
        self.arrived.update(i for place, i in enumerate(ordinals) if place not in refusals)
        no = {place: (retryable(429) if self.chance.random() < 0.5 else refused(422)).cause for place in refusals}
        self.kept[tuple(ordinals)] = Result(rows=no) if no else ACCEPTED
        return self.kept[tuple(ordinals)]

    def check(self, letters: list[dict], totals, end, *, power_lost: bool) -> None:
        """After the last part: every row has its one end; requests are not forgotten unless power was lost."""
        places = Counter(letter["line"] - 1 for letter in letters)
        assert set(places.values()) <= {1}, f"rows with two letters: {places}"
        dead = {letter["line"] - 1: letter["class"] for letter in letters}
        for row, nature in enumerate(self.natures):
            if nature == "good":
                assert self.arrived[row] if self.repeatable else self.arrived[row] == 1 or dead[row] == "unknown"
                assert self.arrived[row] <= 1 or power_lost, f"row {row} arrived twice"
                assert row not in dead or (not self.repeatable and dead[row] == "unknown")
            else:
                assert row in dead
                assert not self.arrived[row]
        assert end.stop is None
        assert (totals.read, totals.rejected + totals.unknown) == (self.rows, len(letters))
        assert totals.unknown == sum(kind == "unknown" for kind in dead.values())


@dataclass
class NatureParser:
    """Rows as `NameParser` reads them, but for those that the model made unreadable."""

    model: Model

    def parse(self, chunk) -> Parsed:
        (group,) = NameParser().parse(chunk).groups
        rows = group.rows
        bad = [i for i, ordinal in enumerate(rows.ordinals) if self.model.natures[ordinal] == "unreadable"]
        good = rows.take([i for i in range(len(rows)) if i not in bad])
        letters = (
            BadRow(rows.ordinals[i], rows.lines[i], rows.offsets[i], rows.raw[i], len(rows.raw[i]), "bad_json", "bad")
            for i in bad
        )
        return Parsed((Group(good),) if len(good) else (), tuple(letters))


class WatchedJournal(RunJournal):
    """Tells the model what became durable."""

    def __init__(self, model: Model, *files) -> None:
        super().__init__(*files)
        self._model = model

    def sync(self, ledger, open_requests, *, final: bool) -> None:
        super().sync(ledger, open_requests, final=final)
        self._model.safe |= {row for row in range(ledger.taken) if not ledger.states.is_pending(row)}


@dataclass
class Parts:
    """A run in parts, each with files of its own on the same folder."""

    model: Model
    folder: Path
    size: int
    chunk_rows: int
    max_in_flight: int

    def run(self, disk: Disk) -> World | None:
        """One part: how it ended, or None after a crash, or where its files could not be opened."""
        try:
            with ExitStack() as stack:
                stack.enter_context(disk.mounted())
                world = self._world(disk, stack)
                world.run()
                return world
        except (Crash, DlqError, CheckpointError):
            assert disk.failed
            return None
        finally:
            disk.unmount()

    def _world(self, disk: Disk, stack: ExitStack) -> World:
        def closing(close) -> None:
            with suppress(Crash, OSError):
                close()

        past = read_past(RUN, self.folder, self.folder / "dlq.jsonl")
        writer = DlqWriter(self.folder / "dlq.jsonl")
        stack.callback(closing, writer.close)
        log = RunLog(self.folder / "run.log", RUN, lambda: 0.0, str)
        stack.callback(closing, log.close)
        checkpoint = CheckpointWriter(self.folder / "checkpoint")
        stack.callback(closing, checkpoint.close)

        requests = RequestLog(self.folder / "requests")
        stack.callback(closing, requests.close)
        requests.restart(past.noted_chunks, past.accepted, past.requests)

        def script(attempt: Attempt) -> Result:
            disk.step()
            return self.model.answer(attempt)

        return World(
            rows=self.model.rows,
            size=self.size,
            chunk_rows=self.chunk_rows,
            script=script,
            repeatable=self.model.repeatable,
            keyed=True,
            max_in_flight=self.max_in_flight,
            chance=self.model.chance.random,
            retry=sections.Retry(max_retries=50),
            breaker=sections.BreakerSettings(threshold=0),
            journal=WatchedJournal(self.model, writer, None, checkpoint, log, {}, past, requests),
            past=past,
            parser=NatureParser(self.model),
        )

    def letters(self) -> list[dict]:
        """All whole letters."""
        path = self.folder / "dlq.jsonl"
        lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
        return [json.loads(line) for line in lines if line.endswith(b"\n")]


@given(
    seed=st.integers(0, 2**32),
    rows=st.integers(1, 60),
    chunk_rows=st.integers(1, 20),
    size=st.integers(1, 5),
    max_in_flight=st.integers(1, 5),
    repeatable=st.booleans(),
    failures=st.lists(st.tuples(st.integers(1, 60), st.booleans()), max_size=6),
)
@settings(deadline=None, max_examples=150 * TIMES)
def test_after_crashes_and_full_disks_every_row_has_its_one_end(
    seed, rows, chunk_rows, size, max_in_flight, repeatable, failures
):
    chance = Random(seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = Model(rows, repeatable, chance)
        parts = Parts(model, folder, size, chunk_rows, max_in_flight)
        disk = Disk(folder, chance)
        for fails_at, full in failures:
            disk.arm(fails_at, full=full)
            world = parts.run(disk)
            if world is not None:
                _check_stop(world, parts, disk)
        disk.arm(10**9, full=False)
        world = parts.run(disk)
        assert world is not None
        model.check(parts.letters(), world.ledger.totals, world.end, power_lost=disk.forgot)


def _check_stop(world: World, parts: Parts, disk: Disk) -> None:
    """A part that did not crash ran to its end or stopped on the full disk; it tells of no letter that is not there."""
    totals = world.ledger.totals
    assert totals.rejected + totals.unknown <= len(parts.letters())
    if disk.failed and world.end.stop is not None:
        assert world.end.stop.exit_code == 3
    else:
        assert world.end.stop is None
