"""Address of a local Cassandra, and whether it answers."""

from __future__ import annotations

import socket
from dataclasses import dataclass

# An OPTIONS request, which needs no login, and the head of its answer, SUPPORTED
# (https://github.com/apache/cassandra/blob/trunk/doc/native_protocol_v4.spec, sections 2, 4.1.3 and 4.2.4).
_OPTIONS = bytes((0x04, 0, 0, 0, 0x05, 0, 0, 0, 0))
_SUPPORTED = bytes((0x84, 0, 0, 0, 0x06))

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Address:
    """Host and port for clients."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def answers_cql(address: Address, timeout: float = 2) -> bool:
    """Whether a server there speaks CQL; each step may take `timeout` seconds."""
    try:
        with socket.create_connection((address.host, address.port), timeout) as connection:
            connection.sendall(_OPTIONS)
            with connection.makefile("rb") as answer:
                return answer.read(len(_SUPPORTED)) == _SUPPORTED
    except OSError:
        return False
