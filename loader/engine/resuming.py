"""Which run a plan goes on with, and whether it may."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec

from loader.checkpoint.folder import Manifest, runs
from loader.checkpoint.log import is_finished
from loader.clock import SystemClock
from loader.dlq.replayed import read_settled
from loader.engine.plan import Plan, Replay
from loader.engine.run_files import manifest_of
from loader.errors import UsageError


def newest_run(plan: Plan) -> Manifest | None:
    """The newest run of the same inputs and target, finished or not."""
    return next(runs(Path(plan.config.checkpoint.dir), plan.paths, plan.target_url), None)


def report_of_finished(plan: Plan, run: Manifest) -> bytes | None:
    """The report of a run whose input is settled; None where there is none yet.

    A part that was killed between its last record and its report leaves none, or that of the part before.
    """
    folder = Path(plan.config.checkpoint.dir) / run.run_id
    try:
        if not is_finished(folder / "checkpoint"):
            return None
        report = (folder / "report.json").read_bytes()
        return report if msgspec.json.decode(report, type=_Ended).status == "complete" else None
    except (OSError, msgspec.DecodeError):
        return None


class _Ended(msgspec.Struct):
    status: str


def resumed(plan: Plan, run: Manifest) -> Plan:
    """`plan` as the next part of `run`. Raises UsageError, naming each difference that forbids it."""
    # Through JSON, as the other one came: tuples and lists are the same there.
    now = msgspec.json.decode(msgspec.json.encode(manifest_of(plan, run.run_id, SystemClock())), type=Manifest)
    different = [*_differences(run, now), *_other_queue(plan, run)]
    if different:
        raise UsageError(f"run {run.run_id} cannot be resumed: " + "; ".join(different))
    touched = [a.path for a, b in zip(run.inputs, now.inputs, strict=True) if a.mtime_ns != b.mtime_ns]
    warnings = tuple(f"{path} was touched since the run began, but its size and ends are the same" for path in touched)
    dlq = replace(plan.config.dlq, path=plan.config.dlq.path or run.dlq)
    config = replace(plan.config, dlq=dlq)
    return replace(plan, config=config, resumes=run.run_id, replay=_replay(plan, run.run_id), warnings=warnings)


def _replay(plan: Plan, run_id: str) -> Replay | None:
    if plan.replay is None:
        return None
    settled = {source.index: read_settled(Path(source.name), but_by=run_id) for source in plan.inputs.sources}
    return replace(plan.replay, settled=settled)


def _other_queue(plan: Plan, run: Manifest) -> Iterator[str]:
    """Dead letters of one run stand in one queue: what is there beyond the last record would be written again."""
    named = plan.config.dlq.path
    if named and (not run.dlq or Path(named).resolve() != Path(run.dlq).resolve()):
        yield f"its dead letters are in {run.dlq or 'its own folder'}, not in {named}"


def _differences(before: Manifest, now: Manifest) -> Iterator[str]:
    for old, new in zip(before.inputs, now.inputs, strict=True):
        if (old.size, old.digest) != (new.size, new.digest):
            yield f"{old.path} is not the file it was"
        elif old.layout != new.layout:
            yield f"{old.path} has another format or other columns than before"
    for part in ("targets", "input", "mapping"):
        old_part, new_part = getattr(before, part), getattr(now, part)
        changed = sorted(key for key in old_part.keys() | new_part.keys() if old_part.get(key) != new_part.get(key))
        if changed:
            yield f"{part} changed: {', '.join(filter(None, changed)) or 'the target'}"
