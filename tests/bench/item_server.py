"""An HTTP server that answers row by row: `python -m tests.bench.item_server REFUSE_EVERY` prints its port and serves.

It counts the rows of a request by its newlines; every REFUSE_EVERY-th is refused, none if that is 0.
"""

from __future__ import annotations

import asyncio
import sys
from functools import lru_cache

REFUSE_EVERY = int(sys.argv[1]) if len(sys.argv) > 1 else 0


@lru_cache
def answer(rows: int) -> bytes:
    """The whole answer to a request of `rows` rows."""
    refused = b'{"status":422,"error":"refused"}'
    items = [refused if REFUSE_EVERY and i % REFUSE_EVERY == 0 else b'{"status":201}' for i in range(rows)]
    body = b'{"items":[' + b",".join(items) + b"]}"
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer the requests of one connection."""
    try:
        while head := (await reader.readuntil(b"\r\n\r\n")).lower():
            length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
            writer.write(answer((await reader.readexactly(length)).count(b"\n")))
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def main() -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=2**24)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
