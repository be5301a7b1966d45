"""The example file and `describe`, both fed from the one declaration of every key."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from loader.config import Config, describe, load
from loader.config.declaration import defaults, keys
from loader.config.sections import SECTIONS
from loader.targets.cassandra.settings.cassandra_target import CassandraTarget
from loader.targets.http.settings.http_target import HttpTarget
from loader.targets.kinds import KINDS

TARGETS = {"example": HttpTarget, "table": CassandraTarget}
EXAMPLE = Path(__file__).parents[2] / "config.example.toml"


def test_the_example_file_is_in_step_with_the_declaration():
    printed = subprocess.run(
        [sys.executable, "-m", "loader", "config", "example"], capture_output=True, check=True, text=True
    )
    assert printed.stderr == ""
    assert printed.stdout == EXAMPLE.read_text(), "run: python -m loader config example > config.example.toml"


def test_the_example_loads_and_changes_nothing():
    targets = tomllib.loads(EXAMPLE.read_text())["target"]
    expected = {name: section(name, targets[name]["url"]) for name, section in TARGETS.items()}
    assert load(EXAMPLE, {}, KINDS, {}) == Config(targets=expected)


def test_the_example_holds_every_key_with_one_line_about_it():
    table = tomllib.loads(EXAMPLE.read_text())
    lines = EXAMPLE.read_text().splitlines()
    assert table.keys() == {*SECTIONS, "target"}
    tables = {name: table[name] for name in SECTIONS} | {f"target.{name}": table["target"][name] for name in TARGETS}
    for name, section in {**SECTIONS, **{f"target.{name}": section for name, section in TARGETS.items()}}.items():
        found = tables[name]
        assert list(found) == list(keys(section))
        start = lines.index(f"[{name}]")
        for key in found:
            line = next(i for i in range(start, len(lines)) if lines[i].startswith(f"{key} = "))
            assert lines[line - 1].startswith("# ")


@pytest.mark.parametrize("section", [*SECTIONS.values(), *TARGETS.values()])
def test_every_field_of_a_section_is_a_declared_key(section):
    assert {f.name for f in fields(section)} - {"name"} == keys(section).keys()


@pytest.mark.parametrize("section", [*SECTIONS.values(), *TARGETS.values()])
def test_every_default_is_what_its_written_form_reads_as(section):
    for name, value in defaults(section).items():
        kind = keys(section)[name].kind
        assert kind.parse(tomllib.loads(f"x = {kind.write(value)}")["x"]) == value


def test_defaults_are_not_described():
    assert describe(Config()) == []


def test_what_differs_is_described_with_secrets_masked(tmp_path):
    path = tmp_path / "c.toml"
    path.write_text("""
        [input]
        columns = ["a", "b c"]
        [concurrency]
        max_held = 134217728
        [retry]
        max_backoff = "1.5m"
        [target.api]
        url = "https://bob:hunter2@host/x?token=abcdef&page=1"
        items = "elasticsearch"
        headers = {X-Tenant = "tenant", X-Key = "abc"}
        proxy = "http://u:hunter3@proxy:1"
        [target."b.c"]
        url = "https://host/${PART}"
        auth = {header = "X-Key", value = "hunter4"}
    """)
    assert describe(load(path, {}, KINDS, {"PART": "partpart"})) == [
        ("input.columns", '["a", "b c"]'),
        ("concurrency.max_held", '"128 MiB"'),
        ("retry.max_backoff", '"90s"'),
        ("target.api.url", '"https://host/x?token=***&page=1"'),
        ("target.api.body", '"ndjson"'),
        ("target.api.wrapper", '"{\\"index\\":{}}\\n{{row}}"'),
        ("target.api.headers", '{X-Tenant = "tenant", X-Key = "***"}'),
        ("target.api.auth", '{user = "bob", password = "***"}'),
        ("target.api.proxy", '"http://proxy:1"'),
        ("target.api.items", '"elasticsearch"'),
        ('target."b.c".url', '"https://host/***"'),
        ('target."b.c".auth', '{header = "X-Key", value = "***"}'),
    ]
