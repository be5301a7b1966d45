from __future__ import annotations

import json
import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from loader.durable.files import PathError
from loader.report.destination import check_report_path
from loader.report.final import ReportedSample, write_report
from tests.report.examples import CLEAN, EVIL, FAILED

PROMISED = [
    "run_id",
    "status",
    "read",
    "delivered",
    "rejected",
    "unknown",
    "untouched",
    "handed_back_in_doubt",
    "elapsed_seconds",
    "rows_per_second",
    "by_type",
    "samples",
    "dlq",
    "exit_code",
]


def test_the_report_has_all_that_scripts_rely_on_and_first():
    report = json.loads(FAILED.to_json())
    assert list(report)[: len(PROMISED)] == PROMISED
    assert report["by_type"] == {"http_422": 18, "reset": 2}
    assert report["samples"]["http_422"] == [
        {"source": "orders.jsonl", "line": 17, "error": "HTTP 422: no such product"}
    ]


def test_untouched_is_null_for_streams_and_dlq_where_there_is_none():
    report = json.loads(replace(CLEAN, untouched=None).to_json())
    assert report["untouched"] is None
    assert report["dlq"] is None


def test_only_a_dry_run_speaks_of_what_it_would_deliver():
    dry = json.loads(replace(CLEAN, delivered=0, read=10, rejected=1, dry_run=True, would_deliver=9).to_json())
    assert (dry["dry_run"], dry["delivered"], dry["would_deliver"], dry["rejected"]) == (True, 0, 9, 1)
    assert not {"dry_run", "would_deliver"} & set(json.loads(CLEAN.to_json()))


@pytest.mark.parametrize(
    ("report", "adds_up"),
    [
        (FAILED, True),
        (replace(FAILED, read=2011), False),
        (replace(CLEAN, read=10, delivered=0, dry_run=True, would_deliver=9, rejected=1), True),
    ],
)
def test_a_report_knows_whether_the_law_of_rows_holds(report, adds_up):
    assert report.adds_up is adds_up


def test_texts_of_any_kind_make_json_that_is_safe_to_look_at():
    samples = {"bad_json": (ReportedSample(EVIL, 1, EVIL),)}
    encoded = replace(FAILED, samples=samples, inputs=(EVIL,), dlq=EVIL).to_json()
    text = encoded.decode()
    assert not set(text) & {"\x1b", "\x9b", "\x07", "\x00", "\r", "\u202e", "\u2066"}
    assert json.loads(text)["dlq"] == EVIL.replace("\udcff", "\\udcff")


def test_a_report_is_written_for_its_owner_alone(tmp_path):
    path = tmp_path / "report.json"
    before = os.umask(0)
    try:
        write_report(FAILED, path)
    finally:
        os.umask(before)
    assert path.read_bytes() == FAILED.to_json()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_old_report_is_replaced_whole_and_nothing_is_left_beside_it(tmp_path):
    path = tmp_path / "report.json"
    path.write_text("x" * 100_000)
    old = path.open("rb")
    with old:
        write_report(CLEAN, path)
        assert old.read() == b"x" * 100_000
    assert path.read_bytes() == CLEAN.to_json()
    assert list(tmp_path.iterdir()) == [path]


def test_a_symlink_is_refused_and_what_it_names_stays_as_it_is(tmp_path):
    target = tmp_path / "precious"
    target.write_text("mine")
    link = tmp_path / "report.json"
    link.symlink_to(target)
    with pytest.raises(PathError, match="symlink"):
        write_report(CLEAN, link)
    assert target.read_text() == "mine"
    assert link.is_symlink()


def test_what_is_no_file_is_not_replaced_by_one(tmp_path):
    """The report of a run as root once would have taken the place of a device such as /dev/null."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    for path in (fifo, tmp_path):
        with pytest.raises(PathError, match="not a regular file"):
            write_report(CLEAN, path)
    assert stat.S_ISFIFO(fifo.stat().st_mode)


def test_a_path_can_be_checked_before_anything_is_read(tmp_path):
    check_report_path(tmp_path / "new.json")
    check_report_path(Path(os.path.relpath(tmp_path / "new.json")))
    with pytest.raises(PathError, match="folder"):
        check_report_path(tmp_path / "missing" / "report.json")
