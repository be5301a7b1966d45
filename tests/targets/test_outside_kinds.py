"""Kinds of targets that installed packages bring, through the real command."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from loader.targets.kinds import ENTRY_POINTS
from tests.command import Loader, law
from tests.packages import install, loader_with

HERE = Path(__file__).parent


@pytest.fixture
def site(tmp_path) -> Path:
    return tmp_path / "site"


@pytest.fixture
def loader(tmp_path, site) -> Loader:
    """The command where a package is installed that brings `lines://`."""
    found = loader_with(tmp_path, site)
    install(site, "line_file", ENTRY_POINTS, {"lines": "line_file:KIND"})
    shutil.copy(HERE / "line_file.py", site)
    return found


def configure(loader: Loader, *, refuse: str = "", ending: str = "", more: str = "") -> None:
    loader.configure(f"""
        [batch]
        size = 2
        [concurrency]
        max_in_flight = 1
        [target.store]
        url = "lines://{loader.folder}/stored"
        refuse = "{refuse}"
        ending = "{ending}"
        {more}
    """)


def stored(loader: Loader) -> list[int]:
    path = loader.folder / "stored"
    return [json.loads(line)["id"] for line in path.read_text().splitlines()] if path.exists() else []


def write_rows(loader: Loader, count: int, bad: int = -1) -> None:
    names = ("bad" if i == bad else "good" for i in range(count))
    loader.write("rows.jsonl", "".join(json.dumps({"id": i, "is": name}) + "\n" for i, name in enumerate(names)))


def test_rows_are_loaded_resumed_and_replayed_like_those_of_any_target(loader):
    write_rows(loader, 40, bad=9)
    configure(loader, refuse="bad")
    push = ("push", "rows.jsonl", "--to", "store", "--dlq", "dead.jsonl")
    stopped = loader(*push, "--fail-fast")
    assert (stopped.code, stopped.report["status"]) == (3, "stopped"), stopped.err
    law(stopped.report)
    assert stored(loader) == list(range(9))

    resumed = loader(*push, "--resume")
    assert resumed.code == 1, resumed.err
    law(resumed.report)
    assert resumed.report["run_id"] == stopped.report["run_id"]
    assert (resumed.report["read"], resumed.report["delivered"]) == (40, 39)
    assert stored(loader) == [i for i in range(40) if i != 9]
    [letter] = loader.letters()
    assert (letter["error_type"], letter["target"], letter["line"]) == ("not_wanted", "store", 10)

    configure(loader)
    replayed = loader("replay", "dead.jsonl")
    assert replayed.code == 0, replayed.err
    assert sorted(stored(loader)) == list(range(40))


def test_a_url_alone_is_enough_and_worker_processes_know_the_kind_too(loader):
    write_rows(loader, 100)
    done = loader("push", "rows.jsonl", "--to", f"lines://{loader.folder}/stored", "--workers", "2")
    assert done.code == 0, done.err
    assert sorted(stored(loader)) == list(range(100))


def test_the_mapping_of_fields_is_kept(loader):
    loader.write("rows.csv", "id,name,secret\n1,Ann,x\n")
    loader.configure('[mapping]\nfields = {name = "who"}\ntypes = {id = "integer"}\ndrop = ["secret"]\n')
    done = loader("push", "rows.csv", "--to", f"lines://{loader.folder}/stored")
    assert done.code == 0, done.err
    assert (loader.folder / "stored").read_text() == '{"id":1,"who":"Ann"}\n'


def test_what_a_kind_compares_forbids_a_resume(loader):
    write_rows(loader, 20, bad=3)
    configure(loader, refuse="bad")
    assert loader("push", "rows.jsonl", "--to", "store", "--fail-fast").code == 3
    [run] = (loader.folder / ".loader/runs").iterdir()
    configure(loader, ending=" ")
    refused = loader("resume", run.name)
    assert (refused.code, "cannot be resumed" in refused.err) == (2, True), refused.err
    configure(loader)
    assert loader("resume", run.name).code == 1


_TORN = """
from line_file import LineFileKind, LineFileTarget

class TornTarget(LineFileTarget):

    def submit(self, batch, done):
        raise KeyError("oops")

class TornKind(LineFileKind):
    schemes = ("torn",)

    def open(self, settings, context):
        return TornTarget(settings, context)

KIND = TornKind()
"""
_TOLD = """
from line_file import LineFileKind, LineFileTarget
from loader.targets.preview import Preview

class Facts(Preview):
    def __init__(self, settings):
        self.settings = settings

    def describe(self):
        return {"file": self.settings.url, "password": self.settings.password}

class ToldKind(LineFileKind):
    schemes = ("told",)

    def open(self, settings, context):
        target = LineFileTarget(settings, context)
        target.preview = Facts(settings)
        return target

KIND = ToldKind()
"""


def test_what_it_can_tell_is_shown_with_its_secrets_masked(loader, site):
    install(site, "told", ENTRY_POINTS, {"told": "told:KIND"}, _TOLD)
    loader.configure(f"""
        [target.store]
        url = "told://{loader.folder}/stored"
        password = "hunter2"
    """)
    done = loader("check", "--to", "store")
    assert done.code == 0, done.err
    assert f"file: told://{loader.folder}/stored" in done.out
    assert "hunter2" not in done.out + done.err
    assert "password: ***" in done.out


def test_its_keys_stand_in_the_example_config(loader):
    done = loader("config", "example")
    assert done.code == 0, done.err
    section = done.out.partition("# A file that rows are appended to.\n[target.lines]\n")[2]
    assert '# The file.\nurl = "a URL like lines:///path/of/file"\n' in section
    assert '# Rows that hold this are refused.\nrefuse = ""\n' in section


def test_an_exception_nobody_foresaw_is_told_with_its_place_in_the_package(loader, site):
    install(site, "torn", ENTRY_POINTS, {"torn": "torn:KIND"}, _TORN)
    write_rows(loader, 3)
    done = loader("push", "rows.jsonl", "--to", "torn:///x")
    assert (done.code, done.report["status"]) == (5, "failed"), done.err
    law(done.report)
    assert done.report["reason"] == f"KeyError: 'oops' ({site / 'torn.py'}, line 7)"


def test_one_that_tells_nothing_can_be_checked_and_tried(loader):
    write_rows(loader, 3)
    configure(loader)
    done = loader("check", "--to", "store", "rows.jsonl")
    assert (done.code, "connection: not tried" in done.out) == (0, True), done.err
    assert "2 rows of rows.jsonl, from line 1 on, 46 bytes" in done.out
    done = loader("push", "rows.jsonl", "--to", "store", "--dry-run")
    assert (done.code, "1 row of rows.jsonl, from line 3 on" in done.out) == (0, True), done.err
    assert not stored(loader)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("refuze = 'x'", 'target.store.refuze: unknown key; did you mean "refuse"?'),
        ("password = 5", "target.store.password: expected a text"),
    ],
)
def test_its_keys_are_checked_like_all_others(loader, more, expected):
    configure(loader, more=more)
    done = loader("check", "--to", "store")
    assert (done.code, expected in done.err) == (2, True), done.err


def test_its_contradictions_are_told(loader):
    configure(loader, ending="\\n")
    done = loader("check", "--to", "store")
    assert (done.code, "target.store.ending: expected no line break" in done.err) == (2, True), done.err


def test_a_login_in_its_url_is_refused_as_it_has_no_auth(loader):
    write_rows(loader, 1)
    done = loader("push", "rows.jsonl", "--to", "lines://bob:hunter2@/x")
    assert (done.code, "hunter2" in done.err) == (2, False)
    assert "--to: expected a URL without user and password" in done.err


def test_a_schema_is_for_other_targets(loader):
    loader.write("table.cql", "CREATE TABLE k.t (a int PRIMARY KEY);")
    write_rows(loader, 1)
    to = f"lines://{loader.folder}/stored"
    done = loader("push", "rows.jsonl", "--to", to, "--dry-run", "--schema", "table.cql")
    assert (done.code, "a schema is for targets of the form cassandra://" in done.err) == (2, True), done.err


def test_an_unknown_scheme_is_told_all_there_are(loader):
    write_rows(loader, 1)
    done = loader("push", "rows.jsonl", "--to", "line:///x")
    assert done.code == 2
    assert '--to: expected a URL whose scheme is http, https, cassandra or lines; did you mean "lines"?' in done.err
    configure(loader, more="consistency = 'ONE'\n[target.other]\nurl = 'nope://x'\npassword = 'x'\nnothing = 1")
    done = loader("check", "--to", "store")
    assert "target.other.url: expected a URL whose scheme is http, https, cassandra or lines" in done.err
    assert "target.other.nothing: unknown key" in done.err
    assert "target.other.password" not in done.err  # of which kind the target is nobody knows


def test_a_target_without_scheme_is_told_the_forms_there_are(loader):
    write_rows(loader, 1)
    done = loader("push", "rows.jsonl", "--to", "nowhere")
    assert "cassandra://host/keyspace.table, lines://..., or the name of a target" in done.err


@pytest.mark.parametrize(
    ("module", "expected"),
    [
        ("import no_such_module", "cannot be loaded: ModuleNotFoundError"),
        ("KIND = 5", "is no TargetKind that has this scheme"),
        ("from line_file import KIND", "is no TargetKind that has this scheme"),
    ],
)
def test_a_package_whose_kind_cannot_be_used_is_named_and_stops_no_other_load(loader, site, module, expected):
    install(site, "broken", ENTRY_POINTS, {"broken": "broken:KIND"}, module)
    write_rows(loader, 1)
    done = loader("push", "rows.jsonl", "--to", "broken:///x")
    assert done.code == 2
    assert f"broken://: the target broken:KIND of broken {expected}" in done.err
    assert "Traceback" not in done.err
    assert loader("push", "rows.jsonl", "--to", f"lines://{loader.folder}/stored").code == 0


@pytest.mark.parametrize(("scheme", "other"), [("lines", "line_file:KIND of line_file"), ("http", "the loader itself")])
def test_two_kinds_of_one_scheme_are_refused(loader, site, scheme, other):
    install(site, "second", ENTRY_POINTS, {scheme: "second:KIND"}, "KIND = 5")
    write_rows(loader, 1)
    done = loader("push", "rows.jsonl", "--to", "lines:///x")
    assert done.code == 2
    assert f"{scheme}://: the target " in done.err
    assert "uninstall one of the packages" in done.err
    assert other in done.err
