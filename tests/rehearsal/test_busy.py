"""A local Cassandra that has too much to do while it is read back."""

from __future__ import annotations

import json
import signal
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from tests.command import wait_for
from tests.targets.cassandra.conftest import jsonl
from tests.targets.cassandra.proxy import Proxy

_HEAD = struct.Struct(">BBhBi")  # version, flags, stream, opcode, length (native protocol v4, section 2)
_QUERY, _PREPARE, _EXECUTE = 0x07, 0x09, 0x0A
_READ_TIMEOUT = struct.pack(">iH4sHiiB", 0x1200, 4, b"busy", 1, 0, 1, 0)  # an ERROR (section 9)


class BusyProxy(Proxy):
    """Answers the first `failures` questions about the rows of a rehearsal by a read timeout, as the server would."""

    def __init__(self, host: str, port: int, failures: int) -> None:
        self.left = failures
        self._reads = False
        super().__init__(host, port)

    def pass_requests(self, client: socket.socket, server: socket.socket) -> None:
        with client.makefile("rb") as requests:
            while head := requests.read(_HEAD.size):
                _, _, stream, opcode, length = _HEAD.unpack(head)
                body = requests.read(length)
                if self._fails(opcode, body):
                    client.sendall(_HEAD.pack(0x84, 0, stream, 0, len(_READ_TIMEOUT)) + _READ_TIMEOUT)
                else:
                    server.sendall(head + body)

    def _fails(self, opcode: int, body: bytes) -> bool:
        asks = b'FROM "loader_rehearsal' in body
        self._reads |= opcode == _PREPARE and asks
        if self.left and ((opcode == _QUERY and asks) or (opcode == _EXECUTE and self._reads)):
            self.left -= 1
            return True
        return False


@pytest.fixture
def busy(loader, cassandra) -> Callable[[int], AbstractContextManager[BusyProxy]]:
    """Such a proxy, and what a rehearsal of 300 rows needs, one of them bad."""
    loader.write("shop.cql", "CREATE TABLE shop.orders (id int PRIMARY KEY, name text)")
    loader.write("orders.jsonl", jsonl([*({"id": i, "name": f"row {i}"} for i in range(299)), {"id": "x"}]))

    @contextmanager
    def opened(failures: int) -> Iterator[BusyProxy]:
        proxy = BusyProxy(cassandra.host, cassandra.port, failures)
        try:
            yield proxy
        finally:
            proxy.close()

    return opened


def _arguments(proxy: BusyProxy) -> tuple[str, ...]:
    to = ("--to", "cassandra://127.0.0.1:1/shop.orders", "--schema", "shop.cql")
    return ("rehearse", "orders.jsonl", *to, "--local", f"127.0.0.1:{proxy.port}")


def _rehearsals(keyspaces: Callable[[], set[str]]) -> set[str]:
    return {name for name in keyspaces() if name.startswith("loader_rehearsal_")}


def test_reads_that_time_out_are_asked_again(busy, loader):
    with busy(3) as proxy:
        done = loader(*_arguments(proxy))
    assert done.code == 1, done.err
    assert proxy.left == 0
    comparison = done.report["comparison"]
    assert (comparison["rows"], comparison["compared"], comparison["differing"]) == (299, 299, 0)


def test_what_cannot_be_read_back_leaves_the_report_of_the_load(busy, loader, keyspaces):
    before = _rehearsals(keyspaces)
    with busy(10**6) as proxy:
        done = loader(*_arguments(proxy))
    assert done.code == 3, done.err
    assert (done.report["read"], done.report["delivered"], done.report["rejected"]) == (300, 299, 1)
    assert "comparison" not in done.report
    assert "could not be read back" in done.report["reason"]
    assert "orders.jsonl:300: id: expected a whole number" in done.err
    assert "complete: read 300 = delivered 299 + rejected 1 + unknown 0" in done.err
    assert "start one: loader local up" not in done.err
    assert "rehearse again when the machine has less to do" in done.err
    assert _rehearsals(keyspaces) == before


def test_an_interrupt_while_it_is_read_back_leaves_the_report_of_the_load_too(busy, loader, keyspaces):
    before = _rehearsals(keyspaces)
    loader.write("loader.toml", '[retry]\ninitial_backoff = 60\njitter = "none"\n')
    with (
        busy(10**6) as proxy,
        loader.start(*_arguments(proxy), "--report-json", "report.json") as process,
    ):
        wait_for(lambda: proxy.left < 10**6)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    report = json.loads((loader.folder / "report.json").read_bytes())
    assert (report["delivered"], report["rejected"], report["exit_code"]) == (299, 1, 130)
    assert b"could not be read back: interrupted" in err
    assert _rehearsals(keyspaces) == before
