"""The documentation is held to the code: commands, options, config keys and exit codes are as it says."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from loader import __version__
from loader.cli.main import cli
from loader.config import load
from loader.exit_codes import MEANINGS
from loader.report.error_catalogue import what_to_do
from loader.targets.kinds import KINDS

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PAGES = [README, *sorted((ROOT / "docs").glob("*.md"))]

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_VARIABLE = re.compile(r"(?<!\$)\$\{(\w+)\}")
_NAMED_FILE = re.compile(r'\b(?:ca|cert|key) = "([^"]+)"|"file:([^"]+)"')
_LINK = re.compile(r"\]\(([^)#:]*)(?:#([^)]+))?\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_HINT = re.compile(r"^  (\w+)  [\d,]+  [\d.]+%  .*\n      (.+)$", re.MULTILINE)
_SHELL = {"|", ">", "#", "&", "<"}


def _commands(group: click.Group = cli, path: str = "loader") -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield f"{path} {name}", command
        if isinstance(command, click.Group):
            yield from _commands(command, f"{path} {name}")


COMMANDS = dict(_commands())


def _blocks(*languages: str) -> list:
    found = [
        pytest.param(match[2], id=f"{page.name}:{page.read_text()[: match.start()].count(chr(10)) + 1}")
        for page in PAGES
        for match in _FENCE.finditer(page.read_text())
        if match[1] in languages
    ]
    assert found, "a test of no block tests nothing"
    return found


def _typed(text: str) -> list[list[str]]:
    """The arguments of each `loader` command line in a text, up to the first sign that belongs to the shell."""
    typed = []
    for line in text.splitlines():
        words = shlex.split(line.removeprefix("$ "), comments=False) if "loader " in line else []
        if "loader" not in words:
            continue
        words = words[words.index("loader") + 1 :]
        ends = [at for at, word in enumerate(words) if word in _SHELL]
        typed.append(words[: min(ends, default=len(words))])
    return typed


def _parse(words: list[str]) -> None:
    """Raises click.UsageError for a command line that click would not take; runs nothing."""
    command: click.Command = cli
    name = "loader"
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        name, *words = words
        found = command.get_command(click.Context(command), name)
        if found is None:
            raise click.UsageError(f"no such command: {name}")
        command = found
    command.make_context(name, words).close()


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_has_help_with_an_example_and_exit_codes(path):
    command = COMMANDS[path]
    shown = command.get_help(click.Context(command, info_name=path))
    assert command.help
    assert "Example:" in shown
    assert "Exit codes:" in shown


@pytest.mark.parametrize("path", COMMANDS)
def test_every_number_that_can_be_typed_has_a_range(path):
    """Else one that is out of it ends in a traceback."""
    numbers = [
        each for each in COMMANDS[path].params if isinstance(each.type, click.INT.__class__ | click.FLOAT.__class__)
    ]
    assert [each.name for each in numbers if not isinstance(each.type, click.IntRange | click.FloatRange)] == []


@pytest.mark.parametrize("path", COMMANDS)
def test_every_option_has_help(path):
    options = [option for option in COMMANDS[path].params if isinstance(option, click.Option)]
    assert [option.name for option in options if not option.help] == []


@pytest.mark.parametrize("path", COMMANDS)
def test_the_example_of_a_command_parses(path):
    command = COMMANDS[path]
    examples = _typed((command.epilog or "").partition("Exit codes:")[0])
    assert examples
    for words in examples:
        _parse(words)


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_is_named_in_the_readme(path):
    assert f"`{path}" in README.read_text()


@pytest.mark.parametrize("block", _blocks("sh", "console"))
def test_command_lines_in_the_pages_parse(block):
    for words in _typed("\n".join(line for line in block.splitlines() if not line.startswith(("run ", "next: ")))):
        _parse(words)


def test_a_command_line_that_is_wrong_does_not_parse():
    with pytest.raises(click.UsageError):
        _parse(["push", "a.jsonl", "--to", "x", "--no-such-option"])
    with pytest.raises(click.UsageError):
        _parse(["dlq", "shwo", "a.jsonl"])


@pytest.mark.parametrize("block", _blocks("toml"))
def test_config_in_the_pages_is_valid(block, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for names in _NAMED_FILE.findall(block):
        path = tmp_path / "".join(names)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("content\n")
    config = tmp_path / "loader.toml"
    config.write_text(block)
    load(config, {}, KINDS, dict.fromkeys(_VARIABLE.findall(block), "content"))


def test_hints_in_the_pages_are_those_that_are_printed():
    shown = [pair for page in PAGES for pair in _HINT.findall(page.read_text())]
    assert len(shown) > 8
    assert [(kind, hint) for kind, hint in shown if hint != what_to_do(kind)] == []


def test_the_table_of_exit_codes_agrees_with_the_code():
    section = README.read_text().partition("\n## Exit codes\n")[2].partition("\n## ")[0]
    codes = [int(code) for code in re.findall(r"^\| (\d+) \|", section, re.MULTILINE)]
    assert codes == [int(code) for code in MEANINGS]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_the_pages_lead_somewhere(page):
    for path, place in _LINK.findall(page.read_text()):
        target = page.parent / path if path else page
        assert target.exists(), path
        assert not place or place in _anchors(target), f"{path}#{place}"


def _anchors(page: Path) -> set[str]:
    """The names that headings have in links: lower case, without signs, blanks as hyphens."""
    headings = _HEADING.findall(_FENCE.sub("", page.read_text()))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_page_is_in_the_index_of_the_readme():
    named = {path for path, _ in _LINK.findall(README.read_text().partition("\n## Documentation\n")[2])}
    assert {f"docs/{page.name}" for page in PAGES[1:]} - named == set()


def test_the_changelog_speaks_of_this_version():
    assert f"\n## {__version__}\n" in (ROOT / "CHANGELOG.md").read_text()
