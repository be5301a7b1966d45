"""Driver connections with a fast path for empty results, the usual answer to a write."""

from __future__ import annotations

import io
import struct
from typing import Any

from cassandra.cluster import Cluster
from cassandra.protocol import ProtocolHandler

_RESULT = 0x08
_VOID = b"\0\0\0\x01"  # the body of a RESULT that has nothing to tell (native protocol v4, section 4.2.5.1)

_HEAD = b"\x84\0"  # a response of version 4 without flags (section 2)
_REST = bytes((_RESULT,)) + b"\0\0\0\x04" + _VOID  # what follows the number of the stream
_LENGTH = len(_HEAD) + 2 + len(_REST)
_stream_at = struct.Struct(">h").unpack_from


def decode(version: int, user_types: Any, stream: int, flags: int, opcode: int, body: bytes, *rest: Any) -> Any:
    """None for the usual answer, which says nothing; else the driver's own message (its `Connection.send_msg`)."""
    if opcode == _RESULT and not flags and body == _VOID:
        return None
    return ProtocolHandler.decode_message(version, user_types, stream, flags, opcode, body, *rest)


class QuickConnection(Cluster.connection_class):  # type: ignore[misc] # the driver has no types
    """The driver's connection. Usual answers to requests that are decoded by `decode` are taken many at a time.

    Everything else, and all that is not as it should be, is left to the driver, byte for byte.
    """

    in_buffer_size = 64 * 1024  # the driver's own are 4 KiB, in and out, and each piece is a call of the system
    out_buffer_size = 64 * 1024

    def process_io_buffer(self) -> None:
        """Called by the event loop when bytes came."""
        if self._current_frame or self._is_checksumming_enabled or not self._take_usual_answers():
            super().process_io_buffer()

    def _take_usual_answers(self) -> bool:
        """Whether there was nothing else."""
        data = self._io_buffer.io_buffer.getvalue()
        at = 0
        while data.startswith(_HEAD, at) and data.startswith(_REST, at + 4):
            (stream,) = _stream_at(data, at + 2)
            request = self._requests.pop(stream, None)
            if request is None:
                break  # its time was over: the driver knows what to do with its stream
            callback, decoder, _ = request
            if decoder is not decode:
                self._requests[stream] = request
                break
            at += _LENGTH
            callback(None)
            with self.lock:
                self.request_ids.append(stream)
        if at:
            self.msg_received = True
            rest = io.BytesIO()
            rest.write(data[at:])
            self._io_buffer._io_buffer = rest
        return at == len(data)
