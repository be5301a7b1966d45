"""Reports, snapshots and streams that the tests of this folder share."""

from __future__ import annotations

import io
from dataclasses import replace

from loader.report.final import Report, ReportedSample
from loader.report.snapshot import Snapshot, TargetState

CLEAN = Report(
    run_id="20260102-030405-abcdef",
    status="complete",
    read=2010,
    delivered=2010,
    rejected=0,
    unknown=0,
    untouched=0,
    handed_back_in_doubt=0,
    elapsed_seconds=12.3,
    rows_per_second=163.4,
    by_type={},
    samples={},
    dlq=None,
    exit_code=0,
)

FAILED = replace(
    CLEAN,
    delivered=1990,
    rejected=18,
    unknown=2,
    by_type={"http_422": 18, "reset": 2},
    samples={
        "http_422": (ReportedSample("orders.jsonl", 17, "HTTP 422: no such product"),),
        "reset": (ReportedSample("orders.jsonl", 99, "the connection was reset"),),
    },
    dlq="run/dlq.jsonl",
    exit_code=1,
)

CALM = TargetState("api", "closed", None, None, 0.0, 3, 100)

HALFWAY = Snapshot(
    elapsed=10.0,
    bytes_done=50 * 2**20,
    bytes_total=100 * 2**20,
    delivered=12_345,
    rejected=6,
    unknown=0,
    retrying=7,
    in_flight=3,
    targets=(CALM,),
    pending=1_000,
)

EVIL = "a\x1b[31mred\x1b[0m\x9b2J\x07\r\nnew [bold]line[/bold] :smile: \u202ereversed\u2066 [/] \x00 \udcff"


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


class Gone(io.StringIO):
    """A stream whose reader went away after `lines` writes."""

    def __init__(self, error: OSError, writes: int = 0) -> None:
        super().__init__()
        self._error = error
        self._writes = writes

    def write(self, text: str) -> int:
        if self._writes == 0:
            raise self._error
        self._writes -= 1
        return super().write(text)


class Turned:
    """A clock that the test turns."""

    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time
