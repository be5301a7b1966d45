"""Launcher of a detached server process. Run as a script; it imports nothing of the package.

    launch.py LOCK LOCK_FD TETHER_FD COMMAND...

LOCK_FD is the open file LOCK, locked by the caller. The process id of the server is written to it, and the server keeps
it open: as long as it lives, and no longer, the lock is held. TETHER_FD is the reading end of a pipe: when its writing
end is closed, by whatever end of the caller, the server is killed, unless something was written to it before. This
script returns when the id is written.
"""

from __future__ import annotations

import fcntl
import os
import signal
import sys


def main(path: str, lock: int, tether: int, command: list[str]) -> None:
    """Start `command` and its watcher, and return: they are adopted by init, so that nobody need wait for their end."""
    server = os.fork()
    if server == 0:
        os.close(tether)
        os.setsid()
        os.execv(command[0], command)  # noqa: S606 - it is what this script is for
    os.write(lock, b"%d\n" % server)
    if os.fork() == 0:
        os.close(lock)
        os.setsid()
        _watch(path, server, tether)


def _watch(path: str, server: int, tether: int) -> None:
    """Kill the server when the tether is cut, if it is still the one that holds the lock."""
    let_go = os.read(tether, 1)
    if not let_go and _holder(path) == server:
        os.kill(server, signal.SIGKILL)


def _holder(path: str) -> int | None:
    with open(path, "rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return int(file.read())
    return None


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
