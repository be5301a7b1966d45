"""Checks of config, inputs and target for `loader check`, printed with secrets masked."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

from loader.cli.understood import encodings_of, facts_of, likely_ways, rows_of, types_of, ways_otherwise
from loader.config import Config, Problem, TargetSettings, describe
from loader.config.target_kind import shown_name
from loader.outcomes import Cause
from loader.report.output import show
from loader.report.safe_text import safe
from loader.run.first_rows import first_rows
from loader.run.opened_targets import bind
from loader.run.planning import located_inputs
from loader.sources import Input, Inputs, open_inputs
from loader.sources.parser import Parsed
from loader.targets.base import TargetDownError
from loader.targets.context import Context
from loader.targets.opening import open_target
from loader.targets.preview import mended_lines, preview_of


def context_of(config: Config, schema: Path | None) -> Context:
    """What targets are told here, as a load would tell them."""
    return Context.of(config, "check", int(time.time() * 1e6), time.time, schema)


def check_config(config: Config) -> None:
    """Print what differs from the defaults."""
    changed = describe(config)
    show("config:" if changed else "config: all defaults")
    for key, value in changed:
        show(f"  {key} = {safe(value, 500)}")


def check_target(config: Config, target: TargetSettings, context: Context) -> bool:
    """Print what requests will be like and whether the target can be reached; returns the latter."""
    show(f"target {safe(config.secrets.mask(shown_name(target)), 500)}:")
    try:
        opened = open_target(target, context)
    except TargetDownError as error:
        return _tell_connection(config, error.cause)
    try:
        preview = preview_of(opened)
        for label, text in preview.describe().items():
            show(f"  {label}: {safe(config.secrets.mask(text), 500)}")
        return _tell_connection(config, preview.check())
    finally:
        opened.close()


def show_incomplete(incomplete: Mapping[str, Sequence[Problem]]) -> None:
    """Print what targets lack that cannot be used here."""
    for name, problems in incomplete.items():
        show(f"target {safe(name, 500)}: incomplete, and not tried")
        for problem in problems:
            show(f"  {safe(str(problem), 500)}")


def _tell_connection(config: Config, found: Cause | str) -> bool:
    if isinstance(found, str):
        show(f"  connection: {safe(config.secrets.mask(found), 500)}")
        return True
    show(f"  connection: {safe(config.secrets.mask(found.message), 500)}")
    if found.hint is not None:
        show(f"  what to do: {found.hint}")
    return False


def check_inputs(
    config: Config, files: Sequence[str], targets: Sequence[TargetSettings], context: Context
) -> Iterator[str]:
    """Print the inputs and their first rows; yields the requests that would carry those to the first target."""
    if not files:
        return
    config, locations = located_inputs(files, config)
    for line in encodings_of(locations, config.input):
        show(config.secrets.mask(line))
    with open_inputs(locations, config.input) as inputs:
        found = [_look_at(opened, config) for opened in inputs]
        if targets:
            yield from _first_requests(config, inputs, found, targets[0], context)


def _look_at(opened: Input, config: Config) -> Sequence[Parsed]:
    """Print what an input is taken for, and its first rows; returns those."""
    parts = first_rows(opened, config)
    ways = likely_ways(opened, config) if any(parsed.bad for parsed in parts) else ()
    told = facts_of(opened, config.input), types_of(parts, config.input), rows_of(parts), ways, ways_otherwise(opened)
    for line in chain.from_iterable(told):
        show(config.secrets.mask(line))
    return parts


def _first_requests(
    config: Config, inputs: Inputs, found: Sequence[Sequence[Parsed]], target: TargetSettings, context: Context
) -> Iterator[str]:
    try:
        opened = open_target(target, context)
    except TargetDownError:
        return  # that it is down was told with the target
    try:
        for known in bind(inputs, opened):
            show(f"  {safe(config.secrets.mask(known), 500)}")
        preview, batcher = preview_of(opened), opened.batcher()
        fed: set[str] = set()
        for parsed in chain.from_iterable(found):
            cuts = [*(batcher.add(group.rows) for group in parsed.groups), batcher.flush()]
            fed.update(*(ready.fed for ready in cuts))
            for refused in (each for ready in cuts for each in ready.unfit):
                for line, cause in zip(refused.rows.lines, refused.causes, strict=True):
                    yield f"line {line}: {cause.error_type}: {safe(cause.message, 500)}"
            for line, cause in mended_lines(parsed, cuts):
                yield f"line {line}: mended, goes without what does not fit: {safe(cause.message, 500)}"
            for batch in (each for ready in cuts for each in ready.batches):
                yield "request:\n" + preview.render(batch)
        for told in preview.left_out(fed) if any(chain.from_iterable(found)) else ():
            show(f"  of the rows that were looked at: {safe(config.secrets.mask(told), 500)}")
    finally:
        opened.close()
