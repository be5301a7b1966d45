"""Where peers and rows are kept between runs, outside of the project."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path


def cache_folder() -> Path:
    """The folder of the benchmark in the user's cache (XDG Base Directory Specification)."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    folder = Path(base) / "loader" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def made_once(name: str, make: Callable[[Path], None]) -> Path:
    """A folder in the cache, filled by `make` unless it was before; a half-filled one never counts."""
    folder = cache_folder() / name
    if not folder.exists():
        half = folder.with_name(f"{name}.{os.getpid()}")
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(parents=True)
        try:
            make(half)
        except BaseException:
            shutil.rmtree(half, ignore_errors=True)  # it may be gigabytes
            raise
        half.rename(folder)
    return folder


def step(argv: Sequence[str], folder: Path | None = None) -> None:
    """Run a step of making something. Raises CalledProcessError."""
    subprocess.run(argv, cwd=folder, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
