"""Command-line options that several commands share."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from loader.exit_codes import MEANINGS, ExitCode
from loader.formats import FORMATS

_NUMBER = re.compile("[0-9]{1,18}")
F = TypeVar("F", bound=Callable[..., Any])


def epilog(example: str, codes: Mapping[ExitCode, str] = MEANINGS) -> str:
    """An example to run, and the exit codes of the command."""
    lines = [f"{int(code):>3}  {meaning}" for code, meaning in codes.items()]
    return "\b\nExample:\n  " + example.replace("\n", "\n  ") + "\n\n\b\nExit codes:\n" + "\n".join(lines)


def _or(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"


def config_option(command: F) -> F:
    """-c FILE."""
    return click.option(
        "-c", "--config", type=click.Path(path_type=Path), help="Config in TOML; else ./loader.toml if it is there."
    )(command)


def input_options(command: F) -> F:
    """How files are read."""
    for option in (
        click.option("--encoding", metavar="NAME", help="Encoding of text, like cp1252; else UTF-8, or by its mark."),
        click.option("--trim", is_flag=True, help="Take the blanks around fields off."),
        click.option("--ragged", metavar="HOW", help="Rows with too few or too many fields: pad, truncate, fit."),
        click.option("--skip-lines", metavar="N", help="Lines before the header, to be passed over."),
        click.option("--comment", metavar="CHAR", help="What lines begin with that are no rows."),
        click.option("--escape", metavar="CHAR", help="What makes text of a quote or delimiter behind it."),
        click.option("--quote", metavar="CHAR", help="What encloses fields that hold delimiters; none: nothing."),
        click.option("--recursive", is_flag=True, help="A folder stands for all files in it and below."),
        click.option("--no-header", is_flag=True, help="The first row of a CSV or TSV file is data."),
        click.option("--delimiter", metavar="CHAR", help="What separates fields: tab, semicolon, pipe, '^', '||', ..."),
        click.option("--path", metavar="A.B", help="Where the array of rows stands in a JSON object."),
        click.option("--columns", metavar="A,B", help="Names of the columns, instead of those of a header."),
        click.option("--format", metavar="FORMAT", help=f"{_or(FORMATS.own)}; else by name or first byte."),
    ):
        command = option(command)
    return command


def choice_options(command: F) -> F:
    """Which rows are loaded."""
    for option in (
        click.option("--seed", metavar="N", help="Another seed gives other rows to --sample."),
        click.option(
            "--where", metavar="CONDITION", help="""Load rows like this alone: 'status = "paid" and total >= 10'."""
        ),
        click.option("--sample", metavar="SHARE", help='Load about this share of the rows, like "1%".'),
        click.option("--skip", metavar="N", help="Leave out the first N rows."),
        click.option("--limit", metavar="N", type=click.IntRange(min=1), help="Load the first N rows that are chosen."),
    ):
        command = option(command)
    return command


def load_options(command: F) -> F:
    """What every load takes: where dead letters and the report go, how much memory, how quiet."""
    for option in (
        click.option("-q", "--quiet", is_flag=True, help="Show nothing but the end of a run that did not go well."),
        click.option(
            "--report-json",
            type=click.Path(path_type=Path),
            help="Write the report as JSON to this file; - is standard output.",
        ),
        click.option("--require-rows", is_flag=True, help="No row to load is a failure: exit code 1."),
        click.option("--fail-fast", is_flag=True, help="Stop at the first row that fails."),
        click.option("--max-memory", metavar="SIZE", help='Memory for rows under way, like "128 MiB".'),
        click.option("--workers", metavar="N", help='Worker processes: "auto" or a number.'),
        click.option("--dlq", metavar="PATH", help="Where dead letters go; else into the folder of the run."),
    ):
        command = option(command)
    return config_option(command)


def schema_option(command: F) -> F:
    """--schema FILE."""
    return click.option(
        "--schema",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="CREATE TABLE in CQL that tells of the table; its cluster is then not asked.",
    )(command)


def start_options(command: F) -> F:
    """What only commands take that may start a run."""
    for option in (
        click.option(
            "--resume", is_flag=True, help="Go on with the newest run of the same inputs and target, or start one."
        ),
        click.option("--dry-run", is_flag=True, help="Everything but the write; shows the first three requests."),
    ):
        command = option(command)
    return command


READING = {
    "no_header": "input.header",
    "format": "input.format",
    "path": "input.path",
    "delimiter": "input.delimiter",
    "columns": "input.columns",
    "limit": "input.limit",
    "skip": "input.skip",
    "sample": "input.sample",
    "seed": "input.seed",
    "where": "input.where",
    "encoding": "input.encoding",
    "quote": "input.quote",
    "escape": "input.escape",
    "comment": "input.comment",
    "skip_lines": "input.skip_lines",
    "ragged": "input.ragged",
    "trim": "input.trim",
}
"""The keys that options of inputs set, by the name of the option: what a load of the same files must repeat."""

_FLAGS = READING | {
    "dlq": "dlq.path",
    "workers": "concurrency.workers",
    "max_memory": "concurrency.max_held",
    "fail_fast": "errors.fail_on_first_error",
    "recursive": "input.recursive",
}


def flags_of(options: Mapping[str, Any]) -> dict[str, object]:
    """The config keys that flags set; flags that were not given set none."""
    given = {name: value for name, value in options.items() if name in _FLAGS and value not in (None, False)}
    return {_FLAGS[name]: _value(name, value) for name, value in given.items()}


def _value(name: str, value: Any) -> object:
    match name:
        case "columns":
            return [column.strip() for column in value.split(",")]
        case "no_header":
            return False
        case "workers" | "max_memory" | "skip" | "seed" | "skip_lines" if _NUMBER.fullmatch(value):
            return int(value)
        case _:
            return value
