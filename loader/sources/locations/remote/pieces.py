"""Pieces of bytes in order: what is dropped of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator


def dropped(pieces: Iterable[bytes], count: int) -> Iterator[bytes]:
    """All but the first `count` bytes."""
    for piece in pieces:
        if count < len(piece):
            yield piece[count:]
        count = max(0, count - len(piece))
