"""`loader local` with Java: the real command, and a real Cassandra that it starts."""

from __future__ import annotations

import json
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

import loader as package
from loader.local import Address, running
from loader.local.address import answers_cql
from loader.local.folder_process import Process
from loader.local.ports import free_ports
from loader.local.waiting import wait_for
from tests.command import Loader
from tests.local.conftest import own_state
from tests.local.programs import replaced_path

SAMPLES = Path(package.__file__).parents[1] / "samples"


@pytest.fixture
def java(installation, programs, loader):
    """`loader` where there is Java with the jars, and no container engine."""
    programs.link("java")
    return loader


@dataclass
class Up:
    """A local Cassandra that is up: the command, where it is, and what two `up` at once printed, on each stream."""

    loader: Loader
    address: Address
    printed: Sequence[str]
    said: Sequence[str]


@pytest.fixture(scope="module")
def up(installation, tmp_path_factory):
    """One for all tests that only look at it."""
    folder = tmp_path_factory.mktemp("up")
    with pytest.MonkeyPatch.context() as monkeypatch:
        replaced_path(folder, monkeypatch).link("java")
        with own_state(folder, monkeypatch) as loader:
            commands = [loader.start("local", "up", text=True) for _ in range(2)]
            printed, said = zip(*[command.communicate(timeout=200) for command in commands], strict=True)
            assert [command.returncode for command in commands] == [0, 0], said
            host, _, port = printed[0].removeprefix("cassandra://").removesuffix("/KEYSPACE.TABLE\n").partition(":")
            yield Up(loader, Address(host, int(port)), printed, said)


def _node(loader):
    return loader.folder / "state" / "loader" / "local" / "node"


def test_what_is_up_answers_on_loopback_and_is_found_by_others(up):
    assert up.address.host == "127.0.0.1"
    assert answers_cql(up.address)
    assert running() == up.address


def test_two_commands_at_once_bring_up_one(up):
    assert up.printed[0] == up.printed[1]
    assert ["it is up already\n" in said for said in up.said].count(True) == 1


def test_it_is_patient_as_it_shares_its_machine_with_the_load(up):
    limits = (
        "SELECT name, value FROM system_views.settings WHERE name IN ('read_request_timeout', 'write_request_timeout')"
    )
    told = up.loader("local", "cql", "-", stdin=limits.encode()).out
    assert [json.loads(line)["value"] for line in told.splitlines()] == ["120s", "120s"]


def test_status_says_where_it_is_and_how_it_runs(up):
    there = up.loader("local", "status")
    assert there.code == 0
    assert there.out.splitlines() == [
        f"up at:    {up.address}",
        f"runs as:  Java process {Process(_node(up.loader)).pid}, Apache Cassandra 5.0.5",
        f"data:     {_node(up.loader)}",
    ]


def test_what_is_up_is_not_brought_up_again(up):
    pid = Process(_node(up.loader)).pid
    for options in ([], ["--port", str(up.address.port)]):
        again = up.loader("local", "up", *options)
        assert (again.code, again.out, again.err) == (0, up.printed[0], "it is up already\n")
    assert Process(_node(up.loader)).pid == pid


def test_what_is_up_does_not_change_its_port(up):
    refused = up.loader("local", "up", "--port", str(free_ports(1)[0]))
    assert refused.code == 2
    assert f"it is up already, at {up.address}; take it down first" in refused.err


def test_its_folders_are_private(up):
    assert [path.stat().st_mode & 0o777 for path in (_node(up.loader).parent, _node(up.loader))] == [0o700, 0o700]


def test_the_statements_of_a_file_are_run_and_their_rows_printed(up):
    made = up.loader("local", "cql", str(SAMPLES / "orders.cql"))
    assert (made.code, made.out, made.err) == (0, "", "statements run: 2\n")
    statements = b"""INSERT INTO shop.orders (order_id, note) VALUES (1, 'a;b');
        SELECT order_id AS "Order-Id", note FROM shop.orders"""
    asked = up.loader("local", "cql", "-", stdin=statements)
    assert (asked.code, json.loads(asked.out)) == (0, {"Order-Id": 1, "note": "a;b"}), asked.err


def test_a_statement_that_is_refused_is_named_by_its_line(up):
    up.loader.write("look.cql", "-- look\nSELECT key FROM system.local;\nSELECT nothing FROM system.local")
    refused = up.loader("local", "cql", "look.cql")
    assert (refused.code, refused.out) == (2, '{"key":"local"}\n')
    assert refused.err.startswith("Error: look.cql: line 3: ")
    assert "nothing" in refused.err


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("SELEC 1", "Syntax error in CQL query: line 1:0 no viable alternative at input 'SELEC'"),
        ("SOURCE x;", "Syntax error in CQL query: "),
        ("CREATE KEYSPACE a WITH replication = {};", "Server error: "),
        ("CREATE KEYSPACE a WITH replication = {'class': 'Nope'}", "Query invalid because of configuration issue: "),
        ("CREATE KEYSPACE system WITH replication = {'class': 'SimpleStrategy'}", ""),
        ("GRANT ALL ON KEYSPACE system TO anna", ""),
        ("USE never_made", ""),
    ],
)
def test_whatever_the_server_says_no_with_is_a_sentence(up, statement, said):
    refused = up.loader("local", "cql", "-", stdin=statement.encode())
    assert (refused.code, refused.out) == (2, "")
    assert refused.err.startswith(f"Error: -: line 1: {said}")
    assert refused.err.count("\n") == 1


def test_a_file_that_is_not_cql_is_refused_whole(up):
    up.loader.write("broken.cql", "CREATE KEYSPACE never WITH x;\n SELECT 'open")
    assert up.loader("local", "cql", "broken.cql").err == (
        "Error: broken.cql: line 2: a quote is opened and never closed: '\n"
    )
    up.loader.write("latin.cql", b"SELECT '\xe9'")
    assert "latin.cql: is not UTF-8" in up.loader("local", "cql", "latin.cql").err


def test_its_data_and_its_port_outlive_it_until_they_are_purged(java):
    came = java("local", "up")
    java.write("make.cql", "CREATE KEYSPACE k WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}")
    assert java("local", "cql", "make.cql").code == 0
    Process(_node(java)).stop()
    assert java("local", "status").code == 3
    assert java("local", "up").out == came.out
    asked = java(
        "local", "cql", "-", stdin=b"SELECT durable_writes FROM system_schema.keyspaces WHERE keyspace_name = 'k'"
    )
    assert json.loads(asked.out) == {"durable_writes": True}

    gone = java("local", "down")
    assert (gone.code, gone.err) == (0, "it is down; its data are kept, --purge removes them\n")
    assert Process(_node(java)).pid is None
    assert java("local", "down", "--purge").err == "it is down; its data are removed\n"
    assert not _node(java).exists()
    assert java("local", "down").err == "there is no local Cassandra\n"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGKILL, -signal.SIGKILL), (signal.SIGINT, 130)])
def test_a_command_that_is_ended_meanwhile_leaves_no_half_started_node(java, number, code):
    with java.start("local", "up") as command:
        assert wait_for((_node(java) / "cassandra.log").exists, 60)
        command.send_signal(number)
        command.communicate(timeout=60)
    assert command.returncode == code
    assert wait_for(lambda: not _processes(_node(java)), 60)
    assert java("local", "status").code == 3


def _processes(folder):
    """How many Java processes have `folder` in their command line."""
    found = 0
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found += f"-Dcassandra.storagedir={folder}/".encode() in path.read_bytes()
        except OSError:  # it ended meanwhile
            continue
    return found


def test_a_node_that_cannot_start_says_so_with_the_last_lines_of_its_log(java):
    (_node(java) / "data").mkdir(parents=True)
    (_node(java) / "data" / "data").write_text("no folder")
    failed = java("local", "up")
    assert failed.code == 3
    assert "Error: the Cassandra node at 127.0.0.1:" in failed.err
    assert "died at the start:\n" in failed.err
    assert str(_node(java) / "data" / "data") in failed.err


def test_a_port_that_is_taken_is_not_used(java, cassandra):
    failed = java("local", "up", "--port", str(cassandra.port))
    assert failed.code == 2
    assert f"127.0.0.1:{cassandra.port} is taken by another program" in failed.err


def test_without_java_and_engine_it_says_what_is_needed(programs, loader):
    failed = loader("local", "up")
    assert failed.code == 2
    assert failed.err.startswith("Error: a local Cassandra needs a container engine, or Java 17 and Maven:\n")
    assert "there is no Java 17" in failed.err
    assert loader("local", "status").code == 3


def test_statements_need_a_local_cassandra_that_is_up(programs, loader):
    refused = loader("local", "cql", str(SAMPLES / "orders.cql"))
    assert (refused.code, refused.err) == (3, "no local Cassandra is up; `loader local up` starts one\n")


@pytest.mark.parametrize("content", ["{", '{"how": "vagrant", "port": 1}'])
def test_a_state_that_cannot_be_understood_is_named(programs, loader, content):
    folder = loader.folder / "state" / "loader" / "local"
    folder.mkdir(parents=True)
    (folder / "state.json").write_text(content)
    failed = loader("local", "status")
    assert failed.code == 2
    assert f"{folder / 'state.json'}: cannot be read" in failed.err


def test_the_table_of_the_samples_has_the_fields_of_the_orders(session, keyspace):
    from loader.mapping.cql.statements import split_statements

    _, table = split_statements((SAMPLES / "orders.cql").read_text())
    session.execute(table.text.replace("shop.", f"{keyspace}."))
    columns = session.cluster.metadata.keyspaces[keyspace].tables["orders"].columns
    with (SAMPLES / "orders.jsonl").open(encoding="utf-8") as orders:
        assert set(json.loads(next(orders))) == set(columns)
