"""Content codings of answers, unpacked within a bound."""

from __future__ import annotations

import zlib

from loader.targets.http.failed_exchanges import AnswerTooLargeError

_GZIP = 16 + zlib.MAX_WBITS


def unpacked(body: bytes, coding: str, limit: int) -> bytes:
    """`body` without the `coding` of its Content-Encoding; as it is where that is none that we asked for.

    Raises AnswerTooLargeError where that is more than `limit` bytes, zlib.error where it is damaged.
    """
    match coding.strip().lower():
        case "gzip" | "x-gzip":
            return _members(body, limit)
        case "deflate":
            return _deflated(body, limit)
        case _:
            return body


def _members(body: bytes, limit: int) -> bytes:
    """All members of a gzip stream (RFC 1952, 2.2); what follows the last one is no part of it."""
    pieces: list[bytes] = []
    rest = body
    while rest and (not pieces or rest.startswith(b"\x1f\x8b")):
        piece, rest = _inflated(rest, _GZIP, limit - sum(map(len, pieces)))
        pieces.append(piece)
    return b"".join(pieces)


def _deflated(body: bytes, limit: int) -> bytes:
    """With the header of zlib as it should be (RFC 9110, 8.4.1.2), or bare as some servers send it."""
    try:
        return _inflated(body, zlib.MAX_WBITS, limit)[0]
    except zlib.error:
        return _inflated(body, -zlib.MAX_WBITS, limit)[0]


def _inflated(body: bytes, wbits: int, limit: int) -> tuple[bytes, bytes]:
    """One stream unpacked, and what stands behind it."""
    unpacker = zlib.decompressobj(wbits)
    data = unpacker.decompress(body, limit + 1)
    if len(data) > limit:
        raise AnswerTooLargeError(f"the answer is longer than {limit:,} bytes")
    return data, unpacker.unused_data
