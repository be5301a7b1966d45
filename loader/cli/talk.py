"""How a load is talked of: how much is said, where its report goes, and what a next command must repeat."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from loader.cli.options import READING
from loader.config.toml.document import DEFAULT_PATH


@dataclass(frozen=True, slots=True)
class OutputOptions:
    """What was typed that says how to talk of a load; options stand as they are typed again."""

    command: str  # "push" | "replay" | "rehearse"
    quiet: bool
    report_json: Path | None
    again: tuple[str, ...]  # where rows go: for every next command
    reading: tuple[str, ...] = ()  # how files are read: for a load of the same files
    queue: tuple[str, ...] = ()  # where dead letters go
    rest: tuple[str, ...] = ()  # for the same command alone
    config: Path | None = None  # the file that was read, if any
    schema: Path | None = None
    require_rows: bool = False


def talk_of(command: str, options: Mapping[str, Any], mask: Callable[[str], str]) -> OutputOptions:
    """How to talk of a load with these options; secrets in a URL are not repeated."""
    again = [*_given("--to", options["to"]), *_given("-c", options["config"])]
    reading = [word for name in READING for word in _given(f"--{name.replace('_', '-')}", options.get(name))]
    filters = _filters(options) if command == "replay" else []
    rest = (*(["--require-rows"] if options["require_rows"] else []), *filters)
    return OutputOptions(
        command,
        options["quiet"],
        options["report_json"],
        again=tuple(map(mask, again)),
        reading=tuple(reading),
        queue=tuple(_given("--dlq", options["dlq"])),
        rest=rest,
        config=options["config"] or (DEFAULT_PATH if DEFAULT_PATH.exists() else None),
        schema=options.get("schema"),
        require_rows=options["require_rows"],
    )


def _filters(options: Mapping[str, Any]) -> list[str]:
    """The filters of a replay as they were typed."""
    typed = ["--all"] if options["take_all"] else []
    for flag, name in (("class", "classes"), ("error-type", "error_type"), ("status", "status"), ("source", "source")):
        for value in options[name]:
            typed += [f"--{flag}", str(value)]
    since = options["since"]
    return typed if since is None else [*typed, "--since", datetime.fromtimestamp(since, UTC).isoformat()]


def _given(flag: str, value: object) -> list[str]:
    if value is None or value is False:
        return []
    return [flag] if value is True else [flag, str(value)]
