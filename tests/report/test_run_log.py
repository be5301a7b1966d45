from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from loader.events import (
    BatchSplit,
    BreakerClosed,
    FailedOver,
    PartlyAccepted,
    RetryScheduled,
    RowFailed,
    RowsFailed,
    RunStarted,
    Throttled,
    Warned,
)
from loader.report.run_log import LogError, RunLog
from tests.report.examples import EVIL

RUN = "20260102-030405-abcdef"
FAILURE = RowsFailed("http_422", [RowFailed("orders.jsonl", 17, "http_422", "HTTP 422: no", "refused", 1, 42)])


def mask(text: str) -> str:
    return text.replace("hunter2", "***")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.log"


@pytest.fixture
def log(path):
    log = RunLog(path, RUN, lambda: 1767323045.25, mask)
    yield log
    if not log.closed:
        log.close()


def read(path):
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def test_an_event_is_a_json_line_with_time_name_fields_and_run(log, path):
    log(FAILURE)
    log.flush()
    assert read(path) == [
        {
            "time": "2026-01-02T03:04:05.250+00:00",
            "event": "row_failed",
            "source": "orders.jsonl",
            "line": 17,
            "error_type": "http_422",
            "error": "HTTP 422: no",
            "letter_class": "refused",
            "attempts": 1,
            "request": 42,
            "run": RUN,
        }
    ]


def test_the_log_is_for_its_owner_alone(log, path):
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_lines_wait_for_the_flush(log, path):
    log(BreakerClosed("api"))
    assert path.read_bytes() == b""
    log.flush()
    log.flush()
    assert len(read(path)) == 1


def test_secrets_are_masked_wherever_they_stand(log, path):
    log(RunStarted(RUN, ("hunter2.jsonl",), "https://u:hunter2@host/"))
    log(Warned("the password is hunter2"))
    log(Warned("x" * 3998 + "hunter2"))
    log.flush()
    assert b"hunt" not in path.read_bytes()


def test_any_text_makes_a_line_that_is_safe_to_look_at(log, path):
    """The name of a file that is no UTF-8 once ended the run."""
    log(RowsFailed("bad_json", [RowFailed(EVIL, 1, "bad_json", EVIL, "data", 0)]))
    log(RunStarted(RUN, (EVIL,), EVIL))
    log.flush()
    assert not set(path.read_bytes().decode()) & {"\x1b", "\x9b", "\x07", "\x00", "\r", "\u202e", "\u2066"}
    assert read(path)[0]["error"] == EVIL.replace("\udcff", "\\udcff")


@pytest.mark.parametrize(
    "event",
    [
        FAILURE,
        RetryScheduled("api", "orders.jsonl", 1, 10, 1, 1.0, "http_503", "HTTP 503"),
        BatchSplit("api", "orders.jsonl", 1, 10, "http_400", "HTTP 400"),
        PartlyAccepted("api", "orders.jsonl", 1, 9, 1, 0),
        FailedOver("api", "spare", 10),
        Throttled("api", 1.0, 5.0, 429),
    ],
    ids=lambda event: type(event).__name__,
)
def test_a_flood_of_events_is_counted_and_not_kept(log, path, event):
    for _ in range(1500):
        log(event)
    log(BreakerClosed("api"))
    log.close()
    lines = read(path)
    assert len(lines) == 1002
    assert lines[-2]["event"] == "breaker_closed"
    assert lines[-1] | {"time": "", "error_type": ""} == {
        "time": "",
        "event": "left_out",
        "of": lines[0]["event"],
        "error_type": "",
        "count": 500,
        "run": RUN,
    }


def test_each_type_of_error_has_its_own_thousand(log, path):
    for i in range(2000):
        kind = f"type_{i % 2}"
        log(RowsFailed(kind, [RowFailed("orders.jsonl", i, kind, "", "data", 0)]))
    log.close()
    assert len(read(path)) == 2000


def test_of_rows_that_failed_together_as_many_are_kept_as_there_is_room_for(log, path):
    for start in (1, 601, 1201):
        rows = [RowFailed("orders.jsonl", line, "bad_json", "", "data", 0) for line in range(start, start + 600)]
        log(RowsFailed("bad_json", rows))
    log.close()
    lines = read(path)
    assert [each["line"] for each in lines[:-1]] == list(range(1, 1001))
    assert (lines[-1]["event"], lines[-1]["count"]) == ("left_out", 800)


def test_a_line_torn_by_a_kill_does_not_swallow_the_next(path):
    path.write_bytes(b'{"event": "whole"}\n{"event": "to')
    log = RunLog(path, RUN, lambda: 0.0, mask)
    log(BreakerClosed("api"))
    log.close()
    lines = path.read_bytes().splitlines()
    assert lines[:2] == [b'{"event": "whole"}', b'{"event": "to']
    assert json.loads(lines[2])["event"] == "breaker_closed"


def test_a_symlink_is_never_written_through(tmp_path, path):
    target = tmp_path / "precious"
    target.write_text("mine")
    path.symlink_to(target)
    with pytest.raises(LogError, match="symlink"):
        RunLog(path, RUN, lambda: 0.0, mask)
    assert target.read_text() == "mine"


def test_a_log_that_cannot_be_opened_says_so(tmp_path):
    with pytest.raises(LogError):
        RunLog(tmp_path / "missing" / "run.log", RUN, lambda: 0.0, mask)


@pytest.fixture
def full_disk():
    """A log on a disk that is full: every write fails with ENOSPC."""
    if not os.path.exists("/dev/full"):
        pytest.skip("this system has no /dev/full")
    return RunLog(Path("/dev/full"), RUN, lambda: 0.0, mask)


def test_a_full_disk_is_told_once_and_closing_goes_on(full_disk):
    """The run has stopped by then; its report must not be lost to a second complaint."""
    full_disk(BreakerClosed("api"))
    with pytest.raises(LogError, match="cannot be written"):
        full_disk.flush()
    full_disk(BreakerClosed("api"))
    full_disk.flush()
    full_disk.close()


def test_a_full_disk_at_the_close_is_told_and_the_file_is_closed(full_disk):
    full_disk(BreakerClosed("api"))
    with pytest.raises(LogError):
        full_disk.close()
    assert full_disk.closed
