"""What `loader check` looks at, part by part, and prints to stdout with secrets masked."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import click

from loader.cli.planning import open_rows
from loader.config import Config, HttpTarget, describe
from loader.report.safe_text import safe
from loader.sources import chunks, parser_for
from loader.targets.http.target import Context, HttpEndpoint


def endpoint(config: Config, target: HttpTarget) -> HttpEndpoint:
    """The target as a load would open it."""
    return HttpEndpoint(target, Context.of(config, "check", time.time))


def check_config(config: Config) -> None:
    """Print what differs from the defaults."""
    changed = describe(config)
    click.echo("config:" if changed else "config: all defaults")
    for key, value in changed:
        click.echo(f"  {key} = {safe(value, 500)}")


def check_target(config: Config, target: HttpTarget) -> bool:
    """Print what requests will be like and whether the target can be reached; returns the latter."""
    opened = endpoint(config, target)
    try:
        click.echo(f"target {safe(config.secrets.mask(opened.name), 500)}:")
        for label, text in opened.describe().items():
            click.echo(f"  {label}: {safe(config.secrets.mask(text), 500)}")
        cause = opened.check()
    finally:
        opened.close()
    if cause is None:
        click.echo("  connection: ok")
        return True
    click.echo(f"  connection: {safe(config.secrets.mask(cause.message), 500)}")
    if cause.hint is not None:
        click.echo(f"  what to do: {cause.hint}")
    return False


def check_inputs(config: Config, files: Sequence[str], targets: Sequence[HttpTarget]) -> Iterator[str]:
    """Print the inputs; yields the first requests of each as the first target would get them."""
    if not files:
        return
    with open_rows(files, config) as inputs:
        for source in inputs.sources:
            columns = ", ".join(map(safe, source.layout.columns))
            facts = [str(source.layout.format), "stream" if source.stream else "", columns and f"columns {columns}"]
            facts.append("" if source.size is None else f"{source.size:,} bytes")
            click.echo(f"input {safe(source.name, 500)}: {', '.join(filter(None, facts))}")
        if not targets:
            return
        opened = endpoint(config, targets[0])
        try:
            for chunk in chunks(inputs, max_wait=config.batch.max_wait, max_rows=3):
                if chunk.bad is not None:
                    yield f"line {chunk.line}: {safe(chunk.bad.error)}"
                    continue
                parsed = parser_for(chunk.source, config.input).parse(chunk)
                for bad in parsed.bad:
                    yield f"line {bad.line}: {bad.error_type}: {safe(bad.error)}"
                for group in parsed.groups:
                    for batch in opened.batcher().add(group.rows).batches:
                        yield "request:\n" + opened.render(batch)
        finally:
            opened.close()
