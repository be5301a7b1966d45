"""Codecs of texts, and of types that are written as one: blob, uuid, timeuuid, inet."""

from __future__ import annotations

import re
import socket
from binascii import a2b_base64, unhexlify
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from operator import itemgetter
from struct import Struct
from typing import Any

import msgspec

from loader.config.mapping_types import FieldType
from loader.mapping.cql.codec import Codec, Parts, framed

_UUID = re.compile(
    r"(?P<open>\{)?(?P<digits>[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?(open)\})", re.IGNORECASE
)
_UUID_CELL = Struct("20s")
_UUID_LENGTH = "00000010"  # the length of its cell's value, in hexadecimal
_UUID_DASHES = itemgetter(8, 13, 18, 23)
_UUID_VERSION = itemgetter(14)


def text_codec() -> Codec:
    return Codec("a text", str.encode, str, (lambda texts: framed(list(map(str.encode, texts))),), empty_text=True)


def spelled_text_codec() -> Codec:
    """Texts as they are, numbers and booleans as JSON spells them."""
    expected = "a text, number or boolean"
    columns = (lambda texts: framed(list(map(str.encode, texts))),)
    return Codec(expected, _spelled, str | int | bool, columns, empty_text=True)


def json_text_codec() -> Codec:
    """Any JSON as it is spelled, as a text."""
    return Codec("a JSON value", _json, empty_text=False, raw=True)


def ascii_codec(codec: Codec) -> Codec:
    """`codec`, for ASCII alone."""

    def encode(value: Any) -> bytes:
        return _only_ascii(codec.encode(value))

    def column(values: Sequence[str]) -> Parts:
        return framed(list(map(_encode_ascii, values)))

    expected = f"{codec.expected} of ASCII characters"
    return replace(codec, expected=expected, encode=encode, columns=(column,) if codec.columns else ())


def blob_codec(kind: FieldType | None) -> Codec:
    """Texts in hexadecimal after 0x, or also without it (`hex`), or in base64."""
    if kind == "base64":
        return Codec("bytes in base64", lambda text: a2b_base64(text, strict_mode=True), str, empty_text=True)
    if kind == "hex":
        return Codec("bytes in hexadecimal", lambda text: unhexlify(text.removeprefix("0x")), str, empty_text=True)
    return Codec("bytes in hexadecimal after 0x", _hexadecimal, str, empty_text=True)


def uuid_codec() -> Codec:
    return Codec("a UUID", _uuid, str, (_uuids,), size=16)


def timeuuid_codec() -> Codec:
    """A UUID of version 1."""

    def encode(text: str) -> bytes:
        found = _uuid(text)
        if found[6] >> 4 != 1:
            raise ValueError(text)
        return found

    def column(texts: Sequence[str]) -> Parts:
        if set(map(_UUID_VERSION, texts)) != {"1"}:
            raise ValueError("not of version 1")
        return _uuids(texts)

    return Codec("a UUID of version 1", encode, str, (column,), size=16)


def inet_codec() -> Codec:
    return Codec("an IPv4 or IPv6 address", _inet, str)


def _spelled(value: str | float) -> bytes:
    if isinstance(value, bool):
        return b"true" if value else b"false"
    if not isinstance(value, str | int):
        raise TypeError(value)
    return str(value).encode()


def _json(value: msgspec.Raw | str) -> bytes:
    if isinstance(value, msgspec.Raw):
        return bytes(value)
    msgspec.json.decode(value)
    return value.encode()


def _encode_ascii(text: str) -> bytes:
    return str.encode(text, "ascii")


def _only_ascii(value: bytes) -> bytes:
    if not value.isascii():
        raise ValueError("not ASCII")
    return value


def _hexadecimal(text: str) -> bytes:
    if text and not text.startswith("0x"):
        raise ValueError(text)
    return unhexlify(text[2:])


def _uuid(text: str) -> bytes:
    """Also one in braces, or without dashes."""
    match = _UUID.fullmatch(text)
    if match is None:
        raise ValueError(text)
    return unhexlify(match["digits"].replace("-", ""))


def _uuids(texts: Sequence[str]) -> Parts:
    """All at once: the cells in hexadecimal, one after the other."""
    if set(map(len, texts)) != {36} or set(map(_UUID_DASHES, texts)) != {("-",) * 4}:
        raise ValueError("not of the form of a UUID")
    digits = (_UUID_LENGTH + _UUID_LENGTH.join(texts)).replace("-", "")
    if len(digits) != 40 * len(texts):
        raise ValueError("more dashes than a UUID has")
    return (list(chain.from_iterable(_UUID_CELL.iter_unpack(unhexlify(digits)))),)


def _inet(text: str) -> bytes:
    try:
        return socket.inet_pton(socket.AF_INET6 if ":" in text else socket.AF_INET, text)
    except OSError:
        raise ValueError(text) from None
