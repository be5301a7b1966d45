"""Rows that could not be read: what the load says helps, and that it does."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from loader.sink.fault_settings import Rule
from tests.cli.conftest import rows
from tests.command import law

CSV = b"id,name\n1,Anna\n2\n3,Carl\n4,Da,ve\n5,Eve\n"


def next_step(done) -> str:
    (line,) = [line for line in done.err.splitlines() if line.startswith("next")]
    return line


def test_a_load_with_only_unreadable_rows_names_how_to_mend_them(loader, sink):
    target = sink().url
    loader.write("a.jsonl", rows(2) + '{"id":\n[]\n')
    done = loader("push", "a.jsonl", "--to", target, "--dlq", "dead.jsonl")
    assert (done.code, done.report["unreadable"], done.report["rejected"]) == (1, 2, 2)
    mend = "next: mend `raw` in the letters of dead.jsonl (see loader dlq show), then: "
    assert next_step(done) == f"{mend}loader replay dead.jsonl --to {target}"
    again = loader("replay", "dead.jsonl", "--to", target, "--dlq", "again.jsonl")
    law(again.report)
    assert (again.code, again.report["unreadable"]) == (1, 2)
    assert next_step(again) == f"{mend}loader replay dead.jsonl --to {target}"


def test_a_load_with_other_letters_too_names_the_replay(loader, sink):
    target = sink(refuse=(Rule.parse("name=row 1"),)).url
    loader.write("a.jsonl", rows(2) + '{"id":\n')
    done = loader("push", "a.jsonl", "--to", target, "--dlq", "dead.jsonl")
    assert (done.code, done.report["unreadable"], done.report["rejected"]) == (1, 1, 2)
    assert next_step(done) == f"next: loader replay dead.jsonl --to {target}"


def test_headers_in_the_middle_are_nothing_to_mend(loader, sink):
    loader.write("people.csv", "id,name\n1,Anna\nid,name\n2,Ben\n")
    done = loader("push", "people.csv", "--to", sink().url, "--dlq", "dead.jsonl")
    assert (done.code, done.report["by_type"]) == (1, {"repeated_header": 1})
    assert next_step(done) == "next: nothing needs to be loaded again: these are headers, and no rows"


def test_rows_that_are_not_whole_in_their_letters_are_not_to_be_mended_there(loader, sink):
    loader.configure('[input]\nmax_row_bytes = "70 KiB"\n')
    loader.write("a.jsonl", rows(2) + f'{{"id":"{"x" * 80_000}"}}\n')
    done = loader("push", "a.jsonl", "--to", sink().url, "--dlq", "dead.jsonl")
    assert done.report["by_type"] == {"row_too_large": 1}
    assert "larger input.max_row_bytes" in next_step(done)
    assert "replay" not in next_step(done)


@pytest.mark.parametrize("part", ["killed", "ended"])
def test_unreadable_rows_are_counted_over_all_parts(loader, sink, part):
    """The first part stops at its first error; the second reads the rest."""
    target = sink().url
    loader.write("a.jsonl", '{"id":\n' + rows(2) + "[]\n")
    push = ("push", "a.jsonl", "--to", target, "--dlq", "dead.jsonl")
    first = loader(*push, "--fail-fast")
    assert (first.code, first.report["unreadable"]) == (3, 1)
    if part == "killed":  # the letter is there, the record of it is not
        (checkpoint,) = loader.folder.glob(".loader/runs/*/checkpoint")
        checkpoint.write_bytes(b"")
    done = loader(*push, "--resume")
    assert (done.code, done.report["unreadable"], done.report["rejected"]) == (1, 2, 2)
    assert len(loader.letters()) == 2


def mend(path: Path, *changes: tuple[bytes, bytes]) -> None:
    """Change texts that stand in a file once."""
    text = path.read_bytes()
    for before, after in changes:
        assert text.count(before) == 1
        text = text.replace(before, after)
    path.write_bytes(text)


def test_mended_letters_of_csv_are_delivered_and_what_is_not_mended_stays_open(loader, sink):
    target = sink()
    dead = loader.write("people.csv", CSV).with_name("dead.jsonl")
    assert loader("push", "people.csv", "--to", target.url, "--dlq", "dead.jsonl").report["delivered"] == 3
    mend(dead, (b'"raw":"2"', b'"raw":"2,Ben"'))
    replay = ("replay", "dead.jsonl", "--to", target.url, "--dlq", "again.jsonl")
    first = loader(*replay)
    law(first.report)
    assert (first.code, first.report["read"], first.report["delivered"], first.report["skipped"]) == (1, 2, 1, 0)
    assert [(each["line"], each["error"]) for each in loader.letters("again.jsonl")] == [
        (5, "expected 2 fields, found 3")
    ]
    unmended = loader(*replay)
    assert (unmended.code, unmended.report["read"], unmended.report["skipped"]) == (1, 1, 1)
    mend(dead, (b'"raw":"4,Da,ve"', b'"raw":"4,\\"Da,ve\\""'))
    last = loader(*replay)
    assert (last.code, last.report["delivered"], last.report["skipped"]) == (0, 1, 1)
    assert loader(*replay).report["read"] == 0
    stored = {row["id"]: row["name"] for row in target.store.rows()}
    assert stored == {"1": "Anna", "2": "Ben", "3": "Carl", "4": "Da,ve", "5": "Eve"}
    assert target.store.count() == 5


def test_letters_behind_a_mended_one_stay_settled(loader, sink):
    """A mended letter is longer, so that all behind it stand elsewhere; they must not be sent again."""
    target = sink(refuse=(Rule.parse("name~row"),))
    loader.write("a.jsonl", '{"id":9\n' + rows(3))
    loader("push", "a.jsonl", "--to", target.url, "--dlq", "dead.jsonl")
    well = sink()
    replay = ("replay", "dead.jsonl", "--to", well.url, "--dlq", "again.jsonl")
    assert loader(*replay).report["delivered"] == 3
    mend(loader.folder / "dead.jsonl", (b'"raw":"{\\"id\\":9"', b'"raw":"{\\"id\\":9,\\"name\\":\\"mended\\"}"'))
    done = loader(*replay)
    assert (done.code, done.report["read"], done.report["delivered"], done.report["skipped"]) == (0, 1, 1, 3)
    assert sorted(row["id"] for row in well.store.rows()) == [0, 1, 2, 9]
    assert loader("dlq", "show", "dead.jsonl").out == ""


def test_row_that_is_filled_in_goes_in_place_of_raw(loader, sink):
    target = sink()
    loader.write("people.csv", CSV)
    loader("push", "people.csv", "--to", target.url, "--dlq", "dead.jsonl")
    dead = loader.folder / "dead.jsonl"
    text = dead.read_bytes().replace(b'"row":null', b'"row":{"name":"mended","id":"7"}', 1)
    dead.write_bytes(text)
    done = loader("replay", "dead.jsonl", "--to", target.url, "--dlq", "again.jsonl")
    assert (done.report["delivered"], done.report["rejected"]) == (1, 1)
    assert {"id": "7", "name": "mended"} in target.store.rows()


def test_row_that_is_not_utf8_is_mended_by_a_raw_in_place_of_raw_base64(loader, sink):
    target = sink()
    loader.write("people.csv", "id;name\n1;José\n2;Ben\n".encode("latin-1"))
    loader("push", "people.csv", "--delimiter", ";", "--to", target.url, "--dlq", "dead.jsonl")
    (letter,) = loader.letters()
    del letter["raw_base64"]
    loader.write("dead.jsonl", json.dumps(letter | {"raw": "1;José"}) + "\n")
    assert loader("replay", "dead.jsonl", "--to", target.url).code == 0
    assert {"id": "1", "name": "José"} in target.store.rows()


BAD_CSV = {
    "wrong_field_count": b"2;x;y",
    "bad_encoding": b"2;\xff",
    "nul_byte": b"2;\0",
    "text_after_quote": b'2;"x" y"',
    "stray_quote": b'2;x" y',
    "repeated_header": b"id;name",
    "unclosed_quote": b'2;"x',
}


def test_unreadable_rows_that_nobody_mended_are_rejected_for_the_same_reasons(loader, sink):
    """However often they are replayed, and whatever the settings of the replay are."""
    target = sink()
    loader.configure("[input]\nstrict = true\n")
    loader.write("people.csv", b"id;name\n" + b"\n".join(BAD_CSV.values()))
    loader("push", "people.csv", "--delimiter", ";", "--to", target.url, "--dlq", "0.jsonl")
    loader.configure("")
    for number in (0, 1):
        done = loader("replay", f"{number}.jsonl", "--to", target.url, "--dlq", f"{number + 1}.jsonl")
        assert (done.code, done.report["by_type"]) == (1, dict.fromkeys(BAD_CSV, 1))
    kept = ("error_type", "raw", "raw_base64", "source", "line", "offset", "format", "input", "idempotency_key")
    first, last = (
        [[each.get(key) for key in kept] for each in loader.letters(name)] for name in ("0.jsonl", "2.jsonl")
    )
    assert first == last


@pytest.mark.parametrize(
    ("name", "content", "flags", "mended"),
    [
        ("people.csv", CSV, (), [(b"\n2\n", b"\n2,Ben\n"), (b"\n4,Da,ve\n", b'\n4,"Da,\nve"\n')]),
        ("people.tsv", CSV.replace(b",", b"\t"), (), [(b"\n2\n", b"\n2\tBen\n"), (b"Da\tve", b'"Da\tve"')]),
        (
            "people.csv",
            CSV.replace(b",", b";"),
            ("--delimiter", "semicolon"),
            [(b"\n2\n", b"\n2;Ben\n"), (b"Da;ve", b'"Da;ve"')],
        ),
        (
            "people.csv",
            CSV.removeprefix(b"id,name\n"),
            ("--no-header", "--columns", "id,name"),
            [(b"\n2\n", b"\n2,Ben\n"), (b"Da,ve", b'"Da,ve"')],
        ),
        (
            "people.csv",
            CSV.replace(b"id,name", b'id,"na""me,\nit"'),
            (),
            [(b"\n2\n", b"\n2,Ben\n"), (b"Da,ve", b'"Da,ve"')],
        ),
        (
            "people.csv",
            CSV.replace(b"\n", b",\n"),
            (),
            [(b"\n2,\n", b"\n2,Ben,\n"), (b"Da,ve", b'"Da,ve"')],
        ),
        ("people.jsonl", b'{"id":"1"}\n{"id":"2"\n{"id":"3"}\n', (), [(b'{"id":"2"', b'{"id":"2"}')]),
    ],
)
def test_export_is_mended_and_pushed_again(loader, sink, name, content, flags, mended):
    """Refused rows and unreadable ones stand in one file, which reads like the input."""
    refusing, well = sink(refuse=(Rule.parse("id=3"),)), sink()
    loader.write(name, content)
    done = loader("push", name, *flags, "--to", refusing.url, "--dlq", "dead.jsonl")
    assert done.report["by_type"]["http_422"] == 1
    export = loader("dlq", "export", "dead.jsonl")
    assert export.code == 0
    assert f"mend before you push: {len(mended)} of {len(mended) + 1} rows" in export.err
    again = loader.write(f"again-{name}", export.out)
    mend(again, *mended)
    pushed = loader("push", again.name, *(flags if "--delimiter" in flags else ()), "--to", well.url)
    assert (pushed.code, pushed.report["delivered"]) == (0, len(mended) + 1)
    before, after = list(refusing.store.rows()), list(well.store.rows())
    assert sorted(row["id"] for row in before + after) == sorted(map(str, range(1, done.report["read"] + 1)))
    assert {tuple(row) for row in after} == {tuple(row) for row in before}


def test_export_of_rows_that_cannot_stand_in_one_file_is_refused(loader, sink):
    loader.write("people.csv", CSV)
    loader.write("a.jsonl", '{"id":\n')
    loader("push", "people.csv", "a.jsonl", "--to", sink().url, "--dlq", "dead.jsonl")
    refused = loader("dlq", "export", "dead.jsonl")
    assert (refused.code, refused.out) == (2, "")
    assert "--source, --format or --columns" in refused.err
    assert "csv id,name: 2 rows from people.csv" in refused.err
    assert "jsonl: 1 row from a.jsonl" in refused.err
    for choice in (("--source", "people.csv"), ("--format", "csv"), ("--columns", "id,name")):
        assert loader("dlq", "export", "dead.jsonl", *choice).out == "id,name\n2\n4,Da,ve\n"
    assert loader("dlq", "export", "dead.jsonl", "--format", "jsonl").out == '{"id":\n'


def test_truncated_letter_says_that_it_is_one_and_where_its_row_stands(loader, sink):
    target = sink()
    loader.configure('[input]\nmax_row_bytes = "70 KiB"\n')
    loader.write("a.jsonl", rows(2) + f'{{"id":"{"x" * 80_000}"}}\n' + "[]\n")
    loader("push", "a.jsonl", "--to", target.url, "--dlq", "dead.jsonl")
    told = "only the first 65,536 of 80,009 bytes of this row are in its letter; take the row from line 3 of a.jsonl"
    export = loader("dlq", "export", "dead.jsonl")
    assert (export.code, export.out) == (1, "[]\n")
    assert f"dead.jsonl:1: {told}" in export.err
    replay = loader("replay", "dead.jsonl", "--to", target.url, "--error-type", "row_too_large")
    assert (replay.code, replay.report["samples"]["row_too_large"][0]["error"]) == (1, told)
    assert told in replay.err


def test_misspelt_error_type_is_told_with_the_one_that_was_meant(loader, sink):
    target = sink(refuse=(Rule.parse("name=row 1"),))
    loader.write("a.jsonl", rows(3))
    loader("push", "a.jsonl", "--to", target.url, "--dlq", "dead.jsonl")
    replay = ("replay", "dead.jsonl", "--to", target.url)
    for start in (*(("dlq", command, "dead.jsonl") for command in ("show", "export", "stats")), replay):
        meant = 'error type "htpp_422"; did you mean "http_422"?'
        assert meant in loader(*start, "--error-type", "htpp_422").err
    assert 'error type "reset"; there are http_422' in loader("dlq", "show", "dead.jsonl", "--error-type", "reset").err
    assert loader("dlq", "show", "dead.jsonl", "--error-type", "http_422").err == ""


def test_show_tells_what_to_do(loader, sink):
    loader.write("a.jsonl", '{"id":\n')
    loader("push", "a.jsonl", "--to", sink().url, "--dlq", "dead.jsonl")
    shown = loader("dlq", "show", "dead.jsonl").out.splitlines()
    assert (
        shown[-1]
        == "  what to do: mend these rows; each must be one JSON object, on one line or, with --format json, on several"
    )


def test_stats_count_what_letters_have(loader, sink):
    loader.write("a.jsonl", '{"id":\n')
    loader("push", "a.jsonl", "--to", sink().url, "--dlq", "dead.jsonl")
    found = json.loads(loader("dlq", "stats", "dead.jsonl").out)
    assert (found["letters"], found["by_status"], found["by_type"]) == (1, {}, {"bad_json": 1})
    assert found["what_to_do"] == {
        "bad_json": "mend these rows; each must be one JSON object, on one line or, with --format json, on several"
    }


@pytest.mark.parametrize("command", ["show", "export", "stats"])
def test_queues_are_looked_into_where_they_stand(loader, command):
    done = loader("dlq", command, "-", stdin=b"")
    assert (done.code, done.out) == (2, "")
    assert "-: a dead letter queue is looked into where it stands" in done.err


def test_export_of_what_cannot_be_read_twice_is_refused(loader):
    os.mkfifo(loader.folder / "pipe")
    done = loader("dlq", "export", "pipe")
    assert (done.code, done.out) == (2, "")
    assert "pipe: is no regular file; an export reads it twice" in done.err


def test_export_in_which_no_letter_is_meant_says_so(loader, sink):
    loader.write("a.jsonl", '{"id":\n')
    loader("push", "a.jsonl", "--to", sink().url, "--dlq", "dead.jsonl")
    done = loader("dlq", "export", "dead.jsonl", "--class", "refused")
    assert (done.code, done.out) == (0, "")
    assert done.err.splitlines() == [
        'warning: no letter is of the class "refused"; there are data',
        "no letter matches: nothing was written",
    ]
