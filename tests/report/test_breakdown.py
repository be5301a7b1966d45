from __future__ import annotations

import errno
import io
import re
from dataclasses import replace

import pytest

from loader.report.breakdown import NextStep, show_breakdown
from loader.report.error_catalogue import what_to_do
from loader.report.final import ReportedSample
from tests.report.examples import CLEAN, EVIL, FAILED, Gone, Terminal

REPLAY = NextStep(["loader", "replay", "run/my dlq.jsonl", "--to", "https://api/rows"])
STOPPED = replace(
    FAILED,
    status="stopped",
    untouched=990,
    handed_back_in_doubt=40,
    reason="the target is down",
    hint="resume when it is up",
    exit_code=3,
)


@pytest.fixture(autouse=True)
def width(monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setenv("TERM", "xterm-256color")


def show(report, next_step=None, *, rich=False, told=None):
    out = Terminal()
    show_breakdown(report, next_step, out, rich=rich, told=told)
    return out.getvalue()


def test_a_clean_run_is_one_line():
    law = "complete: read 2,010 = delivered 2,010 + rejected 0 + unknown 0 (12.3 s, 163 rows/s)\n"
    assert show(CLEAN) == show(CLEAN, rich=True) == law


def test_the_plain_breakdown_can_be_searched_line_by_line():
    assert show(FAILED, REPLAY).splitlines() == [
        "failed rows by type:",
        "  http_422  18  0.90%  orders.jsonl:17: HTTP 422: no such product",
        "      the API refuses the content of these rows; mend them, then replay",
        "  reset  2  0.10%  orders.jsonl:99: the connection was reset",
        "      the connection broke; these rows may have arrived, replay is safe where keys are honoured",
        "complete: read 2,010 = delivered 1,990 + rejected 18 + unknown 2 (12.3 s, 163 rows/s)",
        "dead letters: run/dlq.jsonl",
        "next: loader replay 'run/my dlq.jsonl' --to https://api/rows",
    ]


def test_the_table_tells_the_same_facts():
    text = show(FAILED, REPLAY, rich=True)
    for fact in (
        "http_422",
        "18",
        "0.90%",
        "orders.jsonl:17",
        "no such product",
        "the API refuses the content",
        "reset",
    ):
        assert fact in text
    assert show(FAILED, REPLAY).splitlines()[-3:] == text.splitlines()[-3:]


def test_a_stopped_run_says_why_what_is_left_and_what_to_do():
    lines = show(STOPPED).splitlines()
    assert "stopped: read 2,010 = delivered 1,990 + rejected 18 + unknown 2 (12.3 s, 163 rows/s)" in lines
    assert "rows in the input 3,000 = read 2,010 + untouched 990" in lines
    assert "in doubt: 40 of the untouched rows were sent and not answered" in lines
    assert "stopped because: the target is down" in lines
    assert "what to do: resume when it is up" in lines


def test_a_stopped_stream_says_that_its_rest_is_not_known():
    text = show(replace(STOPPED, untouched=None))
    assert "untouched: not known" in text
    assert "in doubt: 40" in text
    assert "untouched" not in show(replace(FAILED, untouched=None))


def test_of_a_file_whose_rest_was_not_counted_in_time_it_is_said_how_many_rows_about():
    text = show(replace(STOPPED, untouched=None, untouched_about=1_234_567))
    assert "untouched: about 1,234,567 rows, by the size of what was not read" in text
    assert "not known" not in text


def test_a_parked_run_says_until_when():
    text = show(replace(STOPPED, status="parked", parked_until="2026-01-02T03:04:05+00:00", exit_code=4))
    assert "parked until 2026-01-02T03:04:05+00:00" in text


def test_a_dry_run_says_what_would_go():
    dry = replace(CLEAN, delivered=0, rejected=10, would_deliver=2000, dry_run=True)
    assert show(dry).startswith("dry run: read 2,010 = would deliver 2,000 + rejected 10 (")
    assert "add up" not in show(dry)


def test_counts_that_do_not_add_up_are_called_a_defect():
    assert "do not add up" in show(replace(FAILED, read=2011))
    assert "do not add up" not in show(FAILED)


def test_warnings_the_alert_and_partial_answers_are_told():
    why = {"filtered": 3, "settled": 1}
    warned = replace(
        CLEAN, warnings=("mind the gap",), worst_minute=0.25, partial_answers=3, skipped=4, skipped_because=why
    )
    lines = show(warned).splitlines()
    assert "warning: mind the gap" in lines
    assert "warning: up to 25.0% of the rows of a minute failed" in lines
    assert "warning: 3 answers accepted some rows of a request and refused others" in lines
    assert (
        "skipped 4 letters: 3 that the filters of this replay leave out;"
        " 1 that an earlier replay settled (--all takes them again)"
    ) in lines


def test_what_a_screen_told_before_is_not_told_again():
    warned = replace(CLEAN, warnings=("mind the gap", "and the edge"), worst_minute=0.25, partial_answers=3)
    text = show(warned, told=["mind the gap"])
    assert "mind the gap" not in text
    assert "of a minute" not in text
    assert "warning: and the edge" in text
    assert "warning: 3 answers accepted some" in text


def test_targets_are_told_apart_where_there_are_several():
    assert "delivered by target: api 2,000, spare 10" in show(replace(CLEAN, by_target={"api": 2000, "spare": 10}))
    assert "by target" not in show(replace(CLEAN, by_target={"api": 2010}))


@pytest.mark.parametrize("rich", [False, True])
def test_columns_that_did_not_fit_are_counted(rich):
    by_column = {"price": 1200, **{f"c{at}": 2 for at in range(11)}}
    text = show(replace(FAILED, by_column=by_column), rich=rich)
    assert "rows that do not fit, by column: price 1,200, c0 2, c1 2" in text
    assert "c8 2, and 2 more" in text
    assert "by column" not in show(FAILED, rich=rich)


def test_a_tiny_share_is_not_nothing():
    assert "<0.01%" in show(replace(FAILED, read=10_000_000, delivered=9_999_980))


@pytest.mark.parametrize("rich", [False, True])
def test_many_types_and_warnings_do_not_fill_the_screen(rich):
    kinds = {f"cql_{i}": 1 for i in range(200)}
    text = show(replace(FAILED, by_type=kinds, samples={}, warnings=("again",) * 100), rich=rich)
    assert "and 170 more types, in the report" in text
    assert "and 90 more warnings, in the report" in text
    assert len(text.splitlines()) < 130


def test_a_type_without_a_sample_is_shown_all_the_same():
    assert "  http_422  18  0.90%\n" in show(replace(FAILED, samples={}))


@pytest.mark.parametrize("rich", [False, True])
def test_nothing_foreign_is_markup_or_an_escape_code(rich):
    evil = replace(
        STOPPED,
        by_type={EVIL: 20},
        samples={EVIL: (ReportedSample(EVIL, 17, EVIL),)},
        by_target={EVIL: 1, "b": 2},
        warnings=(EVIL,),
        reason=EVIL,
        hint=EVIL,
        dlq=EVIL,
        parked_until=EVIL,
    )
    text = show(evil, NextStep(["loader", "replay", EVIL], f"mend {EVIL}"), rich=rich)
    assert not set(text) & {"\x9b", "\x07", "\x00", "\r", "\u202e", "\u2066", "\udcff"}
    assert "\x1b[31m" not in text
    assert "[bold]line[/bold]" in re.sub(r"\s", "", text)


def test_what_a_person_has_to_do_first_stands_before_the_command():
    assert show(FAILED, NextStep(REPLAY.command, "mend them")).splitlines()[-1] == f"next: mend them, then: {REPLAY}"
    assert show(FAILED, NextStep(first="mend them")).splitlines()[-1] == "next: mend them"


def test_a_file_gets_no_escape_codes_at_all():
    out = io.StringIO()
    show_breakdown(STOPPED, REPLAY, out, rich=False)
    assert all(line.isprintable() for line in out.getvalue().splitlines())


def test_a_narrow_terminal_loses_no_fact(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    text = show(FAILED, REPLAY, rich=True)
    assert "next: loader replay 'run/my dlq.jsonl' --to https://api/rows\n" in text
    assert "18" in text


@pytest.mark.parametrize("rich", [False, True])
def test_a_reader_that_went_away_does_not_take_the_exit_code_with_it(rich):
    show_breakdown(STOPPED, REPLAY, Gone(BrokenPipeError(errno.EPIPE, "gone"), 1), rich=rich)
    show_breakdown(STOPPED, REPLAY, None, rich=rich)


@pytest.mark.parametrize("columns", [20, 40, 79])
def test_a_narrow_terminal_gets_lines_instead_of_a_table_and_loses_no_word(columns, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(columns))
    assert show(FAILED, rich=True) == show(FAILED)


def test_a_table_has_every_word_of_what_to_do(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    text = re.sub(r"\x1b\[[0-9;]*m", "", show(FAILED, rich=True))
    assert "…" not in text
    for error_type in FAILED.by_type:
        assert all(word in text for word in what_to_do(error_type).split())
