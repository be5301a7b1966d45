"""That no file of a load is used for two things, and none that is there is taken for what it is not."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from loader.dlq.errors import DlqError
from loader.dlq.recognition import check_is_queue
from loader.dlq.replayed import replayed_path
from loader.durable.files import identity, real_path
from loader.errors import UsageError
from loader.report.destination import check_report_path, stream_of
from loader.report.safe_text import safe
from loader.run.plan import Plan

_OF_A_RUN = ("checkpoint", "requests", "run.json", "run.log", "report.json", "lock")


@dataclass(frozen=True, slots=True)
class _Use:
    """What a path or an input is there for; `role` is the same for what may share one.

    `identity` is the same for what leads to one regular file, or would; None for a device: it takes what two have to
    say.
    """

    role: str
    shown: str
    identity: Hashable | None
    name: str

    @classmethod
    def of_path(cls, role: str, path: Path, name: str) -> _Use:
        return cls(role, str(path), identity(_opened(path)), name)


def check_paths(
    plan: Plan, *, report: Path | None = None, config: Path | None = None, schema: Path | None = None
) -> None:
    """Raise UsageError where a load would write over something: to be called before anything is opened for writing.

    `report` is where its report goes; `config` and `schema` are files that were read.
    """
    queue = plan.dlq_path
    if queue == Path("-"):
        raise UsageError("--dlq -: a queue is a file that is read again, not a stream; name one, like dead.jsonl")
    if queue is not None and queue.is_dir():
        raise UsageError(f"--dlq {queue}: is a folder; name a file in it, like {queue / 'dead.jsonl'}")
    others = (
        ("report", report, "the report (--report-json)"),
        ("config", config, "the config"),
        ("schema", schema, "the schema"),
    )
    named = (_Use.of_path(role, path, name) for role, path, name in others if path is not None)
    _check_apart([*_uses(plan), *named])
    for written, what in ((queue, "the dead letter queue"), (report, "the report")):
        if written is not None:
            _check_not_of_a_run(written, Path(plan.config.checkpoint.dir), what)
    try:
        if queue is not None:
            check_is_queue(queue)
    except DlqError as error:
        raise UsageError(str(error)) from error
    check_report(report)


def check_report(path: Path | None) -> None:
    """Raise UsageError where the report would take the place of something else."""
    try:
        if path is not None:
            check_report_path(path)
    except OSError as error:
        raise UsageError(str(error)) from error


def _uses(plan: Plan) -> Iterator[_Use]:
    """All paths of a load itself; those of one role may be the same file."""
    # A replay whose queue is its own input writes to a file beside it.
    may_be_input = plan.replay is not None
    for location in plan.inputs.locations:
        yield _Use("input", location.name, location.identity, "an input")
    if plan.replay is not None:
        for queue in plan.inputs.files:
            yield _Use.of_path("marks", replayed_path(queue), "where it is kept what was replayed")
    if plan.dlq_path is not None:
        yield _Use.of_path("input" if may_be_input else "queue", plan.dlq_path, "the dead letter queue (--dlq)")
        yield _Use.of_path("marks", replayed_path(plan.dlq_path), "where it is kept what was replayed")


def _check_apart(uses: list[_Use]) -> None:
    for one, other in combinations(uses, 2):
        if one.role != other.role and one.identity is not None and one.identity == other.identity:
            names = dict.fromkeys(safe(use.shown, 500) for use in (one, other))
            raise UsageError(
                f"{' and '.join(names)}: {one.name} and {other.name} would be one and the same file; name another"
            )


def _opened(path: Path) -> Path:
    stream = stream_of(path)
    return path if stream is None else Path(f"/dev/fd/{stream}")


def _check_not_of_a_run(path: Path, base: Path, what: str) -> None:
    """Raise UsageError if `path` is one of those files of a run that say what it is and did."""
    place = Path(real_path(path))
    found = identity(path)
    is_there = place.parent.parent == Path(real_path(base)) and place.name in _OF_A_RUN
    if is_there or (path.exists() and any(identity(own) == found for own in _files_of_runs(base))):
        raise UsageError(f"{safe(str(path), 500)}: is a file of a run, and cannot be {what} too; name another")


def _files_of_runs(base: Path) -> Iterator[Path]:
    return (path for name in _OF_A_RUN for path in base.glob(f"*/{name}"))
