"""Loads of inputs on web servers and in buckets, through the real command, with kills and resumes."""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
from moto.server import ThreadedMotoServer

from loader.sink import Outage, RetryAfter, Rule
from tests.command import Loader, law, wait_for
from tests.sinks import rows
from tests.sources.locations.web_server import Asked, Reply, serving

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
COUNT = 40_000
CONTENTS = {"many.jsonl": rows(COUNT).encode(), "few.csv": b"id,name\n1,a\n2,b\n"}


@pytest.fixture
def loader(tmp_path) -> Loader:
    return Loader(tmp_path)


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    for path, data in {"bkt": b"", **{f"bkt/d/{name}": data for name, data in CONTENTS.items()}}.items():
        assert requests.put(f"{url}/{path}", data=data, timeout=10).ok
    yield url
    server.stop()


@pytest.fixture(params=["web", "web without ranges", "bucket"])
def place(request, loader) -> Iterator[str]:
    """The URL of a folder with `many.jsonl`, and with `few.csv`."""
    if request.param == "bucket":
        url = request.getfixturevalue("moto")
        loader.env |= {
            "AWS_ENDPOINT_URL": url,
            "AWS_ACCESS_KEY_ID": "AKIAEX",
            "AWS_SECRET_ACCESS_KEY": "hunter2hunter2",
        }
        yield "s3://bkt/d"
        return
    with serving({f"/d/{name}": data for name, data in CONTENTS.items()}, ranges=request.param == "web") as web:
        yield f"{web.url}/d"


def waiting(after: int) -> dict[str, Any]:
    """A target that takes so many requests, then asks once for a long wait."""
    return {
        "outages": (Outage.parse(f"after={after},requests=1,answer=429"),),
        "retry_after": RetryAfter.parse("1000"),
    }


def has_recorded(runs: Path) -> bool:
    return any(path.stat().st_size for path in runs.glob("*/checkpoint"))


def test_rows_are_loaded_and_those_refused_are_replayed(loader, sink, place):
    target = sink(refuse=(Rule.parse("id=700"),))
    done = loader("push", f"{place}/many.jsonl", f"{place}/few.csv", "--to", target.url, "--dlq", "dead.jsonl")
    assert done.code == 1, done.err
    law(done.report)
    assert (done.report["read"], done.report["delivered"]) == (COUNT + 2, COUNT + 1)
    [letter] = loader.letters()
    assert (letter["source"], letter["line"], letter["row"]["id"]) == (f"{place}/many.jsonl", 701, 700)
    healed = sink()
    assert loader("replay", "dead.jsonl", "--to", healed.url).code == 0
    assert [row["id"] for row in healed.store.rows()] == [700]


@pytest.mark.parametrize("workers", ["1", "3"])
def test_a_killed_load_goes_on_from_another_folder(loader, sink, place, workers):
    requests_before = 60
    target = sink(**waiting(after=requests_before))
    loader.configure(SLOWLY.format(loader.folder))
    push = ("push", f"{place}/many.jsonl", "--to", target.url, "--workers", workers)
    with loader.start(*push) as process:
        wait_for(lambda: len(target.store.requests()) > requests_before and has_recorded(loader.folder / "runs"))
        process.kill()

    (loader.folder / "elsewhere").mkdir()
    elsewhere = Loader(loader.folder / "elsewhere")
    elsewhere.env = loader.env
    elsewhere.configure(SLOWLY.format(loader.folder))
    resumed = elsewhere(*push, "--resume")
    assert resumed.code == 0, resumed.err
    law(resumed.report)
    assert resumed.report["read"] == COUNT
    assert resumed.report["untouched"] in (0, None)
    stored = [row["id"] for row in target.store.rows()]
    assert set(stored) == set(range(COUNT))
    assert len(stored) < COUNT + 8192  # what was settled is not sent again


def test_a_run_is_resumed_by_its_name_and_not_where_the_content_is_another(loader, sink):
    with serving({"/a.jsonl": rows(1000).encode()}) as web:
        target = sink(refuse=(Rule.parse("id=500"),))
        loader.configure("[batch]\nsize = 10\n[concurrency]\nmax_in_flight = 1\n")
        assert loader("push", f"{web.url}/a.jsonl", "--to", target.url, "--fail-fast").code == 3
        run = loader.folder.joinpath(".loader/runs").iterdir().__next__().name
        web.contents = {"/a.jsonl": rows(1000).replace("row 900", "ROW 900").encode()}
        refused = loader("push", f"{web.url}/a.jsonl", "--to", target.url, "--resume")
        assert (refused.code, "is not the file it was" in refused.err) == (2, True), refused.err
        web.contents = {"/a.jsonl": rows(1000).encode()}
        resumed = loader("resume", run, "--report-json", "report.json")
    assert resumed.code == 1, resumed.err
    report = json.loads((loader.folder / "report.json").read_bytes())
    law(report)
    assert report["read"] == 1000


def test_what_is_out_of_reach_is_left_and_a_resume_reads_just_that(loader, sink):
    """The first of three inputs is down in its middle, then again further on, then no more."""
    contents = {f"/{name}.jsonl": rows(COUNT, start * COUNT).encode() for start, name in enumerate("abc")}
    down_after = 500_000
    with serving(contents) as web:

        def twist(asked: Asked, reply: Reply) -> Reply | None:
            return None if asked.path == "/a.jsonl" and down_after < (asked.start or 0) else reply

        web.twist = twist
        target = sink()
        push = ("push", *(f"{web.url}/{name}.jsonl" for name in "abc"), "--to", target.url)
        stopped = loader(*push)
        assert stopped.code == 3, stopped.err
        law(stopped.report)
        [unread] = stopped.report["unread"]
        assert (unread["input"], unread["stop"]) == (f"{web.url}/a.jsonl", len(contents["/a.jsonl"]))
        assert contents["/a.jsonl"][unread["start"] - 1 : unread["start"]] == b"\n"
        before = contents["/a.jsonl"][: unread["start"]].count(b"\n")
        assert stopped.report["read"] == before + 2 * COUNT
        assert "1 input was out of reach" in stopped.err
        assert stopped.report["untouched"] is None
        assert stopped.report["untouched_about"] == pytest.approx(COUNT - before, rel=0.1)
        assert f"unread: {web.url}/a.jsonl, bytes {unread['start']:,} to {unread['stop']:,}" in stopped.err
        assert {row["id"] for row in target.store.rows()} == {*range(before), *range(COUNT, 3 * COUNT)}

        down_after = 1_200_000
        again = loader(*push, "--resume")
        assert again.code == 3, again.err
        law(again.report)
        assert again.report["unread"][0]["start"] > unread["start"]

        down_after = len(contents["/a.jsonl"])
        web.asked.clear()
        done = loader(*push, "--resume")
        assert done.code == 0, done.err
        assert all(asked.start < 2**18 for asked in web.of_rows() if asked.path != "/a.jsonl")  # looked at alone
    law(done.report)
    assert (done.report["read"], done.report["untouched"], done.report["unread"]) == (3 * COUNT, 0, [])
    stored = [row["id"] for row in target.store.rows()]
    assert sorted(stored) == list(range(3 * COUNT))


@pytest.mark.parametrize("choice", [("--skip", "30000"), ("--limit", "50000"), ("--sample", "50%")])
def test_rows_that_are_chosen_by_their_number_are_the_same_whatever_is_out_of_reach(loader, sink, choice):
    contents = {f"/{name}.jsonl": rows(COUNT, start * COUNT).encode() for start, name in enumerate("ab")}
    with serving(contents) as web:
        push = ("push", f"{web.url}/a.jsonl", f"{web.url}/b.jsonl", *choice)
        undisturbed, target = sink(), sink()
        assert loader(*push, "--to", undisturbed.url).code == 0
        web.twist = lambda asked, reply: replace(reply, status=503) if (asked.start or 0) > 700_000 else reply
        stopped = loader(*push, "--to", target.url)
        assert (stopped.code, "once it can be reached again: resume" in stopped.err) == (3, True), stopped.err
        web.twist = lambda asked, reply: reply
        done = loader(*push, "--to", target.url, "--resume")
    assert done.code == 0, done.err
    law(done.report)
    expected, stored = (sorted(row["id"] for row in each.store.rows()) for each in (undisturbed, target))
    assert stored == expected


@pytest.mark.parametrize("workers", ["1", "3"])
@pytest.mark.parametrize("ranges", [True, False], ids=["ranges", "stream"])
def test_a_load_that_left_an_input_is_killed_and_resumed(loader, sink, ranges, workers):
    contents = {f"/{name}.jsonl": rows(COUNT, start * COUNT).encode() for start, name in enumerate("ab")}
    is_down = True
    with serving(contents, ranges=ranges) as web:

        def twist(asked: Asked, reply: Reply) -> Reply | None:
            if not is_down or asked.path != "/a.jsonl":
                return reply
            if ranges:
                return None if asked.start > 500_000 else reply
            return replace(reply, cut=800_000)

        web.twist = twist
        after = 80
        target = sink(**waiting(after=after))
        loader.configure(SLOWLY.format(loader.folder))
        push = ("push", f"{web.url}/a.jsonl", f"{web.url}/b.jsonl", "--to", target.url, "--workers", workers)
        with loader.start(*push) as process:
            wait_for(lambda: len(target.store.requests()) > after)
            process.kill()
        is_down = False
        resumed = loader(*push, "--resume")
    assert resumed.code == 0, resumed.err
    law(resumed.report)
    assert resumed.report["read"] == 2 * COUNT
    stored = [row["id"] for row in target.store.rows()]
    assert set(stored) == set(range(2 * COUNT))
    assert len(stored) < 2 * COUNT + 8192


def test_what_changes_while_it_is_read_ends_the_load_with_what_to_do(loader, sink):
    with serving({"/a.jsonl": rows(COUNT).encode()}) as web:

        def twist(asked: Asked, reply: Reply) -> Reply:
            later = (asked.start or 0) > 500_000
            return replace(reply, headers={**reply.headers, "ETag": '"other"'}) if later else reply

        web.twist = twist
        done = loader("push", f"{web.url}/a.jsonl", "--to", sink().url)
    assert done.code == 3, done.err
    law(done.report)
    assert "the input changed since the run began" in done.report["reason"]
    assert "put back what it was" in done.report["hint"]


def test_a_run_of_a_url_with_a_secret_is_gone_on_with_by_its_command_alone(loader, sink):
    with serving({"/a.jsonl": rows(1000).encode()}) as web:
        loader.configure("[batch]\nsize = 10\n[concurrency]\nmax_in_flight = 1\n")
        target = sink(refuse=(Rule.parse("id=500"),))
        push = ("push", f"{web.url}/a.jsonl?token=abcdefgh", "--to", target.url)
        assert loader(*push, "--fail-fast").code == 3
        run = next(loader.folder.joinpath(".loader/runs").iterdir()).name
        refused = loader("resume", run)
        said = "holds a secret that is kept nowhere; go on by the command that began it, with --resume"
        assert (refused.code, said in refused.err) == (2, True), refused.err
        resumed = loader(*push, "--resume")
    assert resumed.code == 1, resumed.err
    assert resumed.report["read"] == 1000


def test_secrets_of_urls_are_shown_and_kept_nowhere(loader, sink):
    with serving({"/a.jsonl": rows(3).encode(), "/list": b""}) as web:
        secret = f"{web.url.replace('//', '//bob:hunter2@')}/a.jsonl?token=abcdefgh"
        web.contents["/list"] = f"{secret}\n".encode()
        listed = f"@{web.url.replace('//', '//ann:hunter3@')}/list"
        loader.configure(f'[input]\nmirrors = {{"{web.url}/" = ["http://eve:hunter4@127.0.0.1:1/"]}}\n')
        done = loader("push", listed, secret, "--to", sink().url, "--dlq", "dead.jsonl")
        checked = loader("check", listed, "--to", sink().url)
    assert (done.code, checked.code) == (0, 0), done.err + checked.err + checked.out
    loader.folder.joinpath("loader.toml").unlink()
    written = b"".join(path.read_bytes() for path in loader.folder.rglob("*") if path.is_file()).decode()
    for word in ("hunter2", "hunter3", "hunter4", "abcdefgh"):
        assert word not in done.out + done.err + checked.out + checked.err + written
    assert done.report["inputs"] == [f"{web.url}/a.jsonl?token=***"] * 2


def test_an_archive_on_a_web_server_is_read_by_ranges_alone(loader, sink):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("other.bin", random.Random(1).randbytes(3_000_000))
        archive.writestr("a.jsonl", rows(1000), zipfile.ZIP_DEFLATED)
        archive.writestr("b.jsonl", rows(500, 1000))
    with serving({"/all.zip": packed.getvalue()}) as web:
        target = sink()
        done = loader("push", f"{web.url}/all.zip!/*.jsonl", "--to", target.url)
        assert done.code == 0, done.err
        asked = sum(min(each.stop or len(packed.getvalue()), len(packed.getvalue())) - each.start for each in web.asked)
    assert done.report["inputs"] == [f"{web.url}/all.zip!/a.jsonl", f"{web.url}/all.zip!/b.jsonl"]
    assert sorted(row["id"] for row in target.store.rows()) == list(range(1500))
    assert asked < len(packed.getvalue()), [(each.start, each.stop) for each in web.asked]


# -- lists and folders


def test_a_list_names_inputs_from_a_file_and_from_standard_input(loader, sink):
    loader.write("a.jsonl", rows(2))
    loader.write("b c.jsonl", rows(3))
    loader.write("@d.jsonl", rows(5))
    loader.write("inputs.txt", "# of today\n\n  a.jsonl\nb*.jsonl\n@d.jsonl\n")
    for arguments, stdin in ((["@inputs.txt"], None), (["@-"], b"a.jsonl\nb c.jsonl\n@d.jsonl\n")):
        done = loader("push", *arguments, "--to", sink().url, stdin=stdin)
        assert done.code == 0, done.err
        assert done.report["inputs"] == ["a.jsonl", "b c.jsonl", "@d.jsonl"]
        assert done.report["read"] == 10


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"# none\n", "@inputs.txt: names no input"),
        (b"@others.txt\n", "inputs.txt: line 1: a list names no other list"),
        (b"\xff\xfe", "inputs.txt: is no list of inputs: it is not UTF-8"),
        (b"missing.jsonl\n", "missing.jsonl: there is no such file"),
    ],
)
def test_a_list_that_is_none_is_refused(loader, sink, text, said):
    loader.write("inputs.txt", text)
    done = loader("push", "@inputs.txt", "--to", sink().url)
    assert (done.code, said in done.err) == (2, True), done.err


def test_a_list_is_checked_from_standard_input_too(loader, sink):
    loader.write("a.jsonl", rows(2))
    done = loader("check", "@-", "--to", sink().url, stdin=b"a.jsonl\n")
    assert (done.code, "input a.jsonl: jsonl" in done.out) == (0, True), done.err
    refused = loader("check", "@-", "-", "--to", sink().url, stdin=b"a.jsonl\n")
    assert (refused.code, "standard input can be read only once" in refused.err) == (2, True), refused.err


def test_a_list_that_is_missing_is_refused(loader, sink):
    done = loader("push", "@nowhere.txt", "--to", sink().url)
    assert (done.code, "nowhere.txt: there is no such file" in done.err) == (2, True), done.err


def test_a_folder_stands_for_the_files_in_it_where_that_is_asked_for(loader, sink):
    for name in ("d/b.jsonl", "d/e/a.jsonl", "d/_SUCCESS", "d/.part.crc", "d/.tmp/x.jsonl", "d/_temporary/y.jsonl"):
        (loader.folder / name).parent.mkdir(parents=True, exist_ok=True)
        loader.write(name, rows(2))
    refused = loader("push", "d", "--to", sink().url)
    assert (refused.code, "or take all: --recursive" in refused.err) == (2, True), refused.err
    done = loader("push", "d", "--recursive", "--to", sink().url)
    assert done.code == 0, done.err
    assert done.report["inputs"] == ["d/b.jsonl", "d/e/a.jsonl"]
    (loader.folder / "empty").mkdir()
    refused = loader("push", "empty", "--recursive", "--to", sink().url)
    assert (refused.code, "empty: no file is in it" in refused.err) == (2, True), refused.err


def test_a_load_of_a_folder_is_resumed_without_its_flag(loader, sink):
    (loader.folder / "d").mkdir()
    loader.write("d/a.jsonl", rows(1000))
    loader.configure("[batch]\nsize = 10\n[concurrency]\nmax_in_flight = 1\n")
    target = sink(refuse=(Rule.parse("id=500"),))
    assert loader("push", "d", "--recursive", "--to", target.url, "--fail-fast").code == 3
    resumed = loader("push", "d/a.jsonl", "--to", target.url, "--resume")
    assert resumed.code == 1, resumed.err
    assert resumed.report["read"] == 1000
