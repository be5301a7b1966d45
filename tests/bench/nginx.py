"""nginx on loopback: takes whatever comes with 204, and logs how long each body was."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

_CONFIG = """
daemon off;
master_process off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 2048; }}
http {{
    log_format bytes "$status $content_length";
    access_log {folder}/access.log bytes buffer=64k;
    keepalive_requests 1000000000;
    client_max_body_size 64m;
    client_body_buffer_size 2m;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port} backlog=1024;
        location / {{ return 204; }}
    }}
}}
"""


@dataclass(frozen=True)
class Received:
    """What came since the last look: requests, and the bytes of their bodies."""

    requests: int
    bytes: int


class Nginx:
    """A running nginx. `url` takes rows."""

    def __init__(self, folder: Path, port: int, process: subprocess.Popen[bytes]) -> None:
        self.url = f"http://127.0.0.1:{port}/rows"
        self._log = folder / "access.log"
        self._process = process

    def forget(self) -> None:
        """Start anew with an empty log."""
        self._log.unlink(missing_ok=True)
        self._reopen()

    def received(self, enough: Callable[[Received], bool]) -> Received:
        """What came since `forget`, taken when it is `enough`; after ten seconds, whatever it is."""
        moved = self._log.with_name("taken.log")
        self._log.rename(moved)
        self._reopen()  # which writes what is buffered to the old file, soon
        deadline = time.monotonic() + 10
        while not enough(found := _read(moved)) and time.monotonic() < deadline:
            time.sleep(0.1)
        return found

    def _reopen(self) -> None:
        self._process.send_signal(signal.SIGUSR1)
        _wait_for(self._log.exists, "nginx did not open its log again")


def _read(log: Path) -> Received:
    requests = length = 0
    with log.open() as lines:
        for line in lines:
            # A line without its end is still being written.
            if line.startswith("204 ") and line.endswith("\n"):
                requests += 1
                length += int(line[4:])
    return Received(requests, length)


@contextlib.contextmanager
def nginx(folder: Path) -> Iterator[Nginx]:
    """nginx with its files in `folder`. Raises RuntimeError, with what to do, where it is not installed."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = folder / "nginx.conf"
    config.write_text(_CONFIG.format(folder=folder, port=port))
    process = subprocess.Popen([_installed(), "-c", str(config), "-p", str(folder)], stderr=subprocess.DEVNULL)
    try:
        _wait_for(lambda: _answers(port), "nginx did not start; see its error.log")
        yield Nginx(folder, port, process)
    finally:
        process.terminate()
        process.wait(10)


def _installed() -> str:
    found = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "install", "--yes", "--quiet", "nginx-light"], check=True, stdout=subprocess.DEVNULL)
        found = shutil.which("nginx", path="/usr/sbin")
    if found is None:
        raise RuntimeError("nginx is missing: install it from your distribution (Debian: apt-get install nginx-light)")
    return found


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def _wait_for(true: Callable[[], bool], otherwise: str) -> None:
    deadline = time.monotonic() + 10
    while not true():
        if time.monotonic() > deadline:
            raise RuntimeError(otherwise)
        time.sleep(0.01)
