"""Free ports for servers that listen a little later."""

from __future__ import annotations

import random
import socket
from collections.abc import Sequence

# Below the ports that systems give to outgoing connections (from 32768 on Linux, 49152 by RFC 6335): those could take
# a port between the look at it and the server's bind, or while the server is down.
_RANGE = range(10_000, 32_768)


def free_ports(count: int, addresses: Sequence[str] = ("127.0.0.1",)) -> list[int]:
    """`count` different ports that are free at each of `addresses` now."""
    found: set[int] = set()
    while len(found) < count:
        port = random.choice(_RANGE)
        if all(is_free(address, port) for address in addresses):
            found.add(port)
    return list(found)


def is_free(address: str, port: int) -> bool:
    """Whether a server could listen there now."""
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((address, port))
        except OSError:
            return False
    return True
