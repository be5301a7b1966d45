"""Packages that bring parts of their own, as an installer would leave them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from tests.command import Loader


def install(folder: Path, package: str, group: str, points: Mapping[str, str], module: str | None = None) -> None:
    """Put a package on `folder`, a place of PYTHONPATH, with entry points in `group`, and a `module` of its name."""
    info = folder / f"{package}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    named = "".join(f"{name} = {value}\n" for name, value in points.items())
    (info / "entry_points.txt").write_text(f"[{group}]\n{named}")
    if module is not None:
        (folder / f"{package}.py").write_text(module)


def loader_with(folder: Path, site: Path) -> Loader:
    """The command in `folder`, where the packages on `site` are installed."""
    found = Loader(folder)
    found.env["PYTHONPATH"] = os.pathsep.join(filter(None, (str(site), os.environ.get("PYTHONPATH", ""))))
    return found
