"""Registries: what packages bring that cannot be used is named, and used by nobody."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from loader.errors import UsageError
from loader.formats import FORMATS, Formats
from loader.registry import Registry
from tests.packages import install


@pytest.fixture
def registry(tmp_path, monkeypatch) -> Callable[..., Registry[Any]]:
    """One of words of their own names, with a package that has the `module` given."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def made(module: str | None, point: str = "brought:VALUE") -> Registry[Any]:
        install(tmp_path, "brought", "tests.things", {"thing": point}, module)
        monkeypatch.delitem(sys.modules, "brought", raising=False)
        return Registry(
            {"own": "loader.formats:AUTO"},
            "tests.things",
            noun="thing",
            shown="{}",
            fits=lambda value, name: value == name,
            expected="thing of this name",
        )

    return made


def test_a_value_of_a_package_is_found_by_its_name(registry):
    things = registry('VALUE = "thing"')
    assert (things["thing"], things.names, things.outside) == ("thing", ["own", "thing"], ["thing"])


@pytest.mark.parametrize(
    ("module", "point", "reason"),
    [
        ("raise RuntimeError('no luck')", "brought:VALUE", "cannot be loaded: RuntimeError: no luck"),
        ("raise SystemExit(7)", "brought:VALUE", "cannot be loaded: SystemExit: 7"),
        ("", "brought:VALUE", "cannot be loaded: AttributeError: module 'brought' has no attribute 'VALUE'"),
        (None, "brought:VALUE", "cannot be loaded: ModuleNotFoundError: No module named 'brought'"),
        ("VALUE = 'other'", "brought:VALUE", "is no thing of this name"),
        ("", ":::", "cannot be loaded"),
    ],
)
def test_one_that_cannot_be_used_is_named(registry, module, point, reason):
    things = registry(module, point)
    with pytest.raises(UsageError) as refused:
        things["thing"]
    said = str(refused.value)
    assert said.startswith(f"thing: the thing {point} of brought {reason}")
    assert said.endswith("; mend or uninstall that package")
    assert things["own"] == "auto"


def test_a_package_without_a_name_can_be_told_of(registry, tmp_path: Path):
    things = registry("VALUE = 1")
    (tmp_path / "brought-1.0.dist-info" / "METADATA").unlink()
    with pytest.raises(UsageError, match="the thing brought:VALUE of an installed package is no thing of this name"):
        things["thing"]


@pytest.mark.parametrize(
    "module", ["class VALUE:\n    name = 'thing'", "class Thing:\n    name = 'thing'\nVALUE = Thing()"]
)
def test_what_has_the_name_of_a_format_alone_is_none(tmp_path, monkeypatch, module):
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "brought", raising=False)
    install(tmp_path, "brought", "loader.formats", {"thing": "brought:VALUE"}, module)
    with pytest.raises(UsageError, match="is no format of this name"):
        Formats({name: f"loader.sources.formats.jsonl:{name}" for name in FORMATS.own}, usual="csv")["thing"]
