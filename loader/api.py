"""The loader as a library: load, replay and check, called by a program.

All of them may run in any thread, several at once. They print nothing, take over no signals, leave the garbage
collector as it is, and raise for usage alone: whatever becomes of rows is in the report.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol, cast

from loader.config import Config, load_document, resolve_target
from loader.config import load as load_config
from loader.config.toml.document import document_of
from loader.dlq.selection import Selection
from loader.durable.files import held_back, working_folder
from loader.engine.interrupts import StopToken
from loader.errors import LoaderError, UsageError, told
from loader.outcomes import Cause
from loader.report.final import Report
from loader.report.snapshot import Snapshot
from loader.run.first_rows import first_rows
from loader.run.load import run_load
from loader.run.opened_targets import bind
from loader.run.paths import check_paths
from loader.run.plan import Plan
from loader.run.planning import given_batches_plan, given_plan, open_rows, push_plan, replay_plan
from loader.run.report_files import written
from loader.run.resuming.resume import Finished, begun_anew, decide
from loader.sources import Inputs
from loader.targets.base import Target, TargetDownError
from loader.targets.context import Context
from loader.targets.kinds import KINDS
from loader.targets.opening import open_target
from loader.targets.preview import mended_lines, preview_of

__all__ = ["Check", "Report", "Selection", "Snapshot", "StopToken", "UsageError", "check", "load", "replay"]

AnyPath = str | os.PathLike[str]

Row = Mapping[str, Any]


class ArrowStream(Protocol):
    """A table or reader of record batches, of any library (the Arrow PyCapsule interface)."""

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        """Its batches, exported."""


Source = AnyPath | Sequence[AnyPath] | Iterable[Row] | ArrowStream | Sequence[ArrowStream]
"""Paths as the command line takes them, globs too; or rows, or tables of Arrow."""

AnyConfig = AnyPath | Mapping[str, Any] | None
"""A path of a TOML file, TOML text (it has a line end or a "="), its tables as mappings, or None: all defaults."""

Progress = Callable[[Snapshot], None]


@dataclass(frozen=True, slots=True)
class Check:
    """What a load would do, by its first rows: nothing was sent.

    `connection` is "ok", or why the target cannot be reached, then with a `hint`. `inputs` says of each what it was
    taken for; `requests` are those that would carry the first rows, `misfits` why others of them cannot go, `warnings`
    what else a person should know. No text holds a secret.
    """

    target: Mapping[str, str]
    connection: str
    hint: str | None = None
    inputs: Mapping[str, str] = field(default_factory=dict)
    requests: Sequence[str] = ()
    misfits: Sequence[str] = ()
    warnings: Sequence[str] = ()

    @property
    def is_reached(self) -> bool:
        """Whether the target could be connected to."""
        return self.connection == "ok"


def load(
    source: Source,
    *,
    to: str,
    config: AnyConfig = None,
    resume: bool = False,
    progress: Progress | None = None,
    stop: StopToken | None = None,
) -> Report:
    """Load rows into the target `to`, a URL or the name of a target in `config`; what `loader push` does.

    Of an iterable each row is pulled once, by a thread of its own, of a table each batch; its place is its index.
    `resume` goes on with the newest run of the same inputs and target, or starts one; rows must be given again as they
    were. `progress` is told of the state of the run a few times a second by the calling thread; `stop` ends it from any
    other. Raises UsageError, with all problems, where nothing could be read.
    """
    with _usage():
        plan = _plan(source, _target(to), _config(config))
        return _run(plan, _file(config), resume=resume, progress=progress, stop=stop)


def replay(
    queues: AnyPath | Sequence[AnyPath],
    *,
    to: str | None = None,
    config: AnyConfig = None,
    selection: Selection = Selection(),  # noqa: B008 - a frozen value
    resume: bool = False,
    progress: Progress | None = None,
    stop: StopToken | None = None,
) -> Report:
    """Deliver the rows of dead letter queues, each to the target that it names, or all to `to`; as `loader replay`.

    `selection` says which letters. All else is as for `load`.
    """
    with _usage():
        plan = replay_plan(_paths(queues), to and _target(to), _config(config), selection=selection, dry_run=False)
        return _run(plan, _file(config), resume=resume, progress=progress, stop=stop)


def check(source: AnyPath | Sequence[AnyPath] = (), *, to: str, config: AnyConfig = None) -> Check:
    """Look at inputs and target without sending a row. Raises UsageError for what no load could begin with."""
    with _usage():
        settings, target = resolve_target(_config(config), _target(to), KINDS)
        context = Context.of(settings, "check", int(time.time() * 1e6), time.time)
        inputs, settings = open_rows(_paths(source), settings)
        with inputs:
            facts = {each.source.name: f"{each.source.layout.format}, {each.why}" for each in inputs}
            try:
                opened = open_target(target, context)
            except TargetDownError as error:
                return _unreached(settings, error.cause, facts)
            with closing(opened):
                return _checked(settings, inputs, facts, opened)


def _plan(source: Source, to: str, config: Config) -> Plan:
    if _is_batches(source) or (isinstance(source, list | tuple) and source and all(map(_is_batches, source))):
        return given_batches_plan(source, to, config)
    is_several = isinstance(source, Sequence) and source and all(isinstance(each, str | os.PathLike) for each in source)
    if is_several or isinstance(source, str | os.PathLike):
        return push_plan(_paths(cast(AnyPath | Sequence[AnyPath], source)), to, config, dry_run=False)
    if isinstance(source, bytes | bytearray | Mapping) or hasattr(source, "read") or not hasattr(source, "__iter__"):
        raise UsageError(f"source: expected a path, several, or an iterable of rows (dicts), not {_type(source)}")
    return given_plan(cast(Iterable[Row], source), to, config)


def _is_batches(source: object) -> bool:
    """Whether it is a table, a reader or a batch of Arrow, whatever library it comes from (the PyCapsule interface)."""
    return hasattr(source, "__arrow_c_stream__") or hasattr(source, "__arrow_c_array__")


def _run(plan: Plan, config: Path | None, *, resume: bool, progress: Progress | None, stop: StopToken | None) -> Report:
    with plan.inputs:
        check_paths(plan, config=config)
        if resume:
            found = decide(plan)
            if isinstance(found, Finished):
                return found.report
            plan = found.plan
            check_paths(plan, config=config)
        else:
            plan = begun_anew(plan)
        own = StopToken()
        with (stop or StopToken()).heard_by(own.pass_on), held_back():  # a descriptor for the report
            ended = run_load(plan, progress=_watched(progress, own), stop=own)
        return written(ended, Path(plan.config.checkpoint.dir) / ended.run_id / "report.json")


def _watched(progress: Progress | None, stop: StopToken) -> Progress:
    """`progress`, called until it raises: then the load is asked to end, and its report says why."""
    watching = [] if progress is None else [progress]

    def show(snapshot: Snapshot) -> None:
        for look in tuple(watching):
            try:
                look(snapshot)
            except Exception as error:
                watching.clear()
                stop.request_stop(f"progress, which raised {told(error)}")

    return show


@contextmanager
def _usage() -> Iterator[None]:
    """All that the program says no to before it reads, as UsageError."""
    try:
        yield
    except UsageError:
        raise
    except LoaderError as error:
        raise UsageError(str(error)) from error


def _config(config: AnyConfig) -> Config:
    path = _file(config)
    if path is not None:
        return _settled(load_config(path, {}, KINDS))
    given = config if isinstance(config, str | Mapping) else {}
    return _settled(load_document(document_of(given), {}, KINDS))


def _settled(config: Config) -> Config:
    """`config`, whose files stay where they are when a thread of the program goes to another folder."""
    folder = working_folder()
    runs, queue = config.checkpoint, config.dlq
    return replace(
        config,
        checkpoint=replace(runs, dir=os.path.join(folder, runs.dir)),
        dlq=replace(queue, path=os.path.join(folder, queue.path) if queue.path not in ("", "-") else queue.path),
    )


def _file(config: AnyConfig) -> Path | None:
    """The file that the config is to be read from, if it is one."""
    if config is None or isinstance(config, Mapping):
        return None
    if not isinstance(config, str | os.PathLike):
        raise UsageError(f"config: expected a path, TOML text or tables (dicts), not {_type(config)}")
    is_text = isinstance(config, str) and ("\n" in config or "=" in config)
    return None if is_text else Path(config)


def _paths(source: AnyPath | Sequence[AnyPath]) -> list[str]:
    several = [source] if isinstance(source, str | os.PathLike) else source
    if not isinstance(several, Iterable):
        raise UsageError(f"expected a path or several, not {_type(several)}")
    return [_path(each) for each in several]


def _path(path: object) -> str:
    if not isinstance(path, str | os.PathLike):
        raise UsageError(f"expected a path, not {_type(path)}")
    return os.fsdecode(path)


def _target(to: object) -> str:
    if not isinstance(to, str):
        raise UsageError(f"to: expected a URL or the name of a target in the config, not {_type(to)}")
    return to


def _type(value: object) -> str:
    return f"a value of the type {type(value).__name__}"


def _unreached(settings: Config, cause: Cause, facts: Mapping[str, str]) -> Check:
    return Check({}, settings.secrets.mask(cause.message), cause.hint, facts)


def _checked(settings: Config, inputs: Inputs, facts: Mapping[str, str], target: Target) -> Check:
    mask, preview = settings.secrets.mask, preview_of(target)
    warnings = list(bind(inputs, target))
    batcher = target.batcher()
    requests: list[str] = []
    misfits: list[str] = []
    for each in inputs:
        parts = first_rows(each, settings)
        name = each.source.name
        misfits += (f"{name}:{bad.line}: {bad.error_type}: {bad.error}" for parsed in parts for bad in parsed.bad)
        cuts = [*(batcher.add(group.rows) for parsed in parts for group in parsed.groups), batcher.flush()]
        for ready in cuts:
            requests += map(preview.render, ready.batches)
            misfits += (
                f"{name}:{line}: {cause.error_type}: {cause.message}"
                for unfit in ready.unfit
                for line, cause in zip(unfit.rows.lines, unfit.causes, strict=True)
            )
        told = (found for parsed in parts for found in mended_lines(parsed, cuts))
        warnings += (f"{name}:{line}: mended, goes without what does not fit: {cause.message}" for line, cause in told)
    found = preview.check()
    return Check(
        {label: mask(text) for label, text in preview.describe().items()},
        mask(found if isinstance(found, str) else found.message),
        None if isinstance(found, str) else found.hint,
        facts,
        tuple(map(mask, requests)),
        tuple(map(mask, misfits)),
        tuple(map(mask, warnings)),
    )
