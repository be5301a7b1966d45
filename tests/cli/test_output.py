"""Standard output and standard error that are full, closed, gone or no UTF-8, of the real process."""

from __future__ import annotations

import json
import os
import pty
import shlex
import subprocess
import sys

import pytest

from tests.cli.conftest import rows

ROWS = '{"id": 1, "name": "é 日本"}\n{"id": 2, "name": "plain"}\nno row: é 日本\n'
LATIN = {"PYTHONIOENCODING": "iso-8859-1", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C"}
ASCII = {**LATIN, "PYTHONIOENCODING": "ascii"}
LOCALES = pytest.mark.parametrize("locale", [LATIN, ASCII], ids=["latin-1", "ascii"])


@pytest.fixture
def shell(loader):
    """Runs the command with the redirections of a shell: code, what came out, what was said."""

    def run(arguments: str, redirections: str = ""):
        command = f"{shlex.quote(sys.executable)} -m loader {arguments} {redirections}"
        return subprocess.run(
            command, shell=True, cwd=loader.folder, env=loader.env, capture_output=True, timeout=60, check=False
        )

    return run


@pytest.fixture
def queue(loader):
    loader.write("rows.jsonl", ROWS)
    loader.write("dead.jsonl", letters("no row: é 日本"))
    return "dead.jsonl"


def letters(raw: str, count: int = 1) -> str:
    """A queue of rows that could not be read."""
    error = {"timestamp": "2026-11-24T10:15:00+00:00", "error": "no JSON", "error_type": "bad_json", "row": None}
    letter = error | {"class": "data", "source": "rows.jsonl", "line": 3, "format": "jsonl", "raw": raw}
    return (json.dumps(letter) + "\n") * count


def on_a_terminal(loader, *arguments: str) -> bytes:
    """What the command writes to standard output where that is a terminal."""
    ours, theirs = pty.openpty()
    with loader.start(*arguments, stdout=theirs) as process:
        os.close(theirs)
        shown = b""
        while piece := _read(ours):
            shown += piece
        process.communicate(timeout=60)
    os.close(ours)
    assert process.returncode == 0
    return shown


def _read(fd: int) -> bytes:
    try:
        return os.read(fd, 65536)
    except OSError:  # EIO: the other end is closed
        return b""


# -- locales


@LOCALES
@pytest.mark.parametrize("command", ["dlq show", "dlq export", "dlq stats"])
def test_data_of_a_queue_is_utf8_whatever_the_locale(loader, shell, queue, locale, command):
    usual = shell(f"{command} {queue}")
    loader.env |= locale
    done = shell(f"{command} {queue}")
    assert (done.returncode, done.stdout) == (0, usual.stdout)
    assert b"\xe6\x97\xa5" in done.stdout or command == "dlq stats"


@LOCALES
def test_a_check_and_a_dry_run_show_requests_in_utf8_whatever_the_locale(loader, shell, sink, locale):
    loader.write("rows.jsonl", ROWS)
    loader.env |= locale
    for command in ("check rows.jsonl", "push rows.jsonl --dry-run"):
        done = shell(f"{command} --to {sink().url}")
        assert done.returncode in (0, 1), done.stderr
        assert '"é 日本"'.encode() in done.stdout
        assert b"Traceback" not in done.stderr


def test_a_terminal_gets_its_own_encoding_and_escapes_for_what_it_cannot_show(loader, queue):
    loader.env |= LATIN
    assert "no row: é \\u65e5\\u672c".encode("latin-1") in on_a_terminal(loader, "dlq", "show", queue)
    loader.env |= ASCII
    assert b"no row: \\xe9 \\u65e5\\u672c" in on_a_terminal(loader, "dlq", "show", queue)


@LOCALES
def test_what_is_said_of_a_load_is_escaped_where_it_cannot_be_shown(loader, sink, locale):
    loader.env |= locale
    loader.write("rows.jsonl", ROWS)
    with loader.start("push", "rows.jsonl", "--to", sink().url) as process:
        _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert b"rows.jsonl:3" in said
    assert not any(byte > 127 for byte in said) or locale is LATIN
    assert b"\\u65e5" in said


# -- full, closed, gone

DATA = ["dlq show dead.jsonl", "dlq stats dead.jsonl", "dlq export dead.jsonl", "check rows.jsonl", "--help"]


@pytest.mark.parametrize("command", DATA)
@pytest.mark.parametrize(
    ("redirection", "reason"), [(">/dev/full", "No space left on device"), (">&-", "it is closed")], ids=str
)
def test_standard_output_that_takes_nothing_is_a_sentence_and_exit_code_3(shell, queue, command, redirection, reason):
    done = shell(command, redirection)
    assert done.returncode == 3
    assert done.stderr.decode() == f"Error: standard output cannot be written: {reason}\n"


def test_a_dry_run_whose_requests_cannot_be_written_looks_at_all_rows_and_ends_with_3(loader, shell):
    loader.write("rows.jsonl", rows(5000))
    done = shell("push rows.jsonl --to http://127.0.0.1:9/ --dry-run --report-json report.json", ">/dev/full")
    assert done.returncode == 3
    report = json.loads((loader.folder / "report.json").read_bytes())
    assert (report["would_deliver"], report["exit_code"]) == (5000, 3)
    assert report["reason"] == "standard output cannot be written: No space left on device"


@pytest.mark.parametrize("command", ["export", "show"])
def test_a_reader_that_goes_away_ends_a_command_quietly(loader, command):
    """The queue is larger than any pipe."""
    loader.write("dead.jsonl", letters("no row", 5000))
    with loader.start("dlq", command, "dead.jsonl", *(["--limit", "0"] if command == "show" else [])) as process:
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


@pytest.mark.parametrize("redirection", ["2>/dev/full", "2>&-", "<&- >&- 2>&-"])
def test_a_load_goes_on_where_nothing_can_be_said(loader, shell, sink, redirection):
    target = sink()
    loader.write("rows.jsonl", rows(500) + "no row\n")
    done = shell(f"push rows.jsonl --to {target.url} --dlq dead.jsonl --report-json report.json", redirection)
    assert done.returncode == 1
    assert target.store.count() == 500
    report = json.loads((loader.folder / "report.json").read_bytes())
    assert (report["delivered"], report["rejected"]) == (500, 1)
    assert len(loader.letters()) == 1


@pytest.mark.parametrize("redirection", ["2>/dev/full", "2>&-"])
def test_the_exit_code_of_a_refusal_holds_where_nothing_can_be_said(shell, redirection):
    assert shell("push nothing.jsonl --to http://127.0.0.1:9/", redirection).returncode == 2


def test_standard_input_that_is_closed_is_no_empty_input(shell, sink):
    done = shell(f"push - --to {sink().url}", "<&-")
    assert done.returncode in (2, 3)
    assert b"-: cannot be read" in done.stderr


def test_a_pipe_that_does_not_block_loses_nothing(loader):
    """As ssh makes them: what is written waits for the reader all the same."""
    loader.write("dead.jsonl", letters("no row at all", 20_000))
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with loader.start("dlq", "export", "dead.jsonl", stdout=writer) as process:
        os.close(writer)
        with open(reader, "rb") as stream:
            assert stream.read() == b"no row at all\n" * 20_000
    assert process.returncode == 0


@pytest.mark.parametrize(("file", "redirection"), [("-", "<&-"), ("absent.cql", ""), (".", "")])
def test_statements_that_cannot_be_read_are_a_sentence(shell, file, redirection):
    done = shell(f"local cql {file}", redirection)
    assert done.returncode == 2
    assert done.stderr.decode().startswith(f"Error: {file}: cannot be read: ")
