"""Start of a worker process, and the parent's end of its channel."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from typing import Protocol

import msgspec

from loader import signals
from loader.shortage import no_process
from loader.workers.channel import Channel
from loader.workers.channel_inbox import ChannelInbox
from loader.workers.messages import Order, Report

# The worker looks for modules where the parent does, and not in the folder that it is started in.
_BOOT = "import sys; sys.path[:] = sys.argv[2:]; from loader.workers.process import main; main()"
_PATIENCE = 1.0  # seconds that a worker has to end by itself
_TAIL = 2000  # bytes of what a dead worker last wrote to its standard error

_decode = msgspec.msgpack.Decoder(list[Report]).decode


class Link(Protocol):
    """The way to a worker. Its reports, and after them all one `Hangup`, go to the function that it was made with."""

    def send(self, order: Order) -> None:
        """Say something soon, without waiting. Nothing is said to a worker that is gone."""

    def how_it_ended(self) -> str:
        """What is known of the end of a worker that is gone, in words."""

    def hang_up(self) -> None:
        """Upon which the worker ends at once. Idempotent."""

    def close(self) -> None:
        """Hang up, and see that the worker is gone. Idempotent."""


class WorkerProcess:
    """A `Link` to a process of its own."""

    def __init__(self, start: bytes, inbox: ChannelInbox, hear: Callable[[object], None]) -> None:
        """Starts the process, tells it what `start` holds, and returns at once."""
        self._inbox = inbox
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the link
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = self._spawn(theirs)
        self._channel = Channel(ours, _decode, hear, opening=start)
        inbox.add(self._channel)

    def _spawn(self, sock: socket.socket) -> subprocess.Popen[bytes]:
        """The signals that end a run are blocked in the worker from its first instruction; here none gets lost."""
        command = [sys.executable, "-P", "-c", _BOOT, str(sock.fileno()), *sys.path]
        before = signal.pthread_sigmask(signal.SIG_BLOCK, signals.ENDING)
        try:
            return subprocess.Popen(  # noqa: S603 - this very program
                command,
                pass_fds=(sock.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._complaints,
            )
        except BlockingIOError as error:
            raise no_process() from error
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def send(self, order: Order) -> None:
        self._channel.send(order)

    def how_it_ended(self) -> str:
        code = self._wait()
        how = f"with exit code {code}" if code >= 0 else f"by {signal.Signals(-code).name}"
        self._complaints.seek(max(0, self._complaints.seek(0, 2) - _TAIL))
        said = self._complaints.read().decode(errors="replace").strip()
        return f"worker process {self._process.pid} ended {how}" + (f": {said}" if said else "")

    def hang_up(self) -> None:
        self._inbox.remove(self._channel)
        self._channel.close()

    def close(self) -> None:
        self.hang_up()
        self._wait()
        self._complaints.close()

    def _wait(self) -> int:
        try:
            return self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()
