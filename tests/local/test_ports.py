from __future__ import annotations

import socket

from loader.local.ports import free_ports, is_free


def test_a_port_that_is_listened_on_is_not_free():
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert not is_free("127.0.0.1", server.getsockname()[1])


def test_free_ports_differ_and_are_free_at_every_address():
    addresses = ["127.0.0.1", "127.0.0.2"]
    ports = free_ports(20, addresses)
    assert len(set(ports)) == 20
    assert all(is_free(address, port) for port in ports for address in addresses)


def test_free_ports_are_none_that_outgoing_connections_get():
    assert max(free_ports(50)) < 32_768
