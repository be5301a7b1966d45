"""Channel: frames over a non-blocking stream socket, with what cannot be written yet kept in order."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import msgspec

_HEAD = 4  # bytes that hold the length of a frame
_READ = 2**18  # bytes read at once: more than a socket buffer holds by default

_encode = msgspec.msgpack.Encoder().encode


class Hangup:
    """The other end is gone, and no more comes from it."""


class Channel:
    """One end of a connection. A frame holds all messages that were sent since the last. Used by one thread."""

    def __init__(
        self,
        sock: socket.socket,
        decode: Callable[[memoryview], list[Any]],
        post: Callable[[Any], None],
        *,
        opening: bytes = b"",
    ) -> None:
        """`decode` reads the messages of a frame, which `post` is given one by one; after them all, a `Hangup`.

        `opening` is written before the first frame, as it is.
        """
        sock.setblocking(False)
        self._socket = sock
        self._decode = decode
        self._post = post
        self._messages: list[Any] = []
        self._unwritten: list[memoryview] = [memoryview(opening)] if opening else []
        self._unread = bytearray()
        self.is_open = True

    def fileno(self) -> int:
        return self._socket.fileno()

    def send(self, message: Any) -> None:
        """Say something with the next `write`. Nothing is said to an end that is gone."""
        if self.is_open:
            self._messages.append(message)

    @property
    def has_news(self) -> bool:
        """Whether there is something to write."""
        return bool(self._messages or self._unwritten)

    def write(self) -> bool:
        """Write what can be written now; returns whether that was all. What a dead end does not take is dropped."""
        if self._messages:
            frame = _encode(self._messages)
            self._messages.clear()
            self._unwritten += [memoryview(len(frame).to_bytes(_HEAD, "big")), memoryview(frame)]
        try:
            while self._unwritten and self.is_open:
                self._drop_written(self._socket.sendmsg(self._unwritten[:16]))
        except BlockingIOError:
            return False
        except OSError:
            self._unwritten.clear()  # reading meets the end, and tells of it after all that was said before
        return True

    def _drop_written(self, count: int) -> None:
        while count:
            first = self._unwritten[0]
            if count < len(first):
                self._unwritten[0] = first[count:]
                return
            count -= len(first)
            del self._unwritten[0]

    def read(self) -> None:
        """Take in what has come."""
        try:
            while data := self._socket.recv(_READ):
                self._unread += data
                if len(data) < _READ // 4:
                    break
            else:
                self.is_open = False
        except BlockingIOError:
            pass
        except OSError:
            self.is_open = False
        self._take_frames()
        if not self.is_open:
            self._post(Hangup())

    def _take_frames(self) -> None:
        start = 0
        with memoryview(self._unread) as unread:
            while len(unread) - start >= _HEAD:
                stop = start + _HEAD + int.from_bytes(unread[start : start + _HEAD], "big")
                if len(unread) < stop:
                    break
                for message in self._decode(unread[start + _HEAD : stop]):
                    self._post(message)
                start = stop
        if start:
            del self._unread[:start]

    def close(self) -> None:
        """Idempotent."""
        self.is_open = False
        self._socket.close()
