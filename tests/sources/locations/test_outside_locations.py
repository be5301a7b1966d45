"""Locations that installed packages bring, through the real command."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from loader.checkpoint.log import read
from loader.sink import Outage, RetryAfter, Rule
from loader.sources.locations.kinds import ENTRY_POINTS
from tests.command import Loader, law, wait_for
from tests.packages import install, loader_with
from tests.sinks import rows

HERE = Path(__file__).parent
SLOWLY = """
[concurrency]
max_in_flight = 1
[batch]
size = 500
[throttle]
max_wait = "1h"
[checkpoint]
every = "50ms"
dir = "{}/runs"
"""


@pytest.fixture
def site(tmp_path) -> Path:
    return tmp_path / "site"


@pytest.fixture
def loader(tmp_path, site) -> Loader:
    """The command where a package is installed that brings `pieces://`."""
    install(site, "pieces", ENTRY_POINTS, {"pieces": "pieces:KIND"})
    shutil.copy(HERE / "pieces.py", site)
    return loader_with(tmp_path, site)


def write_pieces(loader: Loader, count: int, *, pieces: int = 3) -> str:
    """Cut the rows into pieces anywhere, in a folder of their own; returns its URL."""
    (loader.folder / "all").mkdir()
    data = rows(count).encode()
    size = len(data) // pieces + 1
    for number in range(pieces):
        loader.write(f"all/{number}.part", data[number * size : (number + 1) * size])
    return f"pieces://{loader.folder}/all"


def waiting(after: int) -> dict[str, Any]:
    """A target that takes so many requests, then asks once for a long wait."""
    return {
        "outages": (Outage.parse(f"after={after},requests=1,answer=429"),),
        "retry_after": RetryAfter.parse("1000"),
    }


def has_recorded(runs: Path) -> bool:
    """Whether a resume has no need to begin at the first chunk."""
    return any(read(path).watermark > 1 for path in runs.glob("*/checkpoint"))


@pytest.mark.parametrize("workers", ["1", "2"])
def test_rows_are_loaded_and_those_refused_are_replayed(loader, sink, workers):
    url = write_pieces(loader, 1_000)
    target = sink(refuse=(Rule.parse("id=700"),))
    done = loader("push", url, "--to", target.url, "--dlq", "dead.jsonl", "--workers", workers)
    assert done.code == 1, done.err
    law(done.report)
    assert done.report["inputs"] == [url]
    assert (done.report["read"], done.report["delivered"]) == (1_000, 999)
    [letter] = loader.letters()
    assert (letter["source"], letter["line"], letter["row"]["id"]) == (url, 701, 700)

    healed = sink()
    assert loader("replay", "dead.jsonl", "--to", healed.url).code == 0
    assert [row["id"] for row in healed.store.rows()] == [700]


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_killed_load_goes_on_in_the_middle_of_it_from_another_folder(loader, site, sink, workers):
    count, requests = 40_000, 60
    url = write_pieces(loader, count)
    target = sink(**waiting(after=requests))
    loader.configure(SLOWLY.format(loader.folder))
    runs = ("--workers", workers)
    with loader.start("push", url, "--to", target.url, *runs) as process:
        wait_for(lambda: len(target.store.requests()) > requests and has_recorded(loader.folder / "runs"))
        process.kill()

    (loader.folder / "elsewhere").mkdir()
    elsewhere = loader_with(loader.folder / "elsewhere", site)
    elsewhere.configure(SLOWLY.format(loader.folder))
    resumed = elsewhere("push", url, "--to", target.url, *runs, "--resume")
    assert resumed.code == 0, resumed.err
    law(resumed.report)
    assert (resumed.report["read"], resumed.report["untouched"]) == (count, 0)
    stored = [row["id"] for row in target.store.rows()]
    assert set(stored) == set(range(count))
    assert len(stored) < count + 8192  # what was settled is not sent again
    offsets = [int(line) for line in (loader.folder / "all/.opened").read_text().split()]
    assert offsets
    assert min(offsets) > 0


def test_a_run_of_other_bytes_is_not_gone_on_with(loader, sink):
    url = write_pieces(loader, 100)
    target = sink(refuse=(Rule.parse("id=50"),))
    push = ("push", url, "--to", target.url)
    loader.configure("[batch]\nsize = 10\n[concurrency]\nmax_in_flight = 1\n")
    assert loader(*push, "--fail-fast").code == 3
    loader.write("all/1.part", "{}\n")
    refused = loader(*push, "--resume")
    assert (refused.code, f"{url} is not the file it was" in refused.err) == (2, True), refused.err


def test_an_input_that_is_there_twice_is_told_by_its_identity(loader, sink):
    url = write_pieces(loader, 3)
    done = loader("push", url, url, "--to", sink().url)
    assert (done.code, f"{url} is named 2 times" in done.err) == (0, True), done.err
    assert done.report["read"] == 6


def test_secrets_of_its_url_are_shown_nowhere(loader, sink):
    url = write_pieces(loader, 3).replace("pieces://", "pieces://bob:hunter2@") + "?token=abcdefgh&region=north"
    done = loader("push", url, "--to", sink().url, "--dlq", "dead.jsonl")
    assert done.code == 0, done.err
    files = (path for path in loader.folder.rglob("*") if path.is_file() and path.suffix != ".py")
    written = b"".join(path.read_bytes() for path in files).decode(errors="replace")
    for secret in ("hunter2", "abcdefgh"):
        assert secret not in done.out + done.err + written + json.dumps(done.report)
    assert done.report["inputs"] == [f"pieces://{loader.folder}/all?token=***&region=north"]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("pieces:///nowhere", "pieces:///nowhere: there is no folder with files"),
        ("piece:///nowhere", 'a URL whose scheme is file, https, http, s3, gs, az or pieces; did you mean "pieces"?'),
    ],
)
def test_what_is_not_there_is_refused(loader, sink, url, said):
    done = loader("push", url, "--to", sink().url)
    assert (done.code, said in done.err) == (2, True), done.err


def test_a_queue_is_replayed_from_its_file_alone(loader, sink):
    url = write_pieces(loader, 3)
    done = loader("replay", url, "--to", sink().url)
    assert (done.code, f"{url}: a dead letter queue is replayed from its file" in done.err) == (2, True), done.err


@pytest.mark.parametrize(
    ("module", "expected"),
    [("import no_such_module", "cannot be loaded: ModuleNotFoundError"), ("KIND = 5", "is no LocationKind that has")],
)
def test_a_package_whose_kind_cannot_be_used_is_named(loader, site, sink, module, expected):
    install(site, "broken", ENTRY_POINTS, {"broken": "broken:KIND"}, module)
    done = loader("push", "broken:///x", "--to", sink().url)
    assert (done.code, f"broken://: the location broken:KIND of broken {expected}" in done.err) == (2, True), done.err
    assert "Traceback" not in done.err
