"""Becomes a server that is nobody's child. Run as a script, by itself: it imports nothing of the package.

    launch.py LOCK_FD TETHER_FD COMMAND...

The process id of the server is written to LOCK_FD, which the server keeps open: as long as it lives, and no longer, the
lock that the caller holds there is held. TETHER_FD is the reading end of a pipe: when its writing end is closed, by
whatever end of the caller, the server is killed, unless something was written to it before. This script returns when
the id is written.
"""

from __future__ import annotations

import os
import signal
import sys


def main(lock: int, tether: int, command: list[str]) -> None:
    """Become `command`; the caller's child ends at once, so that the caller need not wait for the server's end."""
    if server := os.fork():
        os.write(lock, b"%d\n" % server)
        return
    os.setsid()
    if os.fork() == 0:
        os.close(lock)
        _watch(tether)
        return
    os.close(tether)
    os.execv(command[0], command)  # noqa: S606 - it is what this script is for


def _watch(tether: int) -> None:
    """Kill the parent when the tether is cut. If it ended by itself, this process has another parent by then."""
    server = os.getppid()
    let_go = os.read(tether, 1)
    if not let_go and os.getppid() == server:
        os.kill(server, signal.SIGKILL)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
