"""The folder of one run: who it is, what it loads, and that only one process works on it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec

from loader import files

_HASHED = 64 * 1024


class CheckpointError(Exception):
    """A run folder or a checkpoint cannot be used or written. Before anything is read: exit 2; later: exit 3."""


class InputFacts(msgspec.Struct, frozen=True):
    """What a resume compares of an input; `size` and `digest` are None for what cannot be read twice.

    `digest` is the blake2b of the first and last 64 KiB. `mtime_ns` alone may differ, with a warning.
    """

    path: str
    size: int | None = None
    digest: str | None = None
    mtime_ns: int | None = None


class Manifest(msgspec.Struct, frozen=True):
    """What a run is: written durably before anything is sent. `started_us` is microseconds since the epoch."""

    run_id: str
    version: str
    started_us: int
    inputs: tuple[InputFacts, ...]
    target: str
    targets: dict[str, Any]
    input: dict[str, Any]
    mapping: dict[str, Any]


def new_run_id(wall: float, chance: bytes) -> str:
    """A name that sorts by time: UTC to the second, and three bytes of `chance` in hex."""
    return f"{datetime.fromtimestamp(wall, UTC):%Y%m%dT%H%M%S}-{chance[:3].hex()}"


def input_facts(path: str) -> InputFacts:
    """The facts of the input at `path` ("-" and what is no regular file have none but their name). Raises OSError."""
    if path == "-" or not os.path.isfile(path):
        return InputFacts(path)
    with open(path, "rb") as file:
        facts = os.fstat(file.fileno())
        digest = blake2b(file.read(_HASHED), digest_size=16)
        file.seek(max(0, facts.st_size - _HASHED))
        digest.update(file.read(_HASHED))
    return InputFacts(path, facts.st_size, digest.hexdigest(), facts.st_mtime_ns)


class RunFolder:
    """`<dir>/<run_id>/`, 0700, locked while this object lives."""

    def __init__(self, base: Path, run_id: str) -> None:
        """Make the folder and take its lock. Raises CheckpointError."""
        self.path = base / run_id
        try:
            files.make_folder(self.path)
            files.check_folder(self.path / "checkpoint")
            self._fd = files.open_private(self.path / "lock", os.O_RDWR | os.O_CREAT)
            files.lock(self._fd, self.path, "run")
        except OSError as error:
            raise CheckpointError(str(error)) from error

    def describe(self, manifest: Manifest) -> None:
        """Write `run.json` durably. Raises CheckpointError."""
        data = msgspec.json.format(msgspec.json.encode(manifest), indent=2)
        try:
            files.write_private(self.path / "run.json", data + b"\n")
            files.sync_folder(self.path.parent)
        except OSError as error:
            raise CheckpointError(f"{self.path}: cannot be written: {error.strerror or error}") from error

    def close(self) -> None:
        os.close(self._fd)


def unfinished_runs(base: Path, inputs: Sequence[str], target: str) -> Iterator[str]:
    """The names of runs of the same inputs and target that did not end, the newest first."""
    if not base.is_dir():
        return
    for folder in sorted(base.iterdir(), reverse=True):
        manifest = _manifest(folder)
        if manifest is None or (folder / "finished").exists():
            continue
        if [facts.path for facts in manifest.inputs] == list(inputs) and manifest.target == target:
            yield folder.name


def _manifest(folder: Path) -> Manifest | None:
    try:
        return msgspec.json.decode((folder / "run.json").read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError):
        return None
