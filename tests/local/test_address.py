from __future__ import annotations

import socket
import threading

import pytest

from loader.local.address import Address, answers_cql
from loader.local.ports import free_ports


def test_a_port_where_nobody_listens_does_not_answer():
    assert not answers_cql(Address("127.0.0.1", free_ports(1)[0]))


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x84\x00"])
def test_a_server_of_another_kind_does_not_answer(answer):
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(100)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        assert not answers_cql(Address(*server.getsockname()))
        thread.join()


def test_a_server_that_says_nothing_is_not_waited_for_long():
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert not answers_cql(Address(*server.getsockname()), timeout=0.05)


def test_a_real_cassandra_answers(cassandra):
    assert answers_cql(Address(cassandra.host, cassandra.port))
