"""Connections that libcurl keeps for later, watched for their end."""

from __future__ import annotations

import contextlib
import os
import select
import socket


class IdleSockets:
    """Tells libcurl that a kept connection was closed: it does not look at those that were used a moment ago.

    Descriptors are libcurl's own, and it may close one unasked; so what may be done to it is done only if it is still
    the socket it was. Touched by the driver's thread alone.
    """

    def __init__(self) -> None:
        self._inodes: dict[int, int] = {}  # by descriptor, of each connection that was ever used
        self._idle: set[int] = set()

    def take(self, descriptor: int) -> None:
        """A request uses it."""
        self._idle.discard(descriptor)

    def give_back(self, descriptor: int, *, fresh: bool) -> None:
        """Its answer is complete. `fresh`: it was opened for the request."""
        if descriptor < 0:
            return
        self._idle.add(descriptor)
        if fresh or descriptor not in self._inodes:
            self._inodes[descriptor] = os.fstat(descriptor).st_ino

    def end_closed(self) -> None:
        """Nothing more can be sent over those that the other side has closed, or sent something unasked over."""
        if not self._idle:
            return
        poll = select.poll()
        for descriptor in self._idle:
            poll.register(descriptor, select.POLLIN)
        for descriptor, _ in poll.poll(0):
            self._idle.discard(descriptor)
            self._end(descriptor)

    def _end(self, descriptor: int) -> None:
        with contextlib.suppress(OSError):  # closed already
            if os.fstat(descriptor).st_ino == self._inodes[descriptor]:
                with socket.socket(fileno=os.dup(descriptor)) as twin:
                    twin.shutdown(socket.SHUT_RDWR)
