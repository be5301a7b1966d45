"""Resume of a run: which one a plan goes on with, and whether it may."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from loader.checkpoint.folder import InputFacts, Manifest, input_facts, runs
from loader.checkpoint.log import is_finished
from loader.clock import SystemClock
from loader.dlq.replayed import read_settled
from loader.errors import UsageError
from loader.ledger.resume_state import read_resume_state
from loader.report.final import Report
from loader.run.plan import Plan, Replay
from loader.run.run_files import dlq_path, manifest_of
from loader.targets.kind import ONE_ROW, SEVERAL_ROWS

_AS_BEFORE = {ONE_ROW: "to 1", SEVERAL_ROWS: "to 2 or more"}

_WRITTEN_SINCE = "was written since; its size and ends are the same, its middle was not compared"


@dataclass(frozen=True, slots=True)
class Finished:
    """A run that settled all of its input, with its report; `text` is that as it was written.

    `remarks` are sentences: what is otherwise now than it was when the run ended.
    """

    report: Report
    text: bytes
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Start:
    """What is to be run: the next part of `run`, or a new run if that is None; `why` says why it is a new one."""

    plan: Plan
    run: Manifest | None = None
    why: str = ""


def decide(plan: Plan) -> Start | Finished:
    """What a resume makes of the runs of the same paths and target, by the newest of them that settled anything.

    If it is finished its report stands for the inputs as long as these are what they were; a stream never is. One that
    settled nothing is in nobody's way: it is gone on with where it can be and no other is. Raises UsageError, naming
    each difference, where the run to go on with is one of other inputs.
    """
    now = _described(plan)
    blank: Start | None = None
    for run in runs(_base(plan), now):
        finished = finished_run(_base(plan), run)
        if finished is not None:
            changes = tuple(_changes(run, now, finished=True))
            if not changes:
                return replace(finished, remarks=(*_other_queue(plan, run), *_touched(run, now)))
            return blank or Start(plan, why=f"run {run.run_id} is finished, and {'; '.join(changes)}")
        obstacles = _obstacles(plan, run, now)
        fits, has_other_form = not obstacles, obstacles == [*_other_requests(run, now)]
        if _settled_nothing(plan, run) and (fits or not has_other_form):
            blank = blank or (Start(_next_part(plan, run, now), run) if fits else None)
        elif fits or blank is None:
            return Start(resumed(plan, run), run)
        else:
            return blank
    return blank or Start(plan)


def with_warning(plan: Plan) -> Plan:
    """`plan`, which starts from the beginning, saying so where a resume would surely go on with a run instead."""
    try:
        found = decide(plan)
    except UsageError:
        return plan
    run = found.run if isinstance(found, Start) else None
    if run is None or _settled_nothing(plan, run) or not _surely_same(run, _described(plan)):
        return plan
    warning = f"an unfinished run of the same inputs exists, {run.run_id}; --resume would go on with it"
    return replace(plan, warnings=(*plan.warnings, warning))


def finished_run(base: Path, run: Manifest) -> Finished | None:
    """A run whose input is settled and whose report was written; None where it is not.

    A part that was killed between its last record and its report leaves none, or that of the part before.
    """
    folder = base / run.run_id
    try:
        if not is_finished(folder / "checkpoint"):
            return None
        text = (folder / "report.json").read_bytes()
        report = msgspec.json.decode(text, type=Report)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None
    return Finished(report, text, tuple(_changed_files(run))) if report.status == "complete" else None


def resumed(plan: Plan, run: Manifest) -> Plan:
    """`plan` as the next part of `run`. Raises UsageError, naming each difference that forbids it."""
    now = _described(plan)
    obstacles = _obstacles(plan, run, now)
    if obstacles:
        raise UsageError(f"run {run.run_id} cannot be resumed: " + "; ".join(obstacles))
    return _next_part(plan, run, now)


def _next_part(plan: Plan, run: Manifest, now: Manifest) -> Plan:
    dlq = replace(plan.config.dlq, path=plan.config.dlq.path or run.here(run.dlq))
    return replace(
        plan,
        inputs=plan.inputs.called([facts.path for facts in run.inputs]),  # letters and keys hold these names
        config=replace(plan.config, dlq=dlq),
        resumes=run.run_id,
        replay=_replay(plan, run.run_id),
        warnings=(*plan.warnings, *_touched(run, now)),
    )


def _changed_files(run: Manifest) -> Iterator[str]:
    """Sentences on the inputs of a run that are other files now; what cannot be looked at is passed over."""
    for old in run.inputs:
        with suppress(OSError):
            new = input_facts(run.here(old.path))
            change = None if None in (old.size, new.size) else _change_since_the_end(old, new)
            if change is not None:
                yield f"{change}; to load it: loader push"


def _base(plan: Plan) -> Path:
    return Path(plan.config.checkpoint.dir)


def _described(plan: Plan) -> Manifest:
    """What the plan would be as a run."""
    # Through JSON, as the other one came: tuples and lists are the same there.
    return msgspec.json.decode(msgspec.json.encode(manifest_of(plan, "", SystemClock())), type=Manifest)


def _settled_nothing(plan: Plan, run: Manifest) -> bool:
    """Whether there is nothing of a run to go on with; one whose files cannot be read may well have settled rows."""
    folder = _base(plan) / run.run_id
    own = replace(plan, config=replace(plan.config, dlq=replace(plan.config.dlq, path=run.here(run.dlq))))
    try:
        return read_resume_state(run.run_id, folder, dlq_path(own, folder, run.run_id)).settles_nothing
    except (UsageError, OSError):
        return False


def _replay(plan: Plan, run_id: str) -> Replay | None:
    if plan.replay is None:
        return None
    settled = {index: read_settled(Path(path), but_by=run_id) for index, path in enumerate(plan.paths)}
    return replace(plan.replay, settled=settled)


# -- what is compared


def _obstacles(plan: Plan, run: Manifest, now: Manifest) -> list[str]:
    """What forbids that the plan goes on with an unfinished run."""
    return [*_changes(run, now, finished=False), *_other_requests(run, now), *_other_queue(plan, run)]


def _other_requests(run: Manifest, now: Manifest) -> Iterator[str]:
    """What was under way is sent again as it was, under its key; a request of another form is another request."""
    for target, rows in run.requests.items():
        then_and_now = {rows, now.requests.get(target, "")}
        if then_and_now == {ONE_ROW, SEVERAL_ROWS}:
            yield (
                f"requests to {target} carried {rows} each, and would carry {now.requests[target]} now, so that what "
                f"was under way could not be sent again as it was; set batch.size {_AS_BEFORE[rows]} for this resume"
            )


def _other_queue(plan: Plan, run: Manifest) -> Iterator[str]:
    """Dead letters of one run stand in one queue: what is there beyond the last record would be written again."""
    named = plan.config.dlq.path
    if named and (not run.dlq or Path(named).resolve() != Path(run.here(run.dlq)).resolve()):
        yield f"its dead letters are in {run.dlq or 'its own folder'}, not in {named}"


def _touched(run: Manifest, now: Manifest) -> tuple[str, ...]:
    pairs = zip(run.inputs, now.inputs, strict=True)
    touched = [old.path for old, new in pairs if old.bytes == new.bytes and old.mtime_ns != new.mtime_ns]
    return tuple(f"{path} was touched since the run began, but its size and ends are the same" for path in touched)


def _surely_same(run: Manifest, now: Manifest) -> bool:
    """Whether all inputs are what they were, as far as can be told before they are read."""
    return all(old.size is not None and old.bytes == new.bytes for old, new in zip(run.inputs, now.inputs, strict=True))


def _changes(before: Manifest, now: Manifest, *, finished: bool) -> Iterator[str]:
    for old, new in zip(before.inputs, now.inputs, strict=True):
        change = _change_since_the_end(old, new) if finished else _change_on_the_way(old, new)
        if change is not None:
            yield change
        elif old.layout != new.layout:
            yield f"{old.path} has another format or other columns than before"
    for part in ("targets", "input", "mapping"):
        old_part, new_part = getattr(before, part), getattr(now, part)
        changed = sorted(key for key in old_part.keys() | new_part.keys() if old_part.get(key) != new_part.get(key))
        if changed:
            yield f"{part} changed: {', '.join(filter(None, changed)) or 'the target'}"


def _change_on_the_way(old: InputFacts, new: InputFacts) -> str | None:
    """Why an unfinished run cannot read on in an input. Of streams each chunk is compared when it comes again."""
    return None if old.stream or old.bytes == new.bytes else _other_file(old, new)


def _change_since_the_end(old: InputFacts, new: InputFacts) -> str | None:
    """Why what a finished run has loaded cannot stand for an input as it is now."""
    if old.size is None or new.size is None:
        return f"{'standard input' if old.path == '-' else old.path} brings a new stream each time"
    if old.bytes != new.bytes:
        return _other_file(old, new)
    return None if old.is_proved_by(new) else f"{old.path} {_WRITTEN_SINCE}"


def _other_file(old: InputFacts, new: InputFacts) -> str:
    if None in (old.size, new.size):
        how = "a file, or a stream, then and not now"
    elif old.size != new.size:
        how = f"{old.size:,} bytes then, {new.size:,} now"
    else:
        how = "as large as then, with another content"
    return f"{old.path} is not the file it was ({how})"
