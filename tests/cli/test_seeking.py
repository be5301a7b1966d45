"""A resume reads a plain file from the place that was reached, and counts what lies before as it was counted."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from loader.sink import Outage, RetryAfter, Rule
from tests.cli.conftest import rows
from tests.command import law

_TELLS_BYTES_READ = """
import atexit, sys
from pathlib import Path
facts = Path("/proc/self/io")
atexit.register(lambda: Path("read").write_text(facts.read_text().split()[1]))
from loader.cli.main import main
main()
"""
IN_ORDER = "[concurrency]\nmax_in_flight = 1\nworkers = 1\n"


def parking(after: int) -> dict:
    """A target that takes so many requests, then asks once for a long wait."""
    return {
        "outages": (Outage.parse(f"after={after},requests=1,answer=429"),),
        "retry_after": RetryAfter.parse("1000"),
    }


def bytes_read_by(loader, *arguments: str) -> tuple[int, int]:
    """The exit code, and the bytes of all that the process read, its own modules among them."""
    command = [sys.executable, "-c", _TELLS_BYTES_READ, *arguments, "--report-json", "report.json"]
    process = subprocess.run(command, cwd=loader.folder, env=loader.env, capture_output=True, timeout=60, check=False)
    return process.returncode, int((loader.folder / "read").read_text())


@pytest.fixture
def large(loader) -> int:
    """`d.jsonl` with 4,000 rows of 8 KB; its size."""
    note = "x" * 8000
    content = "".join(f'{{"id":{i},"note":"{note}"}}\n' for i in range(4000))
    return loader.write("d.jsonl", content).stat().st_size


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="what a process reads is told by /proc")
def test_a_file_is_opened_at_the_place_that_was_reached(loader, sink, large):
    loader.configure(IN_ORDER)
    target = sink(**parking(after=29))  # of 32 requests
    command = ("push", "d.jsonl", "--to", target.url)
    assert loader(*command).code == 4
    loader.write("one.jsonl", rows(1))
    _, read_anyhow = bytes_read_by(loader, "push", "one.jsonl", "--to", sink().url)
    code, read = bytes_read_by(loader, *command, "--resume")
    report = json.loads((loader.folder / "report.json").read_bytes())
    assert (code, report["read"], report["untouched"]) == (0, 4000, 0)
    assert sorted(row["id"] for row in target.store.rows()) == list(range(4000))
    assert read - read_anyhow < large / 2  # the last ninth of the file, and the chunks that it begins in


def test_rows_are_counted_over_all_parts_wherever_each_began(loader, sink):
    """Three parts of a load over two files, with bad rows and refused ones, told apart by line and ordinal."""
    loader.configure(IN_ORDER + "[batch]\nsize = 100\n[errors]\nmax_error_ratio = 1.0\n")
    loader.write("a.csv", "id,name\n" + "".join(f'{i},"r\n{i}"\n' for i in range(9_000)) + "bad\n")
    loader.write("b.jsonl", "\n" + rows(9_000, start=9_000) + "bad\n" + rows(9_000, start=18_000))
    outages = tuple(Outage.parse(f"after={after},requests=1,answer=429") for after in (95, 215))
    target = sink(outages=outages, retry_after=RetryAfter.parse("1000"), refuse=(Rule.parse("id=26999"),))
    command = ("push", "a.csv", "b.jsonl", "--to", target.url, "--dlq", "dead.jsonl", "--resume")
    parts = [loader(*command) for _ in range(3)]
    assert [part.code for part in parts] == [4, 4, 1]
    for part in parts:
        law(part.report)
        assert part.report["read"] + part.report["untouched"] == 27_002
    assert (parts[2].report["delivered"], parts[2].report["rejected"]) == (26_999, 3)
    assert sorted(int(row["id"]) for row in target.store.rows()) == list(range(26_999))
    places = [(letter["source"], letter["line"]) for letter in loader.letters()]
    assert places == [("a.csv", 18_002), ("b.jsonl", 9_002), ("b.jsonl", 18_002)]


def test_a_replay_reads_on_where_it_was_too(loader, sink):
    loader.configure(IN_ORDER + "[batch]\nsize = 100\n[errors]\nmax_error_ratio = 1.0\n")
    letters = (
        {
            "timestamp": "2026-11-24T10:15:00+00:00",
            "error": "no",
            "error_type": kind,
            "row": {"id": i},
            "idempotency_key": f"key-{i}",
        }
        for i, kind in enumerate(["http_422", "http_503"] * 10_000)
    )
    loader.write("dead.jsonl", "".join(json.dumps(letter) + "\n" for letter in letters))
    asking = sink(**parking(after=90))
    command = ("replay", "dead.jsonl", "--to", asking.url, "--error-type", "http_503")
    stopped = loader(*command)
    assert (stopped.code, stopped.report["read"] + stopped.report["untouched"]) == (4, 10_000)
    assert stopped.report["read"] > 8_192
    done = loader(*command, "--resume")
    assert (done.code, done.report["read"], done.report["skipped"]) == (0, 10_000, 10_000)
    assert sorted(row["id"] for row in asking.store.rows()) == list(range(1, 20_000, 2))


def test_a_file_whose_place_does_not_hold_what_was_recorded_stops_the_resume(loader, sink):
    """Its size and ends are the same, so that only the chunk at the place can tell."""
    loader.configure(IN_ORDER + "[batch]\nsize = 100\n")
    content = rows(30_000)
    loader.write("d.jsonl", content)
    target = sink(**parking(after=200))
    command = ("push", "d.jsonl", "--to", target.url, "--resume")
    stopped = loader(*command)
    middle = len(content) // 2
    other = content[:middle] + content[middle : middle + 20_000].replace("\n", " ") + content[middle + 20_000 :]
    loader.write("d.jsonl", other)
    done = loader(*command)
    assert (stopped.code, done.code, done.report["delivered"]) == (4, 3, stopped.report["delivered"])
    assert "are not what they were" in done.report["reason"]
