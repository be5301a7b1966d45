from __future__ import annotations

import errno
import io
import re
import subprocess
import sys
from dataclasses import replace

import pytest

from loader.events import BreakerOpened, RowsFailed, RunStarted, Warned
from loader.report.phrases import clock_time, counts, size, span, time_left
from loader.report.screen import LiveScreen, PlainScreen, SilentScreen, is_terminal
from loader.report.snapshot import TargetState
from tests.report.examples import CALM, EVIL, HALFWAY, Gone, Terminal, Turned

AT = 1767323045.0
OPEN = TargetState("api", "open", 252.0, AT, 0.0, 0, 100)
THROTTLED = TargetState("api", "closed", None, None, 61.0, 0, 1)
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@pytest.fixture(autouse=True)
def terminal(monkeypatch):
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setenv("LINES", "50")


@pytest.fixture
def clock():
    return Turned()


@pytest.fixture
def out():
    return Terminal()


@pytest.fixture
def plain(out, clock):
    return PlainScreen(out, clock)


@pytest.fixture
def live(out, clock):
    screen = LiveScreen(out, clock)
    yield screen
    screen.close()


def run(screen, clock, snapshots):
    for snapshot in snapshots:
        clock.time += 0.25
        screen.update(snapshot)


def later(seconds, *, settled=True, targets=(CALM,)):
    """Four snapshots a second."""
    for i in range(seconds * 4):
        rows = HALFWAY.delivered + (i * 250 if settled else 0)
        done = HALFWAY.bytes_done + (i * 2**18 if settled else 0)
        yield replace(HALFWAY, elapsed=10 + i / 4, delivered=rows, bytes_done=done, targets=targets)


# -- plain lines


def test_a_line_comes_at_most_every_ten_seconds(plain, out, clock):
    run(plain, clock, later(35))
    lines = out.getvalue().splitlines()
    assert len(lines) == 3
    assert (
        lines[0] == "60%  0:40 left  1,000 rows/s  delivered 22,095  rejected 6  retrying 7  pending 1,000  in flight 3"
    )


def test_an_outage_is_told_every_minute_with_the_next_probe(plain, out, clock):
    run(plain, clock, later(600, settled=False, targets=(OPEN,)))
    lines = out.getvalue().splitlines()
    assert len(lines) <= 11
    assert lines[-1].endswith(f"; api: breaker open, next probe at {clock_time(AT)} (in 4:12)")


def test_plain_lines_hold_no_escape_codes(plain, out, clock):
    plain.tell(RunStarted("r1", (EVIL,), EVIL))
    plain.tell(Warned(EVIL))
    run(plain, clock, later(20, targets=(replace(OPEN, name=EVIL),)))
    plain.close()
    assert all(line.isprintable() for line in out.getvalue().splitlines())


def test_the_start_is_told_at_once(plain, out):
    plain.tell(RunStarted("r1", ("a.jsonl",), "https://api/rows"))
    assert out.getvalue() == "run r1: loading a.jsonl into https://api/rows\n"


def test_failed_rows_are_not_told_one_by_one(plain, out):
    plain.tell(RowsFailed("bad_json", []))
    assert out.getvalue() == ""


# -- the live screen


def shown(out):
    return ESCAPE.sub("", out.getvalue())


def test_the_live_screen_shows_how_far_how_fast_and_what_became_of_the_rows(live, out, clock):
    run(live, clock, later(5))
    text = shown(out)
    for part in ("55%", "MiB of 100.0 MiB", "left", "1,000 rows/s", "delivered 17,095", "rejected 6", "retrying 7"):
        assert part in text
    assert "unknown" not in text
    assert "breaker" not in text


def test_the_live_screen_shows_the_breaker_and_its_next_probe(live, out, clock):
    run(live, clock, [replace(HALFWAY, targets=(CALM, OPEN))])
    assert f"api: breaker open, next probe at {clock_time(AT)} (in 4:12)" in shown(out)


def test_the_live_screen_counts_a_throttle_down(live, out, clock):
    run(live, clock, [replace(HALFWAY, targets=(THROTTLED,))])
    assert "api: throttled, goes on in 1:01" in shown(out)


def test_a_probing_and_throttled_target_is_both(live, out, clock):
    run(live, clock, [replace(HALFWAY, targets=(replace(THROTTLED, breaker="half-open"),))])
    assert "api: breaker half-open, probing; throttled, goes on in 1:01" in shown(out)


def test_the_live_screen_of_a_stream_has_no_percentage(live, out, clock):
    run(live, clock, [replace(HALFWAY, bytes_total=None)])
    assert "50.0 MiB" in shown(out)
    assert "%" not in shown(out)


def test_nothing_foreign_is_markup_or_an_escape_code_on_the_live_screen(live, out, clock):
    live.tell(Warned(EVIL))
    run(live, clock, [replace(HALFWAY, targets=(replace(OPEN, name="[bold]\x1b[31mx\x9b"),))])
    live.tell(Warned(EVIL))
    text = out.getvalue()
    assert "\\x1b[31mred\\x1b[0m\\x9b2J\\x07\\r\\nnew [bold]line[/bold] :smile: \\u202ereversed" in text
    assert "[bold]\\x1b[31mx\\x9b: breaker open" in text
    assert "\x1b[31m" not in text
    assert not set(text) & {"\x9b", "\x07", "\x00", "\u202e"}


def test_a_live_screen_that_never_showed_anything_leaves_the_terminal_as_it_was(out, clock):
    """A run that ends before it begins, with exit code 2, must not leave the cursor hidden."""
    screen = LiveScreen(out, clock)
    screen.close()
    assert out.getvalue() == ""


def test_the_cursor_is_back_after_the_live_screen(out, clock):
    screen = LiveScreen(out, clock)
    screen.update(HALFWAY)
    screen.close()
    screen.close()
    assert out.getvalue().rindex("\x1b[?25h") > out.getvalue().rindex("\x1b[?25l")


def test_data_on_stdout_stays_there_while_the_live_screen_is_up(live, clock, capsys):
    """It was led to the screen even where stdout was a pipe."""
    run(live, clock, [HALFWAY])
    print("data")
    live.close()
    assert capsys.readouterr().out == "data\n"


# -- all screens


@pytest.mark.parametrize("error", [BrokenPipeError(errno.EPIPE, "gone"), OSError(errno.EIO, "hung up")], ids=str)
@pytest.mark.parametrize("writes", [0, 3])
@pytest.mark.parametrize("kind", [PlainScreen, LiveScreen])
def test_a_load_outlives_its_terminal(kind, error, writes, clock):
    screen = kind(Gone(error, writes), clock)
    screen.tell(Warned("before"))
    run(screen, clock, later(20))
    screen.tell(BreakerOpened("api", 1, 1.0, AT, "reset", "closed"))
    screen.close()


@pytest.mark.parametrize("kind", [PlainScreen, LiveScreen])
def test_a_process_without_stderr_is_no_defect(kind, clock):
    screen = kind(None, clock)
    run(screen, clock, later(20))
    screen.close()


@pytest.mark.parametrize("kind", [PlainScreen, LiveScreen])
def test_screens_mask_secrets(kind, out, clock):
    screen = kind(out, clock, lambda text: text.replace("hunter2", "***"))
    screen.tell(Warned("the password is hunter2"))
    screen.close()
    assert "the password is ***" in out.getvalue()


def test_the_silent_screen_is_silent(capfd):
    screen = SilentScreen()
    screen.update(HALFWAY)
    screen.tell(Warned("x"))
    screen.close()
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("environment", "welcome"),
    [({}, True), ({"TERM": "dumb"}, False), ({"NO_COLOR": "1"}, True), ({"NO_COLOR": ""}, True)],
    ids=str,
)
def test_moving_lines_are_for_terminals_that_want_them(environment, welcome, monkeypatch, out):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert is_terminal(out) is welcome


@pytest.mark.parametrize(("encoding", "welcome"), [("utf-8", True), ("UTF-8", True), ("iso8859-1", False)])
def test_a_terminal_on_which_characters_are_escaped_gets_plain_lines(encoding, welcome):
    class Encoded(io.TextIOWrapper):
        def isatty(self):
            return True

    assert is_terminal(Encoded(io.BytesIO(), encoding)) is welcome


def test_neither_a_file_nor_nothing_is_a_terminal(tmp_path):
    with (tmp_path / "log").open("w") as file:
        assert not is_terminal(file)
    assert not is_terminal(None)


def test_plain_screens_do_not_wait_for_the_import_of_rich():
    code = "import sys, loader.report.screen, loader.report.breakdown; sys.exit('rich' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# -- words


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (1536, "1.5 KiB"),
        (2**20, "1.0 MiB"),
        (2**30, "1.0 GiB"),
        (5 * 2**50, "5,120.0 TiB"),
    ],
)
def test_sizes(count, text):
    assert size(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (0.4, "0:00"), (59.6, "1:00"), (3599, "59:59"), (3661, "1:01:01")]
)
def test_spans(seconds, text):
    assert span(seconds) == text


def test_time_left_is_told_only_where_it_can_be_known():
    assert time_left(HALFWAY, 2**20) == "0:50 left"
    assert time_left(HALFWAY, 0) is None
    assert time_left(replace(HALFWAY, bytes_total=None), 2**20) is None
    assert time_left(replace(HALFWAY, bytes_done=100 * 2**20), 2**20) is None


def test_unknown_rows_are_worth_a_word():
    assert "unknown 3" in counts(replace(HALFWAY, unknown=3))


# -- what was told


@pytest.mark.parametrize("kind", [PlainScreen, LiveScreen])
def test_a_screen_knows_which_warnings_it_told_masked(kind, out, clock):
    screen = kind(out, clock, lambda text: text.replace("hunter2", "***"))
    for number in range(30):
        screen.tell(Warned(f"hunter2 {number}"))
    screen.close()
    shown = [f"*** {number}" for number in range(30) if f"warning: *** {number}\n" in out.getvalue().replace("\r", "")]
    assert list(screen.told) == shown
    assert 0 < len(shown) < 30


def test_a_silent_screen_told_nothing():
    screen = SilentScreen()
    screen.tell(Warned("x"))
    assert screen.told is None


# -- without colours, without room


def test_no_color_takes_the_colours_and_leaves_the_moving_lines(monkeypatch, out, clock):
    monkeypatch.setenv("NO_COLOR", "1")
    screen = LiveScreen(out, clock)
    run(screen, clock, [replace(HALFWAY, targets=(OPEN,))])
    screen.close()
    assert "50%" in shown(out)
    codes = re.findall(r"\x1b\[([0-9;]*)m", out.getvalue())
    colours = [code for code in codes if re.search(r"\b([34]\d|38|48)\b", code)]
    assert colours == []


@pytest.mark.parametrize("columns", [20, 40, 79, 80, 120])
def test_every_moving_line_fits_the_terminal(columns, monkeypatch, out, clock):
    """A line that wraps would be left behind when the region is redrawn."""
    monkeypatch.setenv("COLUMNS", str(columns))
    screen = LiveScreen(out, clock)
    run(screen, clock, later(3, targets=(OPEN, THROTTLED)))
    lines = [line for line in re.split(r"[\r\n]+", shown(out)) if line.strip()]
    assert max(map(len, lines)) <= columns
    assert any("55%" in line or "53%" in line for line in lines)
    assert len({line for line in lines if "MiB" in line and "delivered" not in line and "%" not in line}) == 0
    screen.close()
