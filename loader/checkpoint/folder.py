"""Run folder: the manifest of a run, and the lock that keeps it to one process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from loader.checkpoint.errors import CheckpointError
from loader.durable import files
from loader.sources.locations import Fingerprint
from loader.sources.locations.names import ROWS

__all__ = [
    "RECORDS",
    "CheckpointError",
    "InputFacts",
    "Manifest",
    "OtherVersion",
    "RunFolder",
    "all_runs",
    "new_run_id",
    "next_number",
    "read_manifest",
    "read_other_version",
    "runs",
    "undescribed",
]


RECORDS = 2  # the version of what a run writes in its folder; those of another one are not read


class InputFacts(msgspec.Struct, frozen=True):
    """What a resume compares of an input, which its run calls `name`.

    `layout` is the format and the columns, where they are known before the rows. Of a `stream` the checkpoint has the
    hash of every chunk: what counts for the next part of its run are these, not the bytes where it lies. `places` are
    those of its location.
    """

    name: str
    fingerprint: Fingerprint = Fingerprint()
    layout: tuple[str, ...] = ()
    stream: bool = False
    places: tuple[str, ...] = ()

    def is_at_place_of(self, other: InputFacts) -> bool:
        """Whether both are the same input, however it is spelled: a symlink may lead to another copy of it later.

        What has no place, as standard input, goes by its name.
        """
        return not {*(self.places or (self.name,))}.isdisjoint(other.places or (other.name,))


class Manifest(msgspec.Struct, frozen=True):
    """What a run is: written durably before anything is sent. `started_us` is microseconds since the epoch.

    `requests` says of each target with idempotency keys whether a request carries one row or several. `number` tells
    which run of its folder is newer, from 1: clocks are set back. `records` is `RECORDS`, `version` the
    program's.
    """

    records: int
    run_id: str
    version: str
    started_us: int
    inputs: tuple[InputFacts, ...]
    target: str
    targets: dict[str, Any]
    input: dict[str, Any]
    mapping: dict[str, Any]
    command: str = "push"  # or "replay"
    dlq: str = ""  # where its dead letters go, if not into its folder
    number: int = 0
    requests: dict[str, str] = {}
    folder: str = ""  # where it was started: its paths are relative to it
    anew: bool = False  # the same inputs were loaded before it began, and were to be once more

    def here(self, path: str) -> str:
        """`path`, as it was recorded, seen from the folder that this process is in."""
        return path if path == "" or self._is_here else os.path.join(self.folder, path)

    def input_names(self) -> list[str]:
        """What opens the inputs again from the folder that this process is in."""
        return [each.name if self._is_here or not each.places else each.places[0] for each in self.inputs]

    @property
    def is_of_a_program(self) -> bool:
        """Whether a program gave its rows, which no command can bring again."""
        return any(each.name == ROWS and not each.places for each in self.inputs)

    @property
    def _is_here(self) -> bool:
        return self.folder in ("", files.working_folder())

    def has_inputs_of(self, other: Manifest) -> bool:
        """Whether both have the same inputs in the same order, however these are spelled."""
        if len(self.inputs) != len(other.inputs):
            return False
        return all(one.is_at_place_of(two) for one, two in zip(self.inputs, other.inputs, strict=True))


def new_run_id(wall: float, chance: bytes) -> str:
    """A name that sorts by time: UTC to the second, and three bytes of `chance` in hex."""
    return f"{datetime.fromtimestamp(wall, UTC):%Y%m%dT%H%M%S}-{chance[:3].hex()}"


class RunFolder:
    """`<dir>/<run_id>/`, 0700, locked while this object lives; another process that wants it gets CheckpointError."""

    def __init__(self, base: Path, run_id: str) -> None:
        """Make the folder, or open that of an earlier part, and take its lock. Raises CheckpointError."""
        self.path = base / run_id
        self._fd = -1
        try:
            files.make_folder(base)
            files.check_folder(self.path)
        except OSError as error:
            hint = "runs are kept in the folder that checkpoint.dir names: name one that can be written"
            raise CheckpointError(f"{files.sentence(base, error)}; {hint}") from error
        try:
            self._make()
            self._fd = files.open_private(self.path / "lock", os.O_RDWR | os.O_CREAT)
            files.lock(self._fd, self.path, "run")
        except OSError as error:
            self.close()
            raise CheckpointError(files.sentence(self.path, error)) from error

    def describe(self, manifest: Manifest) -> None:
        """Write `run.json` durably. Raises CheckpointError."""
        data = msgspec.json.format(msgspec.json.encode(manifest), indent=2)
        try:
            files.write_private(self.path / "run.json", data + b"\n")
            files.sync_folder(self.path.parent)
        except OSError as error:
            raise CheckpointError(files.sentence(self.path, error)) from error

    def close(self) -> None:
        """Give the lock back. Idempotent."""
        if self._fd >= 0:
            fd, self._fd = self._fd, -1  # first: closed twice, the number may be another file's
            os.close(fd)

    def _make(self) -> None:
        try:
            self.path.mkdir(files.PRIVATE_FOLDER)
        except FileExistsError:
            if self.path.is_symlink() or not self.path.is_dir():
                raise files.PathError(f"{self.path}: is not a folder of its own") from None
        self.path.chmod(files.PRIVATE_FOLDER)


def read_manifest(folder: Path) -> Manifest | None:
    """What the run in `folder` is; None where it is none, died before it was described, or is of another version."""
    try:
        found = msgspec.json.decode((folder / "run.json").read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None
    return found if found.records == RECORDS else None


class OtherVersion(msgspec.Struct, frozen=True):
    """What every version says of a run. `records` of the first one, which did not say it, is 1."""

    run_id: str
    version: str
    target: str
    inputs: list[dict[str, Any]]
    records: int = 1

    @property
    def names(self) -> list[str]:
        """What the run calls its inputs."""
        return [str(each.get("name") or each.get("path")) for each in self.inputs]

    def sentence(self) -> str:
        """Why the run cannot be gone on with, and what to do."""
        return (
            f"run {self.run_id} was begun by loader {self.version}, which keeps records of version {self.records}; this"
            f" one reads version {RECORDS} alone: finish the run with that loader, or start a new run by the same"
            " command without --resume, which sends all rows again"
        )


def read_other_version(folder: Path) -> OtherVersion | None:
    """What a run of another version is; None where it is none, or is damaged."""
    try:
        found = msgspec.json.decode((folder / "run.json").read_bytes(), type=OtherVersion)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None
    return found if found.records != RECORDS else None


def undescribed(base: Path) -> Iterator[Path]:
    """Folders of runs that recorded what they loaded, and of which it cannot be read any more what that was."""
    if base.is_dir():
        for folder in sorted(base.iterdir()):
            if read_manifest(folder) is None and _has_records(folder):
                yield folder


def _has_records(folder: Path) -> bool:
    """Whether there are records of a run; another load may take its own folder away meanwhile."""
    try:
        return (folder / "checkpoint").stat().st_size > 0
    except OSError:
        return False


def next_number(base: Path) -> int:
    """The number of a run that starts now."""
    return 1 + max((manifest.number for manifest in _manifests(base)), default=0)


def _manifests(base: Path) -> Iterator[Manifest]:
    if base.is_dir():
        yield from filter(None, map(read_manifest, base.iterdir()))


def all_runs(base: Path) -> Iterator[Manifest]:
    """All that are in the folder, the newest first."""
    yield from sorted(_manifests(base), key=lambda found: (found.number, found.started_us), reverse=True)


def runs(base: Path, like: Manifest) -> Iterator[Manifest]:
    """The runs of the same inputs, in the same order, and target as `like`, the newest first."""
    for manifest in all_runs(base):
        if manifest.target == like.target and manifest.has_inputs_of(like):
            yield manifest
