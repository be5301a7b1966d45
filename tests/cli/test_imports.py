"""What a command does not use it does not import: that is most of how long it takes to start."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.targets.http.servers import answer, keep_alive, serving

_REPORT = """
import atexit, sys
listing = sys.argv.pop()
atexit.register(lambda: open(listing, "w").write("\\n".join(sys.modules)))
from loader.cli.main import main
main()
"""
HEAVY = ("asyncio", "cassandra", "msgspec", "multiprocessing", "pycurl", "requests", "rich", "ssl", "urllib3")


def imported(folder, *arguments: str) -> set[str]:
    """The top-level names of all that a command imported, and the parts of loader below it."""
    listing = folder / "modules"
    argv = [sys.executable, "-c", _REPORT, *arguments, str(listing)]
    subprocess.run(argv, cwd=folder, timeout=60, check=True, capture_output=True)
    modules = listing.read_text().split()
    return {name.partition(".")[0] for name in modules} | {name for name in modules if name.startswith("loader.")}


@pytest.mark.parametrize("command", [["--help"], ["--version"], ["push", "--help"]])
def test_help_imports_no_part_of_the_program_but_its_commands(tmp_path, command):
    found = imported(tmp_path, *command)
    assert not found.intersection(HEAVY)
    parts = {name.split(".")[1] for name in found if name.startswith("loader.")}
    assert parts <= {"cli", "errors", "exit_codes", "formats", "registry", "report"}


def test_a_load_over_http_imports_neither_the_cassandra_driver_nor_a_screen(tmp_path):
    (tmp_path / "rows.jsonl").write_text('{"a":1}\n')
    with serving(keep_alive(lambda seen: answer(200))) as server:
        found = imported(tmp_path, "push", "rows.jsonl", "--to", server.url)
        assert len(server.requests) == 1
    assert not found.intersection(("asyncio", "cassandra", "rich"))
    assert not {name for name in found if name.startswith(("loader.targets.cassandra", "loader.mapping.cql"))}
    assert "loader.sources.formats.json_text.json_scanner" not in found


def test_a_dry_run_of_a_schema_file_connects_nowhere_and_imports_no_http_client(tmp_path):
    (tmp_path / "rows.jsonl").write_text('{"a":1}\n')
    (tmp_path / "table.cql").write_text("CREATE TABLE k.t (a int PRIMARY KEY);")
    arguments = ("--to", "cassandra://127.0.0.1/k.t", "--dry-run", "--schema", "table.cql")
    found = imported(tmp_path, "push", "rows.jsonl", *arguments)
    assert not found.intersection(("requests", "urllib3", "pycurl", "rich"))
