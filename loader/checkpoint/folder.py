"""Run folder: the manifest of a run, and the lock that keeps it to one process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec

from loader.checkpoint.errors import CheckpointError
from loader.durable import files

__all__ = [
    "CheckpointError",
    "InputFacts",
    "Manifest",
    "RunFolder",
    "all_runs",
    "input_facts",
    "new_run_id",
    "next_number",
    "read_manifest",
    "runs",
    "undescribed",
    "working_folder",
]

_HASHED = 64 * 1024


class InputFacts(msgspec.Struct, frozen=True):
    """What a resume compares of an input; `size` and `digest` are None for what cannot be read twice.

    `digest` is the blake2b of the first and last 64 KiB, which is all of a file that is not longer than both. What lies
    between is not hashed: there `mtime_ns` and `inode` tell whether it may be other bytes now. `layout` is the format
    and, of delimited rows, the columns. Of a `stream` the checkpoint has the hash of every chunk: what counts for the
    next part of its run are these, not the bytes on disk.
    """

    path: str
    size: int | None = None
    digest: str | None = None
    mtime_ns: int | None = None
    layout: tuple[str, ...] = ()
    stream: bool = False
    inode: int | None = None
    real: str = ""  # the path with all symlinks followed, where it leads to something

    @property
    def bytes(self) -> tuple[int | None, str | None]:
        """What tells that a file is the one it was."""
        return self.size, self.digest

    def is_proved_by(self, now: InputFacts) -> bool:
        """Whether `now`, of the same size and ends, is surely the same all through."""
        is_hashed_whole = self.size is not None and self.size <= 2 * _HASHED
        return is_hashed_whole or (self.mtime_ns, self.inode) == (now.mtime_ns, now.inode)


class Manifest(msgspec.Struct, frozen=True):
    """What a run is: written durably before anything is sent. `started_us` is microseconds since the epoch.

    `requests` says of each target with idempotency keys whether a request carries one row or several. `number` tells
    which run of its folder is newer, from 1: clocks are set back.
    """

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

    def here(self, path: str) -> str:
        """`path`, as it was recorded, seen from the folder that this process is in."""
        return path if path in ("", "-") or self.folder in ("", os.getcwd()) else os.path.join(self.folder, path)

    def has_inputs_of(self, other: Manifest) -> bool:
        """Whether both have the same inputs in the same order, however these are spelled."""
        if len(self.inputs) != len(other.inputs):
            return False
        pairs = zip(self.inputs, other.inputs, strict=True)
        return all(_places(self, one) & _places(other, two) for one, two in pairs)


def _places(run: Manifest, facts: InputFacts) -> set[str]:
    """Where an input lies: by its name, as a symlink may lead to another copy of it later, and by what that leads to.

    Standard input is always "-".
    """
    named = facts.path if facts.path == "-" else os.path.normpath(os.path.join(run.folder, facts.path))
    return {named, facts.real or named}


def _text(path: str) -> str:
    """`path`, or "" where it is no text: it cannot be recorded."""
    return path if files.is_text(path) else ""


def working_folder() -> str:
    """Where this process is; "" where that cannot be recorded."""
    return _text(os.getcwd())


def new_run_id(wall: float, chance: bytes) -> str:
    """A name that sorts by time: UTC to the second, and three bytes of `chance` in hex."""
    return f"{datetime.fromtimestamp(wall, UTC):%Y%m%dT%H%M%S}-{chance[:3].hex()}"


def input_facts(
    path: str, layout: tuple[str, ...] = (), *, stream: bool = False, name: str | None = None
) -> InputFacts:
    """The facts of the input at `path` ("-" and what is no regular file have no size or digest). Raises OSError.

    `name` is what its run calls it, if that is not `path`.
    """
    name = name or path
    real = _real(path)
    if path == "-" or not os.path.isfile(path):
        return InputFacts(name, layout=layout, stream=stream, real=real)
    with open(path, "rb") as file:
        facts = os.fstat(file.fileno())
        digest = blake2b(file.read(_HASHED), digest_size=16)
        file.seek(max(0, facts.st_size - _HASHED))
        digest.update(file.read(_HASHED))
    return InputFacts(name, facts.st_size, digest.hexdigest(), facts.st_mtime_ns, layout, stream, facts.st_ino, real)


def _real(path: str) -> str:
    """`path` with its symlinks followed; "" for what has no name of its own, as /dev/fd/63 has none."""
    real = os.path.realpath(path)
    return _text(real) if path != "-" and os.path.exists(real) else ""


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
            os.close(self._fd)
            self._fd = -1

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
        return msgspec.json.decode((folder / "run.json").read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None


def undescribed(base: Path) -> Iterator[Path]:
    """Folders of runs that recorded what they loaded, and of which it cannot be read any more what that was."""
    if base.is_dir():
        for folder in sorted(base.iterdir()):
            checkpoint = folder / "checkpoint"
            if checkpoint.is_file() and checkpoint.stat().st_size and read_manifest(folder) is None:
                yield folder


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
