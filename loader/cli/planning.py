"""Plans made from command-line arguments; everything is checked before anything is read. Raises LoaderError."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from loader.cli.filters import check_queues, unmatched
from loader.config import Config, TargetSettings, load, resolve_target
from loader.dlq.errors import DlqError
from loader.dlq.inspect import entries
from loader.dlq.replayed import SettledLetters, read_settled
from loader.dlq.selection import Selection
from loader.errors import UsageError
from loader.rows import Format
from loader.run.plan import Plan, Replay
from loader.sources import Inputs, expand, open_inputs
from loader.targets.kinds import KINDS


def push_plan(
    files: Sequence[str], to: str, config: Path | None, flags: Mapping[str, object], *, dry_run: bool
) -> Plan:
    """The plan of a push."""
    settings, target = resolve_target(load(config, flags, KINDS), to, KINDS)
    paths = expand(files)
    inputs = open_inputs(paths, settings.input)
    return Plan(settings, inputs, {"": target}, dry_run=dry_run)


def replay_plan(
    queues: Sequence[str],
    to: str | None,
    config: Path | None,
    flags: Mapping[str, object],
    *,
    selection: Selection,
    dry_run: bool,
) -> Plan:
    """The plan of a replay: without `to`, each letter goes to the target it names."""
    settings = load(config, flags, KINDS)
    paths = expand(queues)
    if "-" in paths:
        raise UsageError("-: a dead letter queue is replayed from its file, where what was settled is remembered")
    check_queues(paths)
    settled = _settled(paths)
    names = _target_names(paths, selection) if to is None else [to]
    targets: dict[str, TargetSettings] = {}
    for name in names:
        settings, targets[name if to is None else ""] = resolve_target(settings, name, KINDS)
    warnings = unmatched(paths, selection)
    # A letter is longer than its row: bytes beyond ASCII and quotes grow up to sixfold in JSON.
    longer = replace(settings.input, max_row_bytes=6 * settings.input.max_row_bytes + 2**20)
    inputs = open_inputs(paths, longer, fmt=Format.DLQ)
    return Plan(settings, inputs, targets, Replay(selection, settled), dry_run, warnings=warnings)


def open_rows(files: Sequence[str], config: Config) -> Inputs:
    """The inputs of `loader check`."""
    return open_inputs(expand(files), config.input)


def _settled(paths: Sequence[str]) -> dict[int, SettledLetters]:
    try:
        return {index: read_settled(Path(path)) for index, path in enumerate(paths)}
    except DlqError as error:
        raise UsageError(str(error)) from error


def _target_names(paths: Sequence[str], selection: Selection) -> list[str]:
    """The targets that the letters name, in the order in which they come up."""
    try:
        letters = (entry.letter for entry in entries([Path(path) for path in paths], selection))
        names = dict.fromkeys(letter.target or "" for letter in letters if letter is not None)
    except DlqError as error:
        raise UsageError(str(error)) from error
    if "" in names:
        raise UsageError("some letters name no target; say where they go: --to TARGET")
    if not names:
        return []
    return list(names)
