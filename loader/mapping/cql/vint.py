"""Integers of variable length, as in the native protocol v5, section 3 ([vint] and [unsigned vint])."""

from __future__ import annotations


def unsigned_vint(number: int) -> bytes:
    """A number below 2**64. The first byte begins with as many ones as there are bytes after it."""
    # Each byte more takes one bit of the first byte; nine bytes hold all 64 bits after it.
    more = min((max(number.bit_length(), 1) - 1) // 7, 8)
    ones = 0xFF00 >> more & 0xFF
    return (ones << 8 * more | number).to_bytes(more + 1, "big")


def read_unsigned_vint(value: bytes) -> tuple[int, bytes]:
    """The number at the beginning of `value`, and what follows it."""
    more = 8 - (~value[0] & 0xFF).bit_length()
    bits = 8 * more + max(7 - more, 0)
    return int.from_bytes(value[: more + 1], "big") & ((1 << bits) - 1), value[more + 1 :]


def signed_vint(number: int) -> bytes:
    """A number of 64 bits with its sign, zigzag: small ones of either sign are short."""
    return unsigned_vint(number << 1 if number >= 0 else ~(number << 1))
