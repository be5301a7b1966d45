"""Proposals of `loader infer`: made, and shown or written."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from loader.config import Config, describe
from loader.errors import UsageError
from loader.inference.inferring import infer
from loader.inference.proposal import identifier
from loader.inference.writing import config_text, table_text
from loader.report.output import say, show_bytes
from loader.report.safe_text import command_line
from loader.run.planning import open_rows
from loader.shortage import reason_of
from loader.sources.locations import secrets_of

_TABLE, _CONFIG = "table.cql", "loader.toml"
_CHOICE = ("input.skip", "input.limit", "input.sample", "input.seed", "input.where")
_ENDINGS = re.compile(r"(?:\.[A-Za-z0-9]{1,7})+$")


def infer_files(files: Sequence[str], config: Config, table: str | None, host: str) -> Mapping[str, str]:
    """The texts of the files that are proposed, by their names. Raises LoaderError."""
    inputs, config = open_rows(files, config)
    with inputs:
        keyspace, name = _names(table, inputs.sources[0].name)
        proposal = infer(inputs, config, keyspace, name)
    keys = {key: value for key, value in describe(config) if key.startswith("input.") and key not in _CHOICE}
    settings = {key.removeprefix("input."): value for key, value in keys.items()}
    url = f"cassandra://{host}/{keyspace}.{name}"
    return {_TABLE: table_text(proposal), _CONFIG: config_text(proposal, url, settings)}


def show_files(found: Mapping[str, str]) -> None:
    """Print all of them, each after its name."""
    for name, text in found.items():
        mark = "--" if name == _TABLE else "#"
        show_bytes(f"{mark} {name}\n{text}\n".encode())


def write_files(found: Mapping[str, str], folder: Path, files: Sequence[str]) -> None:
    """Write all of them into `folder`, none over a file that is there. Raises UsageError."""
    for name in found:
        if (folder / name).exists():
            raise UsageError(f"{folder / name}: is there already, and is not written over; name another folder (--out)")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in found.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{folder}: cannot be written to: {reason_of(error)}") from error
    say(f"wrote {folder / _TABLE} and {folder / _CONFIG}")
    push = command_line(["loader", "push", *files, "-c", str(folder / _CONFIG), "--to", "table"])
    say(f"next: run {folder / _TABLE} in cqlsh (or by: loader local cql), then: {secrets_of(files).mask(push)}")


def _names(table: str | None, first: str) -> tuple[str, str]:
    if table is None:
        return "loader", identifier(_ENDINGS.sub("", first.replace("\\", "/").rsplit("/", 1)[-1])) or "rows"
    keyspace, dot, name = table.partition(".")
    if not dot or identifier(keyspace) != keyspace or identifier(name) != name:
        raise UsageError(f"--table {table}: expected KEYSPACE.NAME, both of lower-case letters, digits and _")
    return keyspace, name
