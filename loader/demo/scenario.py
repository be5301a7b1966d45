"""Scenario of the demo: each step is the real command in a process of its own, against a sink in this one."""

from __future__ import annotations

import shlex
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from loader.demo.samples import SAMPLES
from loader.exit_codes import ExitCode
from loader.report.output import show
from loader.sink import FaultSettings, Outage, RetryAfter, Rule, SinkServer, SinkSettings, StatusShare, Store

# The good rows of the samples; those with status=bad are good too once the sink takes them.
_ORDERS, _REFUSED, _CUSTOMERS = 1990, 5, 498

_CONFIG = """\
[batch]
size = 1

[concurrency]
max_in_flight = 8

[retry]
initial_backoff = "100ms"
max_backoff = "1s"

[breaker]
threshold = 5
timeout = "1s"
"""

_FAULTS = FaultSettings(
    seed=7,
    statuses=(StatusShare(500, 0.1), StatusShare(429, 0.001)),
    retry_after=RetryAfter.parse("1"),
    reset_after=0.05,
    refuse=(Rule.parse("status=bad"),),
    outages=(Outage.parse("after=1200,for=1s,answer=503"),),
)


def run_demo() -> int:
    """Tell the story on stdout; returns 0 if the sink holds every good row exactly once in the end."""
    files = [SAMPLES / "orders.jsonl", SAMPLES / "customers.csv"]
    with tempfile.TemporaryDirectory(prefix="loader-demo-") as folder, Store() as store:
        return _Story(files, Path(folder), store).tell()


class _Story:
    def __init__(self, files: list[Path], folder: Path, store: Store) -> None:
        self._files = files
        self._folder = folder
        self._store = store
        (folder / "loader.toml").write_text(_CONFIG)

    def tell(self) -> int:
        """All acts in order."""
        show("1. A target that answers 500, 429 with Retry-After, resets connections, refuses some rows, has an outage")
        with SinkServer(SinkSettings(faults=_FAULTS), self._store) as sink:
            show(f"   is listening at {sink.url}/rows")
            show("2. Load the samples into it. What fails is tried again; what is refused is kept, with the reason.")
            paths = map(str, self._files)
            code = self._loader("push", *paths, "--to", f"{sink.url}/rows", "--dlq", "dead.jsonl")
            show(f"   exit code {code}: some rows are in the dead letter queue. What is in it:")
            self._loader("dlq", "show", "dead.jsonl", "--limit", "4")
        show("3. The cause is mended: the sink takes all rows now. Replay what it had refused.")
        mended = replace(_FAULTS, refuse=(), outages=())
        with SinkServer(SinkSettings(faults=mended), self._store) as sink:
            code = self._loader(
                "replay", "dead.jsonl", "--class", "refused", "--class", "unknown", "--to", f"{sink.url}/rows"
            )
        return self._count(code)

    def _count(self, code: int) -> int:
        rows, distinct = self._store.count(), self._store.distinct()
        show(f"4. The sink holds {rows:,} rows, {distinct:,} different ones.")
        expected = _ORDERS + _REFUSED + _CUSTOMERS
        good = rows == distinct == expected and code == ExitCode.OK
        show(f"   Every good row is there exactly once: {'yes' if good else f'NO, expected {expected:,}'}.")
        show("   The rows that could not be read stay in the queue, with line, reason and original bytes.")
        return ExitCode.OK if good else ExitCode.DEAD_LETTERS

    def _loader(self, *arguments: str) -> int:
        shown = [Path(argument).name if argument.startswith("/") else argument for argument in arguments]
        show(f"\n$ loader {shlex.join(shown)}")
        command = [sys.executable, "-m", "loader", *arguments]
        return subprocess.run(command, cwd=self._folder, check=False).returncode  # noqa: S603 - our own command
