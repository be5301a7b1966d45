"""README, help and example config say what the program does."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

import click
import pytest

from loader.cli.main import cli
from loader.config import load
from loader.report.exit import MEANINGS

README = (Path(__file__).parent.parent / "README.md").read_text()


def commands(group: click.Group = cli, prefix: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], click.Command]]:
    found = []
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        found.append(((*prefix, name), command))
        if isinstance(command, click.Group):
            found += commands(command, (*prefix, name))
    return found


ALL = commands()
NAMES = [" ".join(name) for name, _ in ALL]


@pytest.mark.parametrize(("name", "command"), ALL, ids=NAMES)
def test_every_command_says_what_it_does_with_an_example_and_exit_codes(name, command):
    with click.Context(command, info_name=" ".join(("loader", *name))) as context:
        text = command.get_help(context)
    assert command.help.endswith(".")
    assert f"Example:\n    loader {name[0]}" in text
    assert "Exit codes:\n" in text


@pytest.mark.parametrize(("name", "command"), ALL, ids=NAMES)
def test_every_option_has_help(name, command):
    assert [p.name for p in command.params if isinstance(p, click.Option) and not p.help] == []


@pytest.mark.parametrize("name", [name for name in NAMES if name != "dlq"])
def test_every_command_is_in_the_readme(name):
    assert re.search(rf"\bloader {name.replace('dlq ', 'dlq (stats.)?')}", README)


def shown_commands() -> list[str]:
    blocks = re.findall(r"```console\n(.*?)```", README, re.DOTALL)
    lines = [line.removeprefix("$ ") for block in blocks for line in block.splitlines() if line.startswith("$ ")]
    lines += [line.strip() for line in README.splitlines() if line.startswith("    loader ")]
    return [line for line in lines if line.startswith("loader ")]


@pytest.mark.parametrize("line", shown_commands())
def test_every_command_line_of_the_readme_parses(line):
    words = shlex.split(re.sub(r"( [>&].*)$", "", line), comments=True)[1:]
    command: click.Command = cli
    while isinstance(command, click.Group):
        command = command.get_command(click.Context(command), words.pop(0))
    command.make_context("loader", words)


@pytest.mark.parametrize("block", re.findall(r"```toml\n(.*?)```", README, re.DOTALL))
def test_every_config_of_the_readme_is_valid(block, tmp_path):
    (tmp_path / "token").write_text("secret-token")
    path = tmp_path / "loader.toml"
    path.write_text(block.replace("/run/secrets/token", str(tmp_path / "token")))
    load(path, {}, {**os.environ, "TENANT": "north"})


def test_the_exit_codes_of_the_readme_are_those_of_the_program():
    table = dict(re.findall(r"^\| (\d+) \| (.*) \|$", README, re.MULTILINE))
    assert table == {str(int(code)): meaning for code, meaning in MEANINGS.items()}
