"""Idle connections of libcurl, watched for their end."""

from __future__ import annotations

import contextlib
import os
import select
import socket


class IdleSockets:
    """Tells libcurl that a kept connection was closed: it does not look at those that were used a moment ago.

    Connections are named by libcurl's number for them. Descriptors are libcurl's own, and it may close one unasked; so
    what may be done to it is done only if it is still the socket it was. Touched by the driver's thread alone.
    """

    def __init__(self) -> None:
        self._idle: dict[int, int] = {}  # descriptors by connection
        self._inodes: dict[int, int] = {}  # of all connections, by which a descriptor is known again

    def take(self, connection: int) -> None:
        """A request uses it."""
        self._idle.pop(connection, None)

    def give_back(self, connection: int, descriptor: int) -> None:
        """An answer over it is complete; `descriptor` is negative if it is not kept."""
        if descriptor < 0:
            self.take(connection)  # it may have been lent and given back between two looks
            self._inodes.pop(connection, None)
            return
        if connection not in self._inodes:
            self._inodes[connection] = os.fstat(descriptor).st_ino
        self._idle[connection] = descriptor

    def end_closed(self) -> None:
        """Nothing more can be sent over those that the other side has closed, or sent something unasked over."""
        if not self._idle:
            return
        poll = select.poll()
        idle = {descriptor: connection for connection, descriptor in self._idle.items()}
        for descriptor in idle:
            poll.register(descriptor, select.POLLIN)
        for descriptor, _ in poll.poll(0):
            connection = idle[descriptor]
            del self._idle[connection]
            self._end(descriptor, self._inodes.pop(connection))

    @staticmethod
    def _end(descriptor: int, inode: int) -> None:
        with contextlib.suppress(OSError):  # closed already
            if os.fstat(descriptor).st_ino == inode:
                with socket.socket(fileno=os.dup(descriptor)) as twin:
                    twin.shutdown(socket.SHUT_RDWR)
