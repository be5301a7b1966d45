"""Channel inbox: one queue for messages of sockets, threads and signal handlers."""

from __future__ import annotations

import os
import selectors
import threading
from collections import deque

from loader.workers.channel import Channel

_READ, _WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE


class ChannelInbox:
    """`put` from any thread, and from signal handlers; all else by one thread, which reads and writes the sockets, too.

    Sockets are served in `get` alone: there is no thread between them and the one that decides.
    """

    def __init__(self) -> None:
        self._messages: deque[object] = deque()
        self._selector = selectors.DefaultSelector()
        self._channels: dict[Channel, bool] = {}  # whether it waits for room to write
        self._woken, self._wake = os.pipe()
        self._waits = False  # never once it is closed
        self._guard = threading.RLock()  # which a signal handler may take in the midst of a `put`
        for end in (self._woken, self._wake):
            os.set_blocking(end, False)
        self._selector.register(self._woken, _READ)

    def put(self, message: object) -> None:
        """Leave a message; never blocks. None says nothing, but ends a wait: even one that has yet to begin."""
        self._messages.append(message)
        if self._waits:  # looked at after the message was left, as `get` looks for messages after it was set
            self._end_wait()

    def get(self, timeout: float) -> object | None:
        """The next message, or None when none came within `timeout` seconds."""
        if not self._messages:
            self._write()
            self._wait(timeout)
        return self._messages.popleft() if self._messages else None

    def add(self, channel: Channel) -> None:
        """Serve a channel from now on."""
        self._channels[channel] = False
        self._selector.register(channel, _READ, channel)

    def remove(self, channel: Channel) -> None:
        """Serve it no more. Before it is closed. Idempotent."""
        if self._channels.pop(channel, None) is not None:
            self._selector.unregister(channel)

    def close(self) -> None:
        """Messages that come after are lost."""
        with self._guard:
            self._waits = False
            self._selector.close()
            os.close(self._woken)
            os.close(self._wake)

    def _end_wait(self) -> None:
        with self._guard:  # the descriptor is another file's once it was closed
            if self._waits:
                self._waits = False
                os.write(self._wake, b"!")

    def _write(self) -> None:
        for channel, waits in self._channels.items():
            if channel.has_news and not waits and not channel.write():
                self._watch(channel, waits=True)

    def _watch(self, channel: Channel, *, waits: bool) -> None:
        self._channels[channel] = waits
        self._selector.modify(channel, _READ | _WRITE if waits else _READ, channel)

    def _wait(self, timeout: float) -> None:
        self._waits = True
        ready = self._selector.select(0.0 if self._messages else timeout)
        self._waits = False
        for key, events in ready:
            if key.data is None:
                os.read(self._woken, 4096)
                continue
            channel: Channel = key.data
            if events & _WRITE and channel.write():
                self._watch(channel, waits=False)
            if events & _READ:
                channel.read()
            if not channel.is_open:
                self.remove(channel)
