"""An HTTP server that answers row by row: `python -m tests.bench.item_server REFUSE_EVERY` prints its port and serves.

It counts the rows of a request by its newlines; every REFUSE_EVERY-th of all that came is refused, none if that is 0.
GET tells what came since the last GET.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import lru_cache
from http.client import HTTPConnection


@dataclass
class Came:
    """What came since the last look: rows, and the bytes of their bodies."""

    rows: int = 0
    bytes: int = 0


class ItemServer:
    """A running server. `url` takes rows."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.url = f"http://127.0.0.1:{port}/rows"

    def take(self) -> Came:
        """What came since this was last called."""
        connection = HTTPConnection("127.0.0.1", self._port, timeout=10)
        with contextlib.closing(connection):
            connection.request("GET", "/")
            return Came(**json.loads(connection.getresponse().read()))


@contextlib.contextmanager
def item_server(refuse_every: int) -> Iterator[ItemServer]:
    """The server in a process of its own."""
    argv = [sys.executable, "-m", "tests.bench.item_server", str(refuse_every)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield ItemServer(int(process.stdout.readline()))
        finally:
            process.terminate()


@lru_cache
def _items(rows: int, first: int, refuse_every: int) -> bytes:
    refused = b'{"status":422,"error":"refused"}'
    accepted = b'{"status":201}'
    items = [refused if refuse_every and i % refuse_every == 0 else accepted for i in range(first, first + rows)]
    return _answer(b'{"items":[' + b",".join(items) + b"]}")


def _answer(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


class _Serving:
    """What the connections of the server share."""

    def __init__(self, refuse_every: int) -> None:
        self._refuse_every = refuse_every
        self._came = Came()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).lower():
                if head.startswith(b"get "):
                    writer.write(self._told())
                    continue
                length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
                writer.write(self._taken(await reader.readexactly(length)))
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def _taken(self, body: bytes) -> bytes:
        rows = body.count(b"\n")
        first = self._came.rows % self._refuse_every if self._refuse_every else 0
        self._came.rows += rows
        self._came.bytes += len(body)
        return _items(rows, first, self._refuse_every)

    def _told(self) -> bytes:
        came, self._came = self._came, Came()
        return _answer(json.dumps(asdict(came)).encode())


async def _main(refuse_every: int) -> None:
    server = await asyncio.start_server(_Serving(refuse_every).serve, "127.0.0.1", 0, limit=2**24)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1])))
