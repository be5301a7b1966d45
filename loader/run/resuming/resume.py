"""Resume of a run: which one a plan goes on with, and whether it may."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path

import msgspec

from loader.checkpoint.folder import Manifest, all_runs, read_other_version, runs, undescribed
from loader.checkpoint.log import is_finished
from loader.clock import SystemClock
from loader.dlq.replayed import read_settled
from loader.durable.files import identity, real_path
from loader.errors import UsageError
from loader.ledger.resume_state import read_resume_state
from loader.report.final import Report
from loader.report.safe_text import command_line
from loader.run.plan import Plan, Replay
from loader.run.resuming.changes import changed_files, changes, other_requests, surely_same_files, touched_files
from loader.run.resuming.mended import mended_inputs
from loader.run.resuming.related import listed, related_runs
from loader.run.run_files import dlq_path, manifest_of

_RELATED = 3  # runs of some of the inputs that are told of


@dataclass(frozen=True, slots=True)
class Finished:
    """A run that settled all of its input, with its report; `text` is that as it was written.

    `remarks` are sentences: what is otherwise now than it was when the run ended.
    """

    report: Report
    text: bytes
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Beginning:
    """What is to be run: the next part of `run`, or a new run if that is None; `why` says why it is a new one.

    `abandoned` are sentences, among the plan's warnings, on unfinished runs of some of its inputs.
    """

    plan: Plan
    run: Manifest | None = None
    why: str = ""
    abandoned: tuple[str, ...] = ()


class NotResumableError(UsageError):
    """A run that a load cannot be the next part of, as it is; the text says what is otherwise."""

    def __init__(self, run: Manifest, obstacles: Sequence[str]) -> None:
        super().__init__(f"run {run.run_id} cannot be resumed: " + "; ".join(obstacles))
        self.run = run


def decide(plan: Plan) -> Beginning | Finished:
    """What a resume makes of the runs of the same paths and target, by the newest of them that settled anything.

    If it is finished its report stands for the inputs as long as these are what they were; a stream never is. One that
    settled nothing is in nobody's way: it is gone on with where it can be and no other is, or where it was to load anew
    what an older one had loaded. Where a load begins, it is
    said what runs of some of its inputs have loaded. Raises NotResumableError where the run to go on with is one of
    other inputs, UsageError where another version of the program keeps its records.
    """
    found = _decide(plan)
    if isinstance(found, Finished) or found.run is not None:
        return found
    _refuse_other_versions(plan)
    return replace(found, plan=replace(found.plan, warnings=(*found.plan.warnings, *_unknown_runs(_base(plan)))))


def _refuse_other_versions(plan: Plan) -> None:
    """Raise UsageError where a run of these inputs and this target is none that this version can go on with."""
    names = [source.name for source in plan.inputs.sources]
    for folder in undescribed(_base(plan)):
        other = read_other_version(folder)
        if other is not None and (other.target, other.names) == (plan.target_url, names):
            plan.inputs.close()
            raise UsageError(other.sentence())


def _unknown_runs(base: Path) -> Iterator[str]:
    """Sentences on the folders that may be those of the run to go on with."""
    for folder in undescribed(base):
        yield (
            f"{folder}: has a checkpoint, but its run.json is missing, damaged or of another version, so that this run"
            " is not gone on with; if it was a load of these inputs, what it delivered is sent again"
        )


def _decide(plan: Plan) -> Beginning | Finished:
    now = _described(plan)
    blank: Beginning | None = None
    for run in runs(_base(plan), now):
        finished = finished_run(_base(plan), run)
        if finished is not None:
            news = tuple(changes(run, now, plan.config.secrets.mask, finished=True))
            if not news and blank is not None and blank.run is not None and blank.run.anew:
                return blank
            if not news:
                return replace(finished, remarks=(*_other_queue(plan, run), *touched_files(run, now)))
            return blank or Beginning(plan, why=f"run {run.run_id} is finished, and {'; '.join(news)}")
        obstacles = _obstacles(plan, run, now)
        fits, has_other_form = not obstacles, obstacles == [*other_requests(run, now)]
        if _settled_nothing(plan, run) and (fits or not has_other_form):
            blank = blank or (Beginning(_next_part(plan, run, now), run) if fits else None)
        elif fits or blank is None:
            return Beginning(resumed(plan, run), run)
        else:
            return blank
    return _beginning(plan, now, blank)


def begun_anew(plan: Plan) -> Plan:
    """`plan`, which starts from the beginning, saying so where a resume would surely go on with a run instead.

    Where its inputs were loaded before, it says that they are to be once more: then a resume is for this load.
    """
    try:
        found = decide(plan)
    except NotResumableError as error:
        letters = not_to_be_replayed(plan, error.run)
        told = f"run {error.run.run_id} of these inputs stopped early; if this load has its rows, they are sent again"
        return replace(plan, warnings=(*plan.warnings, told + letters)) if letters else plan
    except UsageError:
        return plan
    if isinstance(found, Finished):
        return replace(plan, anew=True)
    run = found.run
    plan = replace(plan, anew=run is not None and run.anew)
    if run is None or _settled_nothing(plan, run):
        return replace(plan, warnings=(*plan.warnings, *found.abandoned))
    if not surely_same_files(run, _described(plan)):
        return plan
    warning = f"an unfinished run of the same inputs exists, {run.run_id}; --resume would go on with it"
    if letters := not_to_be_replayed(plan, run):
        warning += f"; this load sends its rows again{letters}"
    return replace(plan, warnings=(*plan.warnings, warning))


def not_to_be_replayed(plan: Plan, run: Manifest) -> str:
    """What is to be said, if anything, of the letters of a run of a push whose rows are sent again."""
    letters = _letters_of(plan, run)
    if letters is None or plan.replay is not None:
        return ""
    told = f", and its dead letters in {letters} are not to be replayed too"
    if plan.dlq_path is None or identity(plan.dlq_path) != identity(letters):
        return told
    return f"{told}: that is the queue of this load, so name another (--dlq), or move it away first"


def _letters_of(plan: Plan, run: Manifest) -> Path | None:
    """The queue with the dead letters of a run; None where it has none."""
    folder = _base(plan) / run.run_id
    queue = Path(run.here(run.dlq)) if run.dlq else folder / "dlq.jsonl"
    try:
        last = read_resume_state(run.run_id, folder, queue).last
    except (UsageError, OSError):
        return queue if queue.exists() else None
    return queue if last is not None and last.totals["rejected"] + last.totals["unknown"] else None


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
    return Finished(report, text, tuple(changed_files(run))) if report.status == "complete" else None


def resumed(plan: Plan, run: Manifest) -> Plan:
    """`plan` as the next part of `run`. Raises NotResumableError, naming each difference that forbids it."""
    now = _described(plan)
    obstacles = _obstacles(plan, run, now)
    if obstacles:
        raise NotResumableError(run, obstacles)
    return _next_part(plan, run, now)


def _next_part(plan: Plan, run: Manifest, now: Manifest) -> Plan:
    dlq = replace(plan.config.dlq, path=plan.config.dlq.path or run.here(run.dlq))
    return replace(
        plan,
        inputs=plan.inputs.called([facts.name for facts in run.inputs]),  # letters and keys hold these names
        config=replace(plan.config, dlq=dlq),
        resumes=run.run_id,
        replay=_replay(plan, run.run_id),
        warnings=(*plan.warnings, *touched_files(run, now)),
    )


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
    settled = {index: read_settled(queue, but_by=run_id) for index, queue in enumerate(plan.inputs.files)}
    return replace(plan.replay, settled=settled)


def _obstacles(plan: Plan, run: Manifest, now: Manifest) -> list[str]:
    """What forbids that the plan goes on with an unfinished run."""
    mended = mended_inputs(plan.inputs, run) if plan.replay is None else ()
    changed = changes(run, now, plan.config.secrets.mask, finished=False, mended=mended)
    return [*changed, *other_requests(run, now), *_other_queue(plan, run)]


def _other_queue(plan: Plan, run: Manifest) -> Iterator[str]:
    """Dead letters of one run stand in one queue: what is there beyond the last record would be written again."""
    named = plan.config.dlq.path
    if named and (not run.dlq or real_path(Path(named)) != real_path(Path(run.here(run.dlq)))):
        yield f"its dead letters are in {run.dlq or 'its own folder'}, not in {named}"


# -- other runs, of which a person should know


def _beginning(plan: Plan, now: Manifest, blank: Beginning | None) -> Beginning:
    """A run from its beginning, with what other runs have loaded of its inputs."""
    start = blank or Beginning(plan)
    finished: list[str] = []
    unfinished: list[str] = []
    loaded = partial(_has_loaded, plan)
    for found in islice(related_runs(all_runs(_base(plan)), now, loaded), _RELATED):
        run, inputs = found.run, listed(found.shared)
        if finished_run(_base(plan), run) is not None:
            finished.append(
                f"run {run.run_id} has loaded {inputs}, but {found.difference}: the rows of {inputs} are sent again"
            )
        else:
            how = f"stopped early and is not gone on with, for {found.difference}"
            then = f"the rows of {inputs} are sent again" + not_to_be_replayed(plan, run)
            unfinished.append(f"run {run.run_id} of {inputs} {how}; {then}; to go on with it: {_command(run)}")
    whole = replace(start.plan, warnings=(*start.plan.warnings, *unfinished))
    return Beginning(whole, start.run, "; ".join(finished), tuple(unfinished))


def _has_loaded(plan: Plan, run: Manifest) -> bool:
    return finished_run(_base(plan), run) is not None or not _settled_nothing(plan, run)


def _command(run: Manifest) -> str:
    """What goes on with a run alone."""
    again = ["replay", *run.input_names(), "--resume"]
    return command_line(["loader", *(["resume", run.run_id] if run.command == "push" else again)])
