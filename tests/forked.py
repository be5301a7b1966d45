"""The command in a process of its own that need not import anything: a fork of one that did.

To import takes most of the time of a command on a small file. What differs from a start of the interpreter: all of the
package is imported, and what the interpreter takes from its environment is as it was when the tests began.
"""

from __future__ import annotations

import atexit
import functools
import gc
import importlib
import json
import os
import pkgutil
import runpy
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import loader

_STARTED_WITH = dict(os.environ)
_AT_START = ("PYTHON", "LANG", "LC_", "TZ")  # what the interpreter and its libraries read once
_MOST = 2**20  # bytes of a request


def can_begin_with(env: Mapping[str, str]) -> bool:
    """Whether a fork is as good as a start of the interpreter with this environment."""
    names = {name for name in (*env, *_STARTED_WITH) if name.startswith(_AT_START)}
    return all(env.get(name) == _STARTED_WITH.get(name) for name in names)


def run(
    arguments: Sequence[str], *, folder: Path, env: Mapping[str, str], stdin: bytes | None, timeout: float
) -> tuple[int, bytes, bytes]:
    """Exit code (negative: a signal), standard output and standard error of `loader` with these arguments.

    Without `stdin` there is nothing to read. Raises TimeoutError after `timeout` seconds, and kills it then.
    """
    (in_read, in_write), (out_read, out_write), (err_read, err_write) = (os.pipe() for _ in range(3))
    ours, theirs = socket.socketpair()
    given = (in_read, out_write, err_write, theirs.fileno())
    request = json.dumps([list(arguments), str(folder), dict(env)]).encode()
    socket.send_fds(_server(), [request], given)
    for fd in given[:3]:
        os.close(fd)
    theirs.close()
    with ours, ThreadPoolExecutor(3) as pool:
        pool.submit(_write, in_write, stdin or b"")
        out, err = pool.submit(_read, out_read), pool.submit(_read, err_read)
        ours.settimeout(timeout)
        with ours.makefile("r") as told:
            pid = int(told.readline())
            try:
                code = int(told.readline())
            except TimeoutError:
                os.kill(pid, signal.SIGKILL)
                raise
    return code, out.result(), err.result()


def _write(fd: int, content: bytes) -> None:
    try:
        with open(fd, "wb", buffering=0) as stream:
            while content:
                content = content[stream.write(content) :]
    except BrokenPipeError:
        """It ended without having read all."""


def _read(fd: int) -> bytes:
    with open(fd, "rb") as stream:
        return stream.read()


@functools.cache
def _server() -> socket.socket:
    """The way to a process that is forked on request; it ends with this one."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        command = [sys.executable, "-m", __name__, str(theirs.fileno())]
        process = subprocess.Popen(command, cwd=Path(__file__).parents[1], pass_fds=(theirs.fileno(),))

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)
    return ours


def _serve(requests: socket.socket) -> None:
    """Fork twice for each request: one process runs the command, the other waits for it and says how it ended."""
    for module in pkgutil.walk_packages(loader.__path__, "loader."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    gc.freeze()  # so that forks share this memory
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        request, fds, _, _ = socket.recv_fds(requests, _MOST, 4)
        if not request:
            return
        if os.fork() == 0:
            requests.close()
            _supervise(*json.loads(request), *fds)
        for fd in fds:
            os.close(fd)


def _supervise(arguments: list[str], folder: str, env: dict[str, str], *fds: int) -> None:
    *streams, said = fds
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    pid = os.fork()
    if pid == 0:
        os.close(said)
        _become_loader(arguments, folder, env, streams)
        return
    for fd in (0, 1, 2, *streams):
        os.close(fd)
    os.write(said, b"%d\n" % pid)
    _, status = os.waitpid(pid, 0)
    os.write(said, b"%d\n" % os.waitstatus_to_exitcode(status))
    os._exit(0)


def _become_loader(arguments: list[str], folder: str, env: dict[str, str], streams: list[int]) -> None:
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(env)
    sys.argv = ["loader", *arguments]
    runpy.run_module("loader", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
