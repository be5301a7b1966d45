"""Plans of loads and replays; everything is checked before anything is read. Raises LoaderError."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from loader.choosing.choice import check_where
from loader.config import Config, TargetSettings, resolve_target
from loader.config.values import nearest
from loader.dlq.errors import DlqError
from loader.dlq.inspect import entries
from loader.dlq.replayed import SettledLetters, read_settled
from loader.dlq.selection import Selection
from loader.errors import UsageError
from loader.run.plan import Plan, Replay
from loader.run.queue_filters import check_queues, unmatched
from loader.sources import Inputs, expand, open_inputs
from loader.sources.inputs import given_batches, given_inputs
from loader.sources.locations import Location, access_of, check_mirrors, listed, secrets_of
from loader.targets.kinds import KINDS


def push_plan(files: Sequence[str], to: str, config: Config, *, dry_run: bool) -> Plan:
    """The plan of a push."""
    settings, target = resolve_target(config, to, KINDS)
    settings, locations = located_inputs(files, settings)
    inputs = open_inputs(locations, settings.input)
    check_where(settings.input, [source.layout for source in inputs.sources])
    return Plan(settings, inputs, {"": target}, dry_run=dry_run, warnings=tuple(_named_again(locations)))


def given_plan(rows: Iterable[Mapping[str, Any]], to: str, config: Config) -> Plan:
    """The plan of a load of rows that a program gives."""
    settings, target = resolve_target(config, to, KINDS)
    return Plan(settings, given_inputs(rows, settings.input), {"": target})


def given_batches_plan(batches: object, to: str, config: Config) -> Plan:
    """The plan of a load of record batches that a program gives."""
    settings, target = resolve_target(config, to, KINDS)
    return Plan(settings, given_batches(batches, settings.input), {"": target})


def replay_plan(queues: Sequence[str], to: str | None, config: Config, *, selection: Selection, dry_run: bool) -> Plan:
    """The plan of a replay: without `to`, each letter goes to the target it names.

    Letters of rows that were delivered without some of their values are left out, unless their class is asked for.
    """
    selection = replace(selection, mended=False)
    settings, locations = located_inputs(queues, config)
    paths = [_queue_at(location) for location in locations]
    check_queues(paths)
    settled = _settled(paths)
    names = [to] if to is not None else _target_names(paths, selection, settings)
    targets: dict[str, TargetSettings] = {}
    for name in names:
        settings, targets[name if to is None else ""] = resolve_target(settings, name, KINDS)
    warnings = (*_named_again(locations), *unmatched(paths, selection))
    # A letter is longer than its row: bytes beyond ASCII and quotes grow up to sixfold in JSON.
    longer = replace(settings.input, max_row_bytes=6 * settings.input.max_row_bytes + 2**20)
    inputs = open_inputs(locations, longer, letters=True)
    return Plan(settings, inputs, targets, Replay(selection, settled), dry_run, warnings=warnings)


def open_rows(files: Sequence[str], config: Config) -> tuple[Inputs, Config]:
    """The inputs that are looked at without a load, and the config with their secrets."""
    settings, locations = located_inputs(files, config)
    return open_inputs(locations, settings.input), settings


def located_inputs(patterns: Sequence[str], config: Config) -> tuple[Config, list[Location]]:
    """The locations that patterns and lists of them name, and the config with the secrets of their URLs."""
    access = access_of(config)
    check_mirrors(access.mirrors)
    names = listed(patterns, access)
    known = replace(config, secrets=config.secrets | secrets_of([*patterns, *names]))
    return known, expand(names, config.input, access)


def _queue_at(location: Location) -> Path:
    if location.path is None:
        told = "a dead letter queue is replayed from its file, where what was settled is remembered"
        raise UsageError(f"{location.name}: {told}")
    return location.path


def _settled(paths: Sequence[Path]) -> dict[int, SettledLetters]:
    try:
        return {index: read_settled(path) for index, path in enumerate(paths)}
    except DlqError as error:
        raise UsageError(str(error)) from error


def _named_again(locations: Sequence[Location]) -> Iterator[str]:
    """Sentences on inputs that are named several times, by whatever names."""
    names: dict[object, list[str]] = {}
    for location in locations:
        found = location.identity
        if found is not None:
            names.setdefault(found, []).append(location.name)
    for first, *others in names.values():
        if others:
            also = ", ".join(dict.fromkeys(each for each in others if each != first))
            how = f"{len(others) + 1} times{f', as {also} too' if also else ''}"
            yield f"{first} is named {how}: its rows are loaded once for each"


def _target_names(paths: Sequence[Path], selection: Selection, config: Config) -> list[str]:
    """The targets that the letters name, in the order in which they come up."""
    try:
        letters = (entry.letter for entry in entries(paths, selection))
        names = dict.fromkeys(letter.target or "" for letter in letters if letter is not None)
    except DlqError as error:
        raise UsageError(str(error)) from error
    if "" in names:
        raise UsageError("some letters name no target; say where they go: --to TARGET")
    for name in names:
        if "://" not in name and name not in config.targets:
            raise UsageError(_unknown_target(paths, name, config))
    return list(names)


def _unknown_target(queues: Sequence[Path], name: str, config: Config) -> str:
    """Letters name a section of another config than this one."""
    close = nearest(name, config.targets)
    there = f"it has {', '.join(config.targets)}" if config.targets else "it has none"
    meant = f'; did you mean "{close}"?' if close else ""
    shown = ", ".join(map(str, queues))
    return (
        f'letters in {shown} go to the target "{name}", which the config has not ({there}{meant}):'
        " give the config that has it (-c FILE), or say where all of them go (--to TARGET)"
    )
