"""`loader push`, `replay` and what they leave behind, by real processes."""

from __future__ import annotations

import gzip
import json
import os
import signal
import socket
import stat
import subprocess
import threading

import pytest

from loader.sink import Outage, Rule, StatusShare
from tests.cli.conftest import rows
from tests.command import law

SAFE = {"id": 1}


def ids(sink) -> list[int]:
    return sorted(row["id"] for row in sink.store.rows())


def test_all_rows_arrive_and_the_report_says_so(loader, sink):
    target = sink()
    loader.write("a.jsonl", rows(1000))
    done = loader("push", "a.jsonl", "--to", target.url)
    assert done.code == 0
    assert ids(target) == list(range(1000))
    assert done.report["status"] == "complete"
    assert (done.report["read"], done.report["delivered"], done.report["untouched"]) == (1000, 1000, 0)
    assert done.report["dlq"] is None
    assert "read 1,000 = delivered 1,000 + rejected 0 + unknown 0" in done.err
    assert done.out == ""


def test_report_has_the_fields_of_the_law_first(loader, sink):
    loader.write("a.jsonl", rows(1))
    report = loader("push", "a.jsonl", "--to", sink().url).report
    fields = "run_id status read delivered rejected unknown untouched handed_back_in_doubt elapsed_seconds"
    fields += " rows_per_second by_type samples dlq exit_code"
    assert list(report)[:14] == fields.split()


def test_the_run_folder_holds_checkpoint_report_and_log_for_this_user_alone(loader, sink):
    loader.write("a.jsonl", rows(3) + "broken\n")
    os.umask(0)
    try:
        done = loader("push", "a.jsonl", "--to", sink().url)
    finally:
        os.umask(0o022)
    folder = loader.folder / ".loader" / "runs" / done.report["run_id"]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    names = {path.name for path in folder.iterdir()}
    assert {"checkpoint", "report.json", "run.log", "dlq.jsonl"} <= names
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    events = [json.loads(line)["event"] for line in (folder / "run.log").read_text().splitlines()]
    assert events[0] == "run_started"
    assert events[-1] == "run_ended"


def test_unreadable_rows_are_kept_with_place_and_bytes_while_those_around_go_on(loader, sink):
    target = sink()
    content = b'{"id": 1}\n\n{"id": \n[2]\n{"id": "\xff"}\n{"id": 5, "x": "\\ud800"}\n{"id": 6}'
    loader.write("a.jsonl", content)
    done = loader("push", "a.jsonl", "--to", target.url, "--dlq", "dead.jsonl")
    assert done.code == 1
    assert ids(target) == [1, 6]
    law(done.report)
    assert done.report["read"] == 6
    found = [(each["line"], each["error_type"]) for each in loader.letters()]
    assert found == [(3, "bad_json"), (4, "not_an_object"), (5, "bad_encoding"), (6, "lone_surrogate")]
    assert all(each["row"] is None and each["class"] == "data" for each in loader.letters())
    assert loader.letters()[2]["raw_base64"]
    assert "a.jsonl:3" in done.err
    assert "next: mend `raw` in the letters of dead.jsonl" in done.err


def test_csv_in_all_its_forms_becomes_json(loader, sink):
    target = sink()
    text = '\ufeffid,name,note\r\n1,"a, b",\r\n2,"two\r\nlines","say ""hi"""\r\n3,short\r\n4,d,é'
    loader.write("a.csv", text)
    done = loader("push", "a.csv", "--to", target.url, "--dlq", "dead.jsonl")
    assert done.code == 1
    assert list(target.store.rows()) == [
        {"id": "1", "name": "a, b", "note": ""},
        {"id": "2", "name": "two\r\nlines", "note": 'say "hi"'},
        {"id": "4", "name": "d", "note": "é"},
    ]
    assert [(each["line"], each["error_type"]) for each in loader.letters()] == [(5, "wrong_field_count")]


def test_tsv_without_header_with_columns_and_types(loader, sink):
    target = sink()
    loader.write("a.tsv", "1\ttrue\n2\tmaybe\n")
    loader.write("loader.toml", '[mapping]\ntypes = {id = "integer", ok = "boolean"}\n')
    done = loader("push", "a.tsv", "--no-header", "--columns", "id,ok", "--to", target.url, "--dlq", "dead.jsonl")
    assert done.code == 1
    assert list(target.store.rows()) == [{"id": 1, "ok": True}]
    (letter,) = loader.letters()
    assert (letter["error_type"], letter["class"], letter["columns"][0]["column"]) == ("bad_value", "data", "ok")
    assert letter["row"] == {"id": "2", "ok": "maybe"}


def test_several_files_globs_and_compressed_ones(loader, sink):
    target = sink()
    loader.write("part-1.jsonl", rows(10))
    loader.write("part-2.jsonl.gz", gzip.compress(rows(10, 10).encode()))
    done = loader("push", "part-*", "--to", target.url)
    assert done.code == 0
    assert ids(target) == list(range(20))
    assert done.report["untouched"] is None  # a compressed file is a stream


def test_standard_input(loader, sink):
    target = sink()
    done = loader("push", "-", "--to", target.url, stdin=rows(50).encode())
    assert done.code == 0
    assert ids(target) == list(range(50))


def test_an_empty_file_is_a_success(loader, sink):
    loader.write("a.jsonl", "")
    done = loader("push", "a.jsonl", "--to", sink().url)
    assert (done.code, done.report["read"], done.report["untouched"]) == (0, 0, 0)


def test_refused_rows_are_isolated_and_a_replay_delivers_them(loader, sink):
    target = sink(refuse=(Rule.parse("name=row 7"),))
    loader.write("a.jsonl", rows(100))
    done = loader("push", "a.jsonl", "--to", target.url, "--dlq", "dead.jsonl")
    assert done.code == 1
    assert (done.report["delivered"], done.report["rejected"]) == (99, 1)
    assert done.report["by_type"] == {"http_422": 1}
    (letter,) = loader.letters()
    assert (letter["row"], letter["class"], letter["status"]) == ({"id": 7, "name": "row 7"}, "refused", 422)
    again = loader("replay", "dead.jsonl", "--to", sink().url)
    assert again.code == 0
    assert again.report["delivered"] == 1
    settled = loader("replay", "dead.jsonl", "--to", sink().url)
    assert (settled.code, settled.report["read"], settled.report["skipped"]) == (0, 0, 1)
    third = loader("replay", "dead.jsonl", "--to", sink().url, "--all")
    assert third.report["delivered"] == 1
    assert loader.letters() == [letter]  # a replay never writes to its input


def test_a_replay_without_to_goes_to_the_target_of_each_letter(loader, sink):
    target = sink(outages=(Outage.parse("after=0,requests=1,answer=500"),))
    loader.write("loader.toml", "[retry]\nmax_retries = 0\n[batch]\nsize = 1\n")
    loader.write("a.jsonl", rows(1))
    assert loader("push", "a.jsonl", "--to", target.url, "--dlq", "dead.jsonl").code == 1
    done = loader("replay", "dead.jsonl")
    assert done.code == 0
    assert ids(target) == [0]


def test_what_fails_again_in_a_replay_goes_to_a_new_file_beside_the_input(loader, sink):
    target = sink(refuse=(Rule.parse("name~row"),))
    loader.write("a.jsonl", rows(2))
    loader("push", "a.jsonl", "--to", target.url, "--dlq", "dead.jsonl")
    done = loader("replay", "dead.jsonl", "--to", target.url, "--dlq", "dead.jsonl")
    assert done.code == 1
    assert done.report["dlq"] == f"dead.{done.report['run_id']}.jsonl"
    first, again = (
        sorted(loader.letters(name), key=lambda each: each["line"]) for name in ("dead.jsonl", done.report["dlq"])
    )
    kept = ("source", "line", "offset", "row", "idempotency_key")
    assert [[each[name] for name in kept] for each in first] == [[each[name] for name in kept] for each in again]


def test_one_row_requests_keep_their_key_through_a_replay(loader, sink):
    target = sink(refuse=(Rule.parse("name=row 0"),))
    loader.write("loader.toml", "[batch]\nsize = 1\n")
    loader.write("a.jsonl", rows(1))
    loader("push", "a.jsonl", "--to", target.url, "--dlq", "dead.jsonl")
    loader("replay", "dead.jsonl", "--to", target.url)
    keys = {request.key for request in target.store.requests()}
    assert keys == {loader.letters()[0]["idempotency_key"]}


def test_bad_rows_are_held_against_all_rows_read_not_against_those_delivered_so_far(loader, sink):
    """They are settled before their neighbours are sent."""
    loader.write("a.jsonl", "".join(rows(3, start) + "broken\n" for start in range(0, 4500, 3)))
    target = sink()
    done = loader("push", "a.jsonl", "--to", target.url)
    assert (done.code, done.report["delivered"], done.report["rejected"]) == (1, 4500, 1500)
    loader.write("b.jsonl", "".join(rows(1, start) + "broken\n" * 2 for start in range(1500)))
    assert loader("push", "b.jsonl", "--to", target.url).code == 3


def wait_for_request(target, count: int) -> None:
    """Until the sink has seen so many requests."""
    seen = threading.Event()
    while len(target.store.requests()) < count and not seen.wait(0.02):
        pass


def test_a_second_signal_ends_at_once_with_a_whole_queue(loader):
    with socket.create_server(("127.0.0.1", 0)) as server:  # accepts and never answers
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        loader.write("a.jsonl", "broken\n" + rows(10))
        with loader.start("push", "a.jsonl", "--to", url, "--dlq", "dead.jsonl") as process:
            connection, _ = server.accept()
            with connection:
                connection.recv(10)
                process.send_signal(signal.SIGINT)
                line = b""
                while b"stopping" not in line:
                    line = process.stderr.readline()
                process.send_signal(signal.SIGINT)
                process.communicate(timeout=4)
    assert process.returncode == 130
    assert [each["error_type"] for each in loader.letters()] == ["bad_json"]


def test_dry_run_sends_nothing_and_shows_three_requests(loader, sink):
    target = sink()
    loader.write("a.jsonl", rows(100) + "broken\n")
    done = loader("push", "a.jsonl", "--to", target.url, "--dry-run")
    assert done.code == 1
    assert target.store.requests() == []
    report = done.report
    assert report["dry_run"] is True
    assert (report["read"], report["would_deliver"], report["rejected"], report["delivered"]) == (101, 100, 1, 0)
    assert f"POST {target.url}" in done.out
    assert not (loader.folder / ".loader").exists()


def test_a_full_disk_stops_the_run_and_counts_nothing_as_safe(loader, sink):
    loader.write("a.jsonl", "broken\n" * 100 + rows(10))
    done = loader("push", "a.jsonl", "--to", sink().url, "--dlq", "/dev/full")
    assert done.code == 3
    assert done.report["rejected"] == 0
    assert "No space left" in done.err


def test_a_quiet_run_that_goes_well_says_nothing(loader, sink):
    loader.write("a.jsonl", rows(3))
    done = loader("push", "-q", "a.jsonl", "--to", sink().url)
    assert (done.code, done.out, done.err) == (0, "", "")


def test_secrets_appear_nowhere(loader, sink):
    target = sink(statuses=(StatusShare(401, 1.0),))
    host = target.url.removeprefix("http://")
    loader.write("a.jsonl", rows(3) + "broken\n")
    canaries = ("canary-password", "canary-token")
    done = loader(
        "push", "a.jsonl", "--to", f"http://user:{canaries[0]}@{host}?token={canaries[1]}", "--dlq", "dead.jsonl"
    )
    assert done.code == 3
    texts = [done.out, done.err, *(p.read_text() for p in loader.folder.rglob("*") if p.is_file())]
    assert not [canary for canary in canaries for text in texts if canary in text]


def test_escape_codes_from_rows_and_answers_stay_harmless(loader, sink):
    loader.write("a\x1b[31m.jsonl", '{"id": \x1b[2J[red]}\n')
    done = loader("push", "a\x1b[31m.jsonl", "--to", sink().url)
    assert done.code == 1
    assert "\x1b" not in done.err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("push", "missing.jsonl", "--to", "http://127.0.0.1:1/"), "missing.jsonl"),
        (("push", ".", "--to", "http://127.0.0.1:1/"), "directory"),
        (("push", "*.nothing", "--to", "http://127.0.0.1:1/"), "no file"),
        (("push", "a.jsonl"), "--to"),
        (("push", "a.jsonl", "--to", "127.0.0.1/x"), "https://host/path"),
        (("push", "a.jsonl", "--to", "http://127.0.0.1:1/", "--dlq", "no/such/folder/d"), "folder"),
        (("push", "a.jsonl", "--to", "http://127.0.0.1:1/", "--workers", "many"), "--workers"),
        (("push", "a.jsonl", "--to", "http://127.0.0.1:1/", "--max-memory", "lots"), "--max-memory"),
        (("push", "a.jsonl", "--to", "http://127.0.0.1:1/", "-c", "none.toml"), "none.toml"),
        (("push", "a.jsonl", "--to", "http://127.0.0.1:1/", "--nonsense"), "nonsense"),
        (("replay", "missing", "--to", "http://127.0.0.1:1/"), "missing"),
        (("nonsense",), "nonsense"),
    ],
)
def test_misuse_is_one_sentence_and_exit_code_2(loader, arguments, sentence):
    loader.write("a.jsonl", rows(1))
    done = loader(*arguments)
    assert done.code == 2
    assert sentence in done.err
    assert "Traceback" not in done.err
    assert done.report is None


def test_every_problem_of_a_config_is_told_at_once(loader):
    loader.write("a.jsonl", rows(1))
    loader.write("loader.toml", '[retry]\nmax_retrys = 3\n[batch]\nsize = "many"\n')
    done = loader("push", "a.jsonl", "--to", "http://127.0.0.1:1/")
    assert done.code == 2
    assert "max_retries" in done.err
    assert "loader.toml:4" in done.err


def test_two_runs_never_share_a_queue(loader, sink):
    target = sink(outages=(Outage.parse("after=0,answer=503"),))
    loader.write("a.jsonl", "broken\n" + rows(1))
    loader.write("loader.toml", "[checkpoint]\nevery = 0.05\n")
    with loader.start("push", "a.jsonl", "--to", target.url, "--dlq", "dead.jsonl", stderr=subprocess.DEVNULL) as first:
        dead = loader.folder / "dead.jsonl"
        waiting = threading.Event()
        while not (dead.exists() and dead.stat().st_size) and not waiting.wait(0.02):
            pass
        done = loader("push", "a.jsonl", "--to", target.url, "--dlq", "dead.jsonl")
        first.kill()
    assert done.code == 2
    assert "another process" in done.err


def test_dlq_commands_count_show_and_give_back_rows(loader, sink):
    loader.write("a.jsonl", "broken\n" + rows(2))
    target = sink(refuse=(Rule.parse("name=row 1"),))
    loader("push", "a.jsonl", "--to", target.url, "--dlq", "dead.jsonl")
    stats = json.loads(loader("dlq", "stats", "dead.jsonl").out)
    assert (stats["letters"], stats["by_type"]) == (2, {"bad_json": 1, "http_422": 1})
    assert "a.jsonl:1  bad_json" in loader("dlq", "show", "dead.jsonl").out
    export = loader("dlq", "export", "dead.jsonl", "--class", "refused").out
    assert json.loads(export) == {"id": 1, "name": "row 1"}


def test_check_prints_the_plan_and_whether_the_target_answers(loader, sink):
    loader.write("a.jsonl", rows(5))
    target = sink()
    done = loader("check", "a.jsonl", "--to", target.url)
    assert done.code == 0
    assert "input a.jsonl: jsonl" in done.out
    assert f"POST {target.url}" in done.out
    assert target.store.requests() == []


def test_a_target_that_is_not_used_need_not_be_complete_and_a_check_says_which_is_not(loader, sink):
    loader.env.pop("ES_KEY", None)
    loader.write("a.jsonl", rows(2))
    loader.configure(
        f'[target.here]\nurl = "{sink().url}"\n[target.es]\nurl = "http://es/"\nauth.bearer = "${{ES_KEY}}"\n'
    )
    assert loader("push", "a.jsonl", "--to", "here").code == 0
    used = loader("push", "a.jsonl", "--to", "es")
    assert used.code == 2
    assert "target.es.auth.bearer: the environment variable ES_KEY is not set" in used.err
    every = loader("check", "a.jsonl")
    assert every.code == 3
    assert "target es: incomplete, and not tried\n  loader.toml:11: target.es.auth.bearer: the env" in every.out
    assert '"row 1"' in every.out
    assert loader("check", "--to", "here").code == 0
    assert loader("check", "--to", "es").code == 2


def test_a_small_load_raises_no_alert_about_shares(loader, sink):
    loader.write("a.jsonl", rows(20) + "no row\n" * 20)
    done = loader("push", "a.jsonl", "--to", sink(refuse=(Rule.parse("name=row 7"),)).url)
    assert (done.code, done.report["worst_minute"]) == (1, None)
    assert "last minute" not in done.err
    assert "of a minute" not in done.err


def test_a_larger_load_says_once_which_rows_failed_of_which(loader, sink):
    loader.write("a.jsonl", rows(300) + "no row\n" * 100)
    done = loader("push", "a.jsonl", "--to", sink().url)
    assert done.err.count("warning:") == 1
    assert "warning: 100 of the 400 rows read in the last minute cannot be read or mapped (25.0%)" in done.err


def test_a_share_that_stops_a_run_is_said_over_the_rows_it_was_judged_by(loader, sink):
    loader.write("a.jsonl", rows(100) + "no row\n" * 40)
    loader.configure("[errors]\nmin_rows = 50\nmax_error_ratio = 0.2\n[batch]\nsize = 10\n")
    done = loader("push", "a.jsonl", "--to", sink().url)
    assert done.code == 3
    assert "of the 140 rows read so far failed (" in done.report["reason"]


def test_a_warning_is_printed_once(loader, sink):
    loader.write("a.jsonl", rows(100) + "no row\n" * 40)
    loader.configure("[errors]\nmax_errors = 30\n[batch]\nsize = 10\n")
    target = sink()
    assert loader("push", "a.jsonl", "--to", target.url).code == 3
    done = loader("push", "a.jsonl", "--to", target.url)
    (warning,) = done.report["warnings"]
    assert "unfinished run" in warning
    assert done.err.count(warning) == 1
    quiet = loader("push", "a.jsonl", "--to", target.url, "-q")
    assert quiet.err.count("unfinished run") == 1


def test_of_a_file_too_large_to_be_counted_in_time_it_is_said_how_many_rows_are_left_about(loader):
    line = '{"id": 1, "name": "each row is as long as all others"}\n'
    loader.write("a.jsonl", line * 400_000)
    loader.configure("[timeouts]\nwrite = 0.001\n")
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/"
    done = loader("push", "a.jsonl", "--to", url)
    assert (done.code, done.report["untouched"]) == (3, None)
    assert done.report["untouched_about"] == pytest.approx(400_000, rel=0.2)
    assert "untouched: about " in done.err


def test_a_folder_that_cannot_be_written_names_the_key_that_helps(loader, sink):
    loader.write("a.jsonl", rows(1))
    loader.write(".loader", "in the way")
    done = loader("push", "a.jsonl", "--to", sink().url)
    assert done.code == 2
    assert done.err.startswith("Error: .loader")
    assert "checkpoint.dir names: name one that can be written" in done.err
