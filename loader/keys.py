"""Idempotency keys: the same rows in the same request have the same key, in any process and after any restart."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b

from loader.rows import Origin, Rows, Source

_KEY_BYTES = 16


def row_key(run_id: str, source_index: int, source_name: str, offset: int) -> str:
    """The key of a request that carries one row: 32 hex digits from run, input and byte offset of the row."""
    return _input_hash(run_id, source_index, source_name, offset.to_bytes(8, sys.byteorder))


def row_keys(run_id: str, source: Source, offsets: Sequence[int]) -> list[str]:
    """The `row_key` of each row of an input, by its offset."""
    begun = _begun(run_id, source.index, source.name)
    return [_ended(begun, offset.to_bytes(8, sys.byteorder)) for offset in offsets]


def request_key(run_id: str, rows: Rows) -> str:
    """The key of a request that carries `rows`: that of its row if it is one, else a hash over all of them.

    Rows that come from dead letters keep the keys they had.
    """
    if rows.origins is not None:
        keys = [kept_key(run_id, origin) for origin in rows.origins]
        return keys[0] if len(keys) == 1 else blake2b("".join(keys).encode(), digest_size=_KEY_BYTES).hexdigest()
    # The offsets stand for the rows' keys: run and input, the rest of each key, are the same for all rows of a request.
    return _input_hash(run_id, rows.source.index, rows.source.name, array("Q", rows.offsets).tobytes())


def kept_key(run_id: str, origin: Origin) -> str:
    """The key of a row that comes from a dead letter."""
    return origin.idempotency_key or row_key(run_id, 0, origin.source, origin.offset)


def _input_hash(run_id: str, index: int, name: str, offsets: bytes) -> str:
    return _ended(_begun(run_id, index, name), offsets)


def _ended(begun: blake2b, offsets: bytes) -> str:
    whole = begun.copy()
    whole.update(offsets)
    return whole.hexdigest()


@lru_cache(maxsize=64)
def _begun(run_id: str, index: int, name: str) -> blake2b:
    """The hash of what all keys of an input begin with."""
    return blake2b(f"{run_id}\0{index}\0{name}\0".encode("utf-8", "surrogateescape"), digest_size=_KEY_BYTES)
