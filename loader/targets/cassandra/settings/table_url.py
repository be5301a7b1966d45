"""URLs of Cassandra tables: `cassandra://host[:port][,host2]/keyspace.table`."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from loader.config.urls import split_login
from loader.config.values import Kind, RefusedError, toml

SCHEME = "cassandra"
PORT = 9042  # of the native protocol, where a URL names none

_EXPECTED = "a URL like cassandra://host[:port][,host2]/keyspace.table"
_NAME = r'"(?:[^"]|"")+"|[^".]+'
_TABLE = re.compile(rf"({_NAME})\.({_NAME})")
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s\[\]:]+)(?::([0-9]{1,5}))?")


class Host(NamedTuple):
    """One contact point."""

    name: str
    port: int


class TableAddress(NamedTuple):
    """Where a table is. `hosts` is empty where a bundle names them. Names are as they were typed, quotes kept."""

    hosts: tuple[Host, ...]
    keyspace: str
    table: str


def is_cassandra(url: str) -> bool:
    """Whether a URL is that of a table."""
    return url.lower().startswith(f"{SCHEME}://")


def address_of(url: str) -> TableAddress:
    """The parts of a URL, user and password passed over. Raises `RefusedError`."""
    plain = split_login(url)[0]
    if not plain.isprintable() or any(character.isspace() for character in plain):
        raise RefusedError.expected("a URL without blanks and control characters; write %20 for a blank")
    parts = urlsplit(plain)
    table = _TABLE.fullmatch(unquote(parts.path.removeprefix("/")))
    if table is None or parts.query or parts.fragment:
        raise RefusedError.expected(_EXPECTED)
    hosts = tuple(_host(text) for text in parts.netloc.split(",")) if parts.netloc else ()
    return TableAddress(hosts, table[1], table[2])


def _host(text: str) -> Host:
    match = _HOST.fullmatch(text)
    port = PORT if match is None or match[2] is None else int(match[2])
    if match is None or not 0 < port < 2**16:
        raise RefusedError.expected(f"{_EXPECTED}; host or port cannot be read")
    return Host(match[1].strip("[]"), port)


def _parse(value: object) -> str:
    if not isinstance(value, str) or not is_cassandra(value):
        raise RefusedError.expected(_EXPECTED)
    address_of(value)
    return value


CASSANDRA_URL = Kind(_EXPECTED, _parse, lambda url: toml(split_login(url)[0]))
