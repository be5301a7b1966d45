"""The library: what a program is promised that loads, replays and checks."""

from __future__ import annotations

import gc
import io
import json
import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import loader
from loader import StopToken, UsageError, api
from loader.sink.fault_settings import Rule
from tests.command import Loader
from tests.sinks import rows, sink

__all__ = ["sink"]


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_what_is_public_is_all_there_and_typed():
    assert sorted(loader.__all__) == loader.__all__
    assert all(getattr(loader, name) is not None for name in loader.__all__)
    assert loader.__all__ == api.__all__
    assert (Path(loader.__file__).parent / "py.typed").exists()
    with pytest.raises(AttributeError, match="no attribute 'push'"):
        loader.push  # noqa: B018


def test_a_load_ends_in_a_report_with_the_fields_of_the_file(here, sink):
    (here / "rows.jsonl").write_text(rows(20) + "no row\n")
    server = sink()
    report = loader.load("rows.jsonl", to=server.url)
    assert (report.status, report.read, report.delivered, report.rejected) == ("complete", 21, 20, 1)
    (run,) = (here / ".loader" / "runs").iterdir()
    assert json.loads((run / "report.json").read_bytes()) == json.loads(report.to_json())
    assert server.store.count() == 20


@pytest.mark.parametrize("how", ["path", "text", "tables"])
def test_config_is_a_path_a_text_or_tables(here, sink, how):
    (here / "rows.jsonl").write_text(rows(10))
    server = sink()
    text = f'[batch]\nsize = 5\n[target.api]\nurl = "{server.url}"\n'
    (here / "some.toml").write_text(text)
    tables = {"batch": {"size": 5}, "target": {"api": {"url": server.url}}}
    config: dict[str, Any] = {"path": here / "some.toml", "text": text, "tables": tables}
    report = loader.load(here / "rows.jsonl", to="api", config=config[how])
    assert report.delivered == 10
    assert len(server.store.requests()) == 2


def test_a_file_in_the_folder_is_no_config_that_was_given(here, sink):
    (here / "loader.toml").write_text("[batch]\nsize = -1\n")
    (here / "rows.jsonl").write_text(rows(1))
    assert loader.load("rows.jsonl", to=sink().url).delivered == 1


def test_usage_errors_are_raised_with_all_problems_and_leave_nothing(here, sink):
    (here / "rows.jsonl").write_text(rows(1))
    with pytest.raises(UsageError) as raised:
        loader.load("rows.jsonl", to=sink().url, config={"batch": {"siez": 1}, "retry": {"max_retries": "x"}})
    assert "batch.siez" in str(raised.value)
    assert "retry.max_retries" in str(raised.value)
    with pytest.raises(UsageError, match=r"missing\.jsonl: there is no such file"):
        loader.load("missing.jsonl", to=sink().url)
    assert not (here / ".loader").exists()


def test_nothing_is_printed_and_signals_and_collector_stay_as_they_are(here, sink, capfd):
    (here / "rows.jsonl").write_text(rows(50) + "no row\n")
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    seen = []

    def look(_snapshot: object) -> None:
        seen.append(([signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)], gc.get_threshold()))

    threshold = gc.get_threshold()
    loader.load("rows.jsonl", to=sink().url, progress=look)
    assert capfd.readouterr() == ("", "")
    assert all(each == (before, threshold) for each in seen)


@pytest.mark.parametrize("workers", [1, 2])
def test_several_loads_run_at_once_in_threads(here, sink, workers):
    sinks = [sink() for _ in range(3)]
    for number in range(3):
        (here / f"{number}.jsonl").write_text(rows(300, start=1000 * number))
    config = {"concurrency": {"workers": workers}}

    def one(number: int) -> loader.Report:
        return loader.load(f"{number}.jsonl", to=sinks[number].url, config=config)

    with ThreadPoolExecutor(3) as pool:
        reports = list(pool.map(one, range(3)))
    assert [report.delivered for report in reports] == [300, 300, 300]
    for number, server in enumerate(sinks):
        assert sorted(row["id"] for row in server.store.rows()) == list(range(1000 * number, 1000 * number + 300))


def test_another_thread_stops_a_load_that_a_resume_ends(here, sink):
    (here / "rows.jsonl").write_text(rows(2000))
    server = sink()
    stop, begun = StopToken(), threading.Event()
    config = {"batch": {"size": 10}, "rate": {"rows": 200}}

    def look(snapshot: loader.Snapshot) -> None:
        if snapshot.delivered:
            begun.set()

    def ask() -> None:
        begun.wait(60)
        stop.request_stop("the test")

    asking = threading.Thread(target=ask)
    asking.start()
    report = loader.load("rows.jsonl", to=server.url, config=config, progress=look, stop=stop)
    asking.join()
    assert (report.status, report.exit_code, report.reason) == ("interrupted", 130, "interrupted by the test")
    assert report.read < 2000
    report = loader.load("rows.jsonl", to=server.url, config={"batch": {"size": 10}}, resume=True)
    assert (report.status, report.delivered) == ("complete", 2000)
    assert sorted(row["id"] for row in server.store.rows()) == list(range(2000))


def test_a_token_that_was_used_before_stops_a_load_before_it_sends(here, sink):
    (here / "rows.jsonl").write_text(rows(10))
    stop, server = StopToken(), sink()
    stop.request_stop()
    report = loader.load("rows.jsonl", to=server.url, stop=stop)
    assert (report.status, report.delivered, report.untouched) == ("interrupted", 0, 10)


def test_a_finished_run_is_not_loaded_again_by_a_resume(here, sink):
    (here / "rows.jsonl").write_text(rows(10))
    server = sink()
    first = loader.load("rows.jsonl", to=server.url)
    assert loader.load("rows.jsonl", to=server.url, resume=True).run_id == first.run_id
    assert server.store.count() == 10


def test_dead_letters_are_replayed(here, sink):
    (here / "rows.jsonl").write_text(rows(10))
    server, well = sink(refuse=(Rule("id", "7"),)), sink()
    report = loader.load("rows.jsonl", to=server.url)
    assert (report.delivered, report.rejected) == (9, 1)
    assert report.dlq is not None
    again = loader.replay(report.dlq, to=well.url)
    assert (again.delivered, again.rejected) == (1, 0)
    assert [row["id"] for row in well.store.rows()] == [7]


def test_check_tells_what_a_load_would_do_and_sends_nothing(here, sink):
    (here / "rows.jsonl").write_text(rows(2) + "no row\n")
    server = sink()
    found = loader.check("rows.jsonl", to=server.url)
    assert found.is_reached
    assert found.inputs == {"rows.jsonl": "jsonl, by its name"}
    assert '[{"id": 0, "name": "row 0"},{"id": 1, "name": "row 1"}]' in found.requests[0]
    assert found.misfits[0].startswith("rows.jsonl:3: bad_json")
    assert server.store.count() == 0


def test_check_of_a_target_that_is_down_says_so(here):
    found = loader.check(to="http://127.0.0.1:1/rows")
    assert not found.is_reached
    assert "refused" in found.connection


def test_rows_of_an_iterable_are_loaded_and_their_place_is_their_index(here, sink):
    server = sink(refuse=(Rule("id", "3"),))
    report = loader.load(({"id": i, "name": f"row {i}"} for i in range(10)), to=server.url)
    assert (report.read, report.delivered, report.rejected) == (10, 9, 1)
    assert report.inputs == ("<rows>",)
    (letter,) = map(json.loads, Path(report.dlq or "").read_text().splitlines())
    assert (letter["source"], letter["line"], letter["row"]) == ("<rows>", 3, {"id": 3, "name": "row 3"})


def test_values_of_given_rows_arrive_exactly_or_not_at_all(here, sink):
    server = sink()
    moment = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
    given: list[dict[str, Any]] = [
        {"n": Decimal("0.1000000000000000055511151231257827"), "big": 2**70, "at": moment, "deep": {"list": [1, None]}},
        {"n": float("nan")},
        {"n": 1},
    ]
    report = loader.load(given, to=server.url)
    assert (report.delivered, report.rejected) == (2, 1)
    first, last = server.store.texts()
    assert '"n":0.1000000000000000055511151231257827' in first.replace(": ", ":")
    assert str(2**70) in first
    assert '"2026-11-30T12:00:00' in first
    assert json.loads(last) == {"n": 1}
    (letter,) = map(json.loads, Path(report.dlq or "").read_text().splitlines())
    assert (letter["line"], letter["error_type"]) == (1, "bad_json")


def test_a_value_of_a_type_that_json_has_not_ends_the_input_with_its_place(here, sink):
    given: list[dict[str, Any]] = [{"id": 1}, {"id": {1, 2}}, {"id": 3}]
    report = loader.load(given, to=sink().url)
    assert (report.status, report.exit_code, report.delivered) == ("stopped", 3, 1)
    assert "<rows>: row 1: TypeError" in (report.reason or "")


def test_an_iterable_that_fails_is_told_and_gone_on_with(here, sink):
    server = sink()

    def broken(until: int):
        for i in range(20):
            if i == until:
                raise ValueError("the cursor is gone")
            yield {"id": i}

    report = loader.load(broken(12), to=server.url)
    assert (report.status, report.delivered) == ("stopped", 12)
    assert "<rows>: row 12: ValueError: the cursor is gone" in (report.reason or "")
    report = loader.load(broken(99), to=server.url, resume=True)
    assert (report.status, report.delivered, report.read) == ("complete", 20, 20)
    assert sorted(row["id"] for row in server.store.rows()) == list(range(20))


def test_a_resume_with_other_rows_is_refused_before_it_sends(here, sink):
    server = sink()
    stop = StopToken()

    def look(snapshot: loader.Snapshot) -> None:
        if snapshot.delivered:
            stop.request_stop()

    config = {"batch": {"size": 50}, "rate": {"rows": 1000}}
    report = loader.load(({"id": i} for i in range(3000)), to=server.url, config=config, progress=look, stop=stop)
    assert report.status == "interrupted"
    assert report.delivered
    report = loader.load(({"id": -i} for i in range(3000)), to=server.url, config=config, resume=True)
    assert report.status == "stopped"
    assert "the input changed since the run began" in (report.reason or "")
    assert all(row["id"] >= 0 for row in server.store.rows())


def test_a_slow_iterable_holds_back_no_row_it_has_given(here, sink):
    server, more = sink(), threading.Event()

    def slow():
        yield {"id": 0}
        assert more.wait(60)
        yield {"id": 1}

    def look(snapshot: loader.Snapshot) -> None:
        if snapshot.delivered:
            more.set()

    report = loader.load(slow(), to=server.url, config={"batch": {"max_wait": "50ms"}}, progress=look)
    assert report.delivered == 2


def test_an_empty_iterable_is_no_error(here, sink):
    report = loader.load([], to=sink().url)
    assert (report.status, report.read) == ("complete", 0)


class NoTextError(Exception):
    def __str__(self) -> str:
        raise ValueError


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (SystemExit(3), "row 1: SystemExit: 3"),
        (KeyboardInterrupt(), "row 1: KeyboardInterrupt"),
        (NoTextError(), "row 1: NoTextError, whose text cannot be made"),
    ],
)
def test_whatever_an_iterable_raises_ends_it_with_its_place(here, sink, error, said):
    def broken():
        yield {"id": 0}
        raise error

    report = loader.load(broken(), to=sink().url)
    assert (report.status, report.delivered) == ("stopped", 1)
    assert said in (report.reason or "")


@pytest.mark.parametrize("given", [1, 2])
def test_a_load_that_waits_for_a_row_can_be_stopped(here, sink, given):
    more, asked = threading.Event(), threading.Event()
    stop = StopToken()

    def silent():
        yield from ({"id": i} for i in range(given - 1))
        asked.set()
        assert more.wait(60)
        yield {"id": given}

    def ask() -> None:
        asked.wait(60)
        stop.request_stop("the test")

    threads = set(threading.enumerate())
    asking = threading.Thread(target=ask)
    asking.start()
    report = loader.load(silent(), to=sink().url, stop=stop)
    assert (report.status, report.reason) == ("interrupted", "interrupted by the test")
    more.set()
    for thread in set(threading.enumerate()) - threads:
        if thread.name in ("given-rows", "chunk-reader"):
            thread.join(60)
            assert not thread.is_alive()


def test_no_row_is_pulled_and_no_thread_started_where_nothing_can_be_read(here, sink):
    pulled = []

    def generated():
        pulled.append(1)
        yield {"id": 1}

    threads = set(threading.enumerate())
    with pytest.raises(UsageError, match="is a folder"):
        loader.load(generated(), to=sink().url, config={"dlq": {"path": here}})
    assert not pulled
    assert {thread.name for thread in set(threading.enumerate()) - threads} <= {"sink-accept"}


def test_rows_are_pulled_in_the_context_of_the_caller(here, sink):
    variable: ContextVar[int] = ContextVar("variable")
    variable.set(7)
    server = sink()
    loader.load(({"id": variable.get()} for _ in range(1)), to=server.url)
    assert [row["id"] for row in server.store.rows()] == [7]


@pytest.mark.parametrize("row", ["rows.jsonl", Path("rows.jsonl"), [1], b"x", None])
def test_what_is_no_row_ends_the_input(here, sink, row):
    report = loader.load(iter([{"id": 1}, row]), to=sink().url)
    assert (report.status, report.delivered) == ("stopped", 1)
    assert f"row 1: TypeError: {type(row).__name__} is no type of a row" in (report.reason or "")


@pytest.mark.parametrize("source", [b"rows.jsonl", {"id": 1}, None, 5, io.StringIO("{}"), io.BytesIO(b"{}")])
def test_what_is_no_source_is_refused(here, sink, source):
    with pytest.raises(UsageError, match=f"not a value of the type {type(source).__name__}"):
        loader.load(source, to=sink().url)


def test_arguments_of_other_types_are_usage_errors(here, sink):
    url: Any = Path("x")
    paths: Any = [{"id": 1}]
    config: Any = b"[batch]"
    for call in (
        lambda: loader.load("rows.jsonl", to=url),
        lambda: loader.load("rows.jsonl", to="http://127.0.0.1:1/", config=config),
        lambda: loader.check(paths, to="http://127.0.0.1:1/"),
        lambda: loader.replay(paths),
    ):
        with pytest.raises(UsageError, match=r"expected .*, not a value of the type"):
            call()


def test_a_load_goes_on_in_its_folders_when_the_program_changes_to_another(here, sink):
    (here / "other").mkdir()
    server = sink(refuse=(Rule("id", "5"),))

    def moving():
        for i in range(10):
            if i == 3:
                os.chdir(here / "other")
            yield {"id": i}

    report = loader.load(moving(), to=server.url, config={"dlq": {"path": "dead.jsonl"}, "batch": {"size": 1}})
    assert (report.status, report.delivered, report.rejected) == ("complete", 9, 1)
    assert (report.dlq, (here / "dead.jsonl").exists()) == (str(here / "dead.jsonl"), True)
    assert not any((here / "other").iterdir())


def test_progress_that_raises_ends_the_load_and_is_told(here, sink):
    (here / "rows.jsonl").write_text(rows(100))
    server = sink()

    def look(snapshot: loader.Snapshot) -> None:
        if snapshot.delivered:
            raise ValueError("the screen is gone")

    config = {"batch": {"size": 1}, "rate": {"rows": 50}}
    report = loader.load("rows.jsonl", to=server.url, config=config, progress=look)
    assert (report.status, report.exit_code) == ("interrupted", 130)
    assert report.reason == "interrupted by progress, which raised ValueError: the screen is gone"
    assert 0 < report.delivered < 100
    report = loader.load("rows.jsonl", to=server.url, config={"batch": {"size": 1}}, resume=True)
    assert (report.status, report.delivered) == ("complete", 100)
    assert sorted(row["id"] for row in server.store.rows()) == list(range(100))


def test_a_program_whose_folder_was_deleted_loads_into_others(here, sink, monkeypatch):
    (here / "rows.jsonl").write_text(rows(10))
    (here / "gone").mkdir()
    monkeypatch.chdir(here / "gone")
    (here / "gone").rmdir()
    config: dict[str, Any] = {"checkpoint": {"dir": here / "runs"}, "dlq": {"path": here / "dead.jsonl"}}
    report = loader.load(here / "rows.jsonl", to=sink(refuse=(Rule("id", "7"),)).url, config=config)
    assert (report.delivered, report.rejected, report.dlq) == (9, 1, str(here / "dead.jsonl"))
    with pytest.raises(UsageError, match=r"runs are kept in the folder that checkpoint\.dir names"):
        loader.load(here / "rows.jsonl", to=sink().url)


def test_the_command_sends_whoever_resumes_given_rows_to_their_program(here, sink):
    stop = StopToken()
    stop.request_stop()
    run = loader.load([{"id": 1}], to=sink().url, stop=stop).run_id
    resumed = Loader(here)("resume", run)
    assert resumed.code == 2
    assert f"the rows of {run} were given by a program, which goes on with it" in resumed.err


def test_rows_of_a_program_are_chosen_and_mapped_like_those_of_a_file(here, sink):
    server = sink()
    config = {
        "input": {"where": "n >= 3 and user.name != 'b'", "skip": 1, "limit": 4},
        "mapping": {"fields": {"user.name": "name"}, "only": ["n"], "set": {"id": "uuid()"}, "constants": {"c": 1}},
    }
    given = ({"n": i, "user": {"name": "ab"[i % 2]}} for i in range(100))
    report = loader.load(given, to=server.url, config=config)
    assert (report.read, report.skipped_because) == (4, {"skip": 1, "where": 6})
    found = [{name: value for name, value in row.items() if name != "id"} for row in server.store.rows()]
    assert found == [{"n": n, "name": "a", "c": 1} for n in (4, 6, 8, 10)]
    assert len({row["id"] for row in server.store.rows()}) == 4
