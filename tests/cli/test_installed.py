"""What there is where only the package is: no repository, no folder of samples, no example config beside it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import loader
from tests.command import Loader

ROOT = Path(__file__).parents[2]
NAMES = ["customers.csv", "orders.cql", "orders.jsonl"]


@pytest.fixture
def installed(tmp_path):
    """The package alone, in a place of its own, and the command run from another folder."""
    packages = tmp_path / "site-packages"
    shutil.copytree(Path(loader.__file__).parent, packages / "loader", ignore=shutil.ignore_patterns("__pycache__"))
    folder = tmp_path / "work"
    folder.mkdir()
    found = Loader(folder)
    (folder / "loader.toml").unlink()
    found.env["PYTHONPATH"] = str(packages)
    where = subprocess.run(
        [sys.executable, "-c", "import loader; print(loader.__file__)"],
        cwd=folder,
        env=found.env,
        capture_output=True,
        check=True,
    )
    assert where.stdout.decode().startswith(str(packages))
    return found


def test_the_demo_runs_and_every_good_row_arrives(installed):
    with installed.start("demo") as process:
        out, err = process.communicate(timeout=100)
    assert process.returncode == 0, err
    assert b"Every good row is there exactly once: yes" in out


def test_the_samples_can_be_had_and_nothing_is_overwritten(installed):
    done = installed("demo", "--copy-samples", "samples")
    assert (done.code, done.out.split()) == (0, [f"samples/{name}" for name in NAMES])
    for name in NAMES:
        assert (installed.folder / "samples" / name).read_bytes() == (ROOT / "samples" / name).read_bytes()
    again = installed("demo", "--copy-samples", "samples")
    assert (again.code, again.err) == (2, "Error: samples/customers.csv: File exists; name another folder\n")


def test_the_example_config_can_be_had_and_is_that_of_the_repository(installed):
    done = installed("config", "example")
    assert done.code == 0
    assert done.out == (ROOT / "config.example.toml").read_text()


def test_a_wheel_takes_in_whatever_lies_in_the_package():
    """The samples are package data without being named, as long as the wheel is the whole package."""
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel == {"packages": ["loader"]}
    assert sorted(path.name for path in (ROOT / "loader" / "demo" / "files").iterdir()) == NAMES
