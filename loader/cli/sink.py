"""`loader sink`."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from typing import Any, TypeVar

import click

from loader.cli.options import epilog
from loader.exit_codes import ExitCode
from loader.report.best_effort import BestEffortStream
from loader.report.output import say

_EXAMPLE = "loader sink --port 8080 --db /tmp/sink.db --status 503:0.1 --status 429:0.1 --retry-after 1"
_CODES = {ExitCode.OK: "ended by a signal", ExitCode.USAGE: "usage, or address or database cannot be used"}
T = TypeVar("T")


def _parsed(parse: Callable[[str], T]) -> Callable[[click.Context, click.Parameter, Any], Any]:
    """A callback that reads one text, or each of several, and says what was expected."""

    def callback(_ctx: click.Context, _param: click.Parameter, value: Any) -> Any:
        try:
            if isinstance(value, tuple):
                return tuple(map(parse, value))
            return None if value is None else parse(value)
        except ValueError as error:
            raise click.BadParameter(str(error)) from None

    return callback


def _fault(name: str) -> Callable[[click.Context, click.Parameter, Any], Any]:
    def parse(text: str) -> Any:
        from loader.sink import fault_settings

        return getattr(fault_settings, name).parse(text)

    return _parsed(parse)


def _share(text: str) -> float:
    from loader.sink import parse_share

    return parse_share(text)


@click.command("sink", epilog=epilog(_EXAMPLE, _CODES))
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8080,
    show_default=True,
    help="Port to listen on; 0 takes any free one.",
)
@click.option("--db", default=":memory:", show_default=True, help="SQLite file for rows and requests.")
@click.option("--log", "log_requests", is_flag=True, help="Print a JSON line for each request.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Makes misbehaviour repeatable.")
@click.option(
    "--status", "statuses", multiple=True, callback=_fault("StatusShare"), help='Share of answers, "503:0.1".'
)
@click.option("--retry-after", callback=_fault("RetryAfter"), help='Wait that 429 and 503 ask for: "2" or "date:2".')
@click.option("--slow", callback=_fault("Slow"), help='Share of slow answers, "0.1:2s".')
@click.option("--reset-before", default="0", callback=_parsed(_share), help="Share of resets before storing.")
@click.option("--reset-after", default="0", callback=_parsed(_share), help="Share of resets after storing.")
@click.option(
    "--reject-batches", default="0", callback=_parsed(_share), help="Share of requests answered 400 as a whole."
)
@click.option("--refuse", multiple=True, callback=_fault("Rule"), help='Rows refused, "status=bad" or "note~spam".')
@click.option("--fail-forever", multiple=True, callback=_fault("Rule"), help="Rows answered 503 for ever.")
@click.option(
    "--items", type=click.Choice(["none", "elasticsearch", "multi-status"]), default="none", help="Answers row by row."
)
@click.option(
    "--item-status", "item_statuses", multiple=True, callback=_fault("StatusShare"), help='Share of rows, "503:0.1".'
)
@click.option(
    "--outage", "outages", multiple=True, callback=_fault("Outage"), help='"after=200,for=5s,answer=503|close|refuse".'
)
def command(host: str, port: int, db: str, log_requests: bool, **faults: Any) -> int:
    """Run a local HTTP target that stores rows in SQLite, and misbehaves on request; GET / counts them."""
    import sqlite3
    import sys

    from loader.errors import UsageError
    from loader.sink import FaultSettings, SinkServer, SinkSettings, Slow, Store, json_lines

    faults["slow"] = faults["slow"] or Slow()
    try:
        settings = SinkSettings(host, port, faults=FaultSettings(**faults))
    except ValueError as error:
        raise UsageError(str(error)) from None
    log = BestEffortStream(sys.stdout)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        opened = Store(db)
    except sqlite3.Error as error:
        raise UsageError(f"{db}: cannot be used as a database: {error}") from error
    with opened as store:
        try:
            server = SinkServer(settings, store, json_lines(log.line) if log_requests else None)
            server.start()
        except OSError as error:
            raise UsageError(f"cannot listen on {host}:{port}: {error.strerror}") from error
        say(f"sink at {server.url}, Ctrl-C ends it")
        try:
            stop.wait()
        finally:
            server.stop()
        say(f"rows stored: {store.count():,}")
    if log.lost is not None:
        raise log.lost
    return ExitCode.OK
