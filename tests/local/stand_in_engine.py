"""A container engine that runs one service: a way to a real Cassandra.

    stand_in_engine.py FOLDER HOST:PORT ARGUMENTS...

What follows the Cassandra's address is what the engine is called with. In FOLDER are `pid`, that of the service, and
`broken`, what the engine says when it does not work.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

FOLDER = Path(sys.argv[1])
TARGET = sys.argv[2]


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
    writer.close()


async def _forward(port: int) -> None:
    host, target_port = TARGET.split(":")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(host, int(target_port))
        await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer), return_exceptions=True)

    server = await asyncio.start_server(serve, "127.0.0.1", port)
    await server.serve_forever()


def _up() -> None:
    command = [sys.executable, __file__, *sys.argv[1:3], "forward", os.environ["LOADER_LOCAL_PORT"]]
    process = subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    (FOLDER / "pid").write_text(str(process.pid))


def _down() -> None:
    if (FOLDER / "pid").exists():
        os.kill(int((FOLDER / "pid").read_text()), signal.SIGKILL)
        (FOLDER / "pid").unlink()


def main(arguments: list[str]) -> int:
    if (FOLDER / "broken").exists():
        print("Client: version 1", (FOLDER / "broken").read_text(), sep="\n", file=sys.stderr)
        return 1
    match arguments:
        case ["forward", port]:
            asyncio.run(_forward(int(port)))
        case ["compose", "--file", _, "--project-name", _, "up", *_]:
            _up()
        case ["compose", "--file", _, "--project-name", _, "down", *_]:
            _down()
        case ["compose", "--file", _, "--project-name", _, "ps", *_] if (FOLDER / "pid").exists():
            print("0123456789abcdef0123456789abcdef")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[3:]))
