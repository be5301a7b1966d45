"""A target that cannot be asked when a load starts: it is asked again as a request would be, and no row is blamed."""

from __future__ import annotations

import signal

import pytest

from loader.local.ports import free_ports
from tests.targets.cassandra.conftest import jsonl


@pytest.fixture
def rows(loader):
    loader.write("a.jsonl", jsonl({"id": i} for i in range(3)))


@pytest.fixture
def nobody() -> str:
    """The URL of a table at a port where nothing listens."""
    (port,) = free_ports(1)
    return f"cassandra://127.0.0.1:{port}/shop.orders"


def test_a_target_that_is_down_stops_the_run_after_its_retries(loader, rows, nobody):
    done = loader("push", "a.jsonl", "--to", nobody, "--dlq", "dead.jsonl")
    assert done.code == 3
    assert len(done.report["warnings"]) == 5  # retry.max_retries
    assert "trying again in" in done.err
    assert "no connection" in done.err
    assert (done.report["read"], done.report["untouched"], done.report["status"]) == (0, 3, "stopped")
    assert loader.letters() == []
    assert f"next: loader push a.jsonl --to {nobody} --dlq dead.jsonl --resume" in done.err


def test_a_name_that_does_not_resolve_stops_it_at_once(loader, rows):
    done = loader("push", "a.jsonl", "--to", "cassandra://no-such-host.invalid/shop.orders", "--dlq", "dead.jsonl")
    assert done.code == 3
    assert "trying again" not in done.err
    assert "the name does not resolve" in done.err
    assert "check the hosts in the URL" in done.err
    assert loader.letters() == []


def test_ctrl_c_while_it_is_trying_ends_it(loader, rows, nobody):
    loader.write("loader.toml", '[retry]\ninitial_backoff = 60\njitter = "none"\n')
    with loader.start("push", "a.jsonl", "--to", nobody) as process:
        line = b""
        while b"trying again" not in line:
            line = process.stderr.readline()
            assert line, "it ended before it was asked to"
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    assert process.returncode == 130


def test_a_check_of_a_target_that_is_down_says_so(loader, rows, nobody):
    done = loader("check", "a.jsonl", "--to", nobody)
    assert done.code == 3
    assert "connection: no connection" in done.out
    assert "what to do: check that the cluster is up" in done.out


@pytest.mark.parametrize("content", [b"no zip", b"PK\x05\x06" + 18 * b"\0"], ids=["no zip", "empty zip"])
def test_a_bundle_that_cannot_be_used_is_refused(loader, rows, content):
    loader.write("bundle.zip", content)
    loader.configure('[target.astra]\nurl = "cassandra:///shop.orders"\nbundle = "bundle.zip"\n')
    done = loader("push", "a.jsonl", "--to", "astra")
    assert (done.code, done.report) == (2, None)
    assert "target astra: bundle: " in done.err
