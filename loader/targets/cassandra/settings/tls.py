"""TLS settings of connections to Cassandra."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from loader.config.values import Kind, Refusal, RefusedError, nearest, toml

_EXPECTED = 'true, false, or {ca = "file", cert = "file", key = "file", verify = true}'
_FILES = ("ca", "cert", "key")
_MEMBERS = (*_FILES, "verify")


@dataclass(frozen=True, slots=True)
class Tls:
    """`ca` is a file of certificates to trust, "" for the well-known authorities; `verify` checks host names too."""

    ca: str = ""
    cert: str = ""
    key: str = ""
    verify: bool = True


def parse_tls(value: object) -> Tls | None:
    """None for a connection in the clear. Raises `RefusedError`."""
    if isinstance(value, bool):
        return Tls() if value else None
    if not isinstance(value, Mapping):
        raise RefusedError.expected(_EXPECTED)
    refusals = [_unknown(name) for name in value if name not in _MEMBERS]
    refusals += [
        Refusal("expected the name of a file", at=(name,))
        for name in _FILES
        if name in value and not (isinstance(value[name], str) and value[name] and "\0" not in value[name])
    ]
    if not isinstance(value.get("verify", True), bool):
        refusals.append(Refusal("expected true or false", at=("verify",)))
    if ("cert" in value) != ("key" in value):
        refusals.append(Refusal("expected both cert and key, or neither"))
    if refusals:
        raise RefusedError(*refusals)
    return Tls(**value)


def _unknown(name: str) -> Refusal:
    close = nearest(name, _MEMBERS)
    return Refusal("unknown key" if close else f"unknown key; expected {_EXPECTED}", close, (name,))


def _write(tls: Tls | None) -> str:
    if tls is None or tls == Tls():
        return toml(tls is not None)
    files = {name: getattr(tls, name) for name in _FILES if getattr(tls, name)}
    return toml({**files, "verify": tls.verify})


TLS = Kind(_EXPECTED, parse_tls, _write)
