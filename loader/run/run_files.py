"""Files of a run: opened, locked and described before anything is read."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from loader import __version__
from loader.checkpoint.folder import (
    RECORDS,
    CheckpointError,
    InputFacts,
    Manifest,
    RunFolder,
    next_number,
    read_manifest,
)
from loader.checkpoint.log import CheckpointWriter
from loader.checkpoint.requests import RequestLog
from loader.clock import Clock
from loader.config import TargetSettings, public_url
from loader.config.target_kind import shown_name
from loader.dlq.errors import DlqError
from loader.dlq.replayed import ReplayedWriter, ReplayMarks
from loader.dlq.writer import DlqWriter
from loader.durable import files
from loader.durable.files import identity, working_folder
from loader.errors import UsageError
from loader.events import BatchLimitLowered, Event
from loader.ledger.commit import DryRecorder, Recorder
from loader.ledger.resume_state import ResumeState, no_resume_state, read_resume_state
from loader.report.run_log import LogError, RunLog
from loader.rows import Source
from loader.run.plan import Plan
from loader.sources import Start
from loader.sources.locations import Location
from loader.targets.kinds import KINDS


@dataclass(frozen=True, slots=True)
class RunFiles:
    """The open files of one run. `dlq` may not exist yet: it is made with its first letter.

    `started_us` is when the run began, in microseconds since the epoch: the same in all its parts; `start` is where
    this part begins to read. `saw` holds the
    fingerprints of letters on their way, by source and offset; `limits` learned byte limits by target, of earlier
    parts and of this one.
    """

    commit: Recorder | DryRecorder
    folder: Path | None
    dlq: Path | None
    log: RunLog | None
    marks: ReplayMarks | None
    resume_state: ResumeState
    started_us: int
    start: Start = field(default_factory=Start)
    saw: dict[tuple[int, int], int] = field(default_factory=dict)
    limits: dict[str, int] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def discard(self) -> None:
        """Take away the folder of a run of which nothing was read."""
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)

    def keep_limit(self, event: Event) -> None:
        """An observer that remembers learned byte limits."""
        if isinstance(event, BatchLimitLowered):
            self.limits[event.target] = event.bytes

    def seen_in(self, source: int) -> Callable[[int, int], None]:
        """What the parser of a queue tells of every letter that becomes a row."""
        if self.marks is None:
            return lambda _offset, _mark: None

        def saw(offset: int, mark: int) -> None:
            self.saw[source, offset] = mark

        return saw


def open_files(plan: Plan, run_id: str, clock: Clock, stack: ExitStack) -> RunFiles:
    """Open all that `plan` writes; `stack` closes it. Raises UsageError where a path cannot be used."""
    try:
        return _open_dry(plan, clock, stack) if plan.dry_run else _open(plan, run_id, clock, stack)
    except (DlqError, CheckpointError, LogError) as error:
        raise UsageError(str(error)) from error
    except OSError as error:
        raise UsageError(files.sentence(Path(plan.config.checkpoint.dir), error)) from error


def _open_dry(plan: Plan, clock: Clock, stack: ExitStack) -> RunFiles:
    writer = DlqWriter(plan.dlq_path) if plan.dlq_path is not None else None
    if writer is not None:
        stack.callback(writer.close)
    return RunFiles(DryRecorder(writer), None, plan.dlq_path, None, None, no_resume_state(""), int(clock.wall() * 1e6))


def _open(plan: Plan, run_id: str, clock: Clock, stack: ExitStack) -> RunFiles:
    folder = RunFolder(Path(plan.config.checkpoint.dir), run_id)
    stack.callback(folder.close)
    dlq = dlq_path(plan, folder.path, run_id)
    resume_state = read_resume_state(run_id, folder.path, dlq) if plan.resumes else no_resume_state(run_id)
    writer = DlqWriter(dlq)
    stack.callback(writer.close)
    saw: dict[tuple[int, int], int] = {}
    marks = _open_marks(plan, run_id, saw, stack) if plan.replay is not None else None
    log = RunLog(folder.path / "run.log", run_id, clock.wall, plan.config.secrets.mask)
    stack.callback(log.close)
    started_us, start = _begin(plan, folder, run_id, clock, resume_state)
    checkpoint = CheckpointWriter(folder.path / "checkpoint")
    stack.callback(checkpoint.close)
    requests = RequestLog(folder.path / "requests")
    stack.callback(requests.close)
    requests.restart(resume_state.noted_chunks, resume_state.accepted, resume_state.requests)
    limits = dict(resume_state.last.limits) if resume_state.last is not None else {}
    told = _lost_requests(folder.path / "requests") if resume_state.has_lost_requests else ()
    commit = Recorder(writer, marks, checkpoint, log, limits, resume_state, requests)
    return RunFiles(commit, folder.path, writer.path, log, marks, resume_state, started_us, start, saw, limits, told)


def _lost_requests(path: Path) -> tuple[str, ...]:
    return (
        f"{path}: is damaged: which rows the requests under way held is not known from there on, so that larger"
        " requests may be cut anew, with other idempotency keys, and rows may arrive twice",
    )


def _begin(plan: Plan, folder: RunFolder, run_id: str, clock: Clock, resume_state: ResumeState) -> tuple[int, Start]:
    """When the run began, in microseconds since the epoch, and where this part of it does.

    Of a new run that is now, and is made durable first.
    """
    now = manifest_of(plan, run_id, clock)
    before = read_manifest(folder.path) if plan.resumes else None
    if before is None:
        folder.describe(now)
        return now.started_us, Start()
    pairs = list(zip(before.inputs, now.inputs, strict=True))
    # A compressed file that was mended is from here on the one that the run has; one that was touched is no other yet.
    same = [old.fingerprint.is_like(new.fingerprint) for old, new in pairs]
    inputs = tuple(old if is_same else new for (old, new), is_same in zip(pairs, same, strict=True))
    if before.inputs != inputs:
        folder.describe(msgspec.structs.replace(before, inputs=inputs))
    unchanged = [index for index, is_same in enumerate(same) if is_same]
    return before.started_us, resume_state.start(unchanged, [each.reach for each in plan.inputs])


def _open_marks(plan: Plan, run_id: str, saw: dict[tuple[int, int], int], stack: ExitStack) -> ReplayMarks:
    writers: dict[int, ReplayedWriter] = {}
    marks = ReplayMarks(writers, lambda source, offset: saw.pop((source, offset)))
    stack.callback(marks.close)
    for index, queue in enumerate(plan.inputs.files):
        writers[index] = ReplayedWriter(queue, run_id)
    return marks


def dlq_path(plan: Plan, folder: Path, run_id: str) -> Path:
    """The queue of the run in `folder`; never an input of the same run: what fails again goes to a file beside it."""
    path = plan.dlq_path
    if path is None:
        return folder / "dlq.jsonl"
    if plan.replay is not None and any(identity(path) == identity(queue) for queue in plan.inputs.files):
        return path.with_name(f"{path.stem}.{run_id}.jsonl")
    return path


def _identity(target: TargetSettings) -> dict[str, str]:
    """What of a target a resume may not change."""
    return {"name": target.name, "url": public_url(target.url), **KINDS.of(target).compared(target)}


def _facts(location: Location, source: Source) -> InputFacts:
    layout = (source.layout.format, *source.layout.names)
    return InputFacts(source.name, location.fingerprint(), layout, source.stream, location.places)


def manifest_of(plan: Plan, run_id: str, clock: Clock) -> Manifest:
    """What a run is: written before it starts, compared before it is resumed."""
    targets = {name: _identity(target) for name, target in plan.targets.items()}
    lanes = [target for chain in plan.chains.values() for target in chain]
    requests = {shown_name(each): KINDS.of(each).rows_a_request(each, plan.config.batch) for each in lanes}
    return Manifest(
        RECORDS,
        run_id,
        __version__,
        int(clock.wall() * 1e6),
        tuple(
            _facts(location, source)
            for location, source in zip(plan.inputs.locations, plan.inputs.sources, strict=True)
        ),
        plan.target_url,
        targets,
        msgspec.to_builtins(plan.config.input.of_rows()),
        msgspec.to_builtins(plan.config.mapping),
        "push" if plan.replay is None else "replay",
        plan.config.dlq.path,
        next_number(Path(plan.config.checkpoint.dir)),
        requests,
        working_folder(),
        plan.anew,
    )
