"""Credentials of a target: basic, bearer or header."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from loader.config.header_rules import is_header_name, is_header_value
from loader.config.secrets import MASK
from loader.config.values import Kind, Refusal, RefusedError, nearest, toml

_EXPECTED = (
    '{basic = "user:password"}, {user = "...", password = "..."}, {bearer = "token"} or '
    '{header = "X-Api-Key", value = "..."}; {} for none'
)
_MEMBERS = ("basic", "user", "password", "bearer", "header", "value")


@dataclass(frozen=True, slots=True)
class Auth:
    """One of: basic (user and password), bearer (token), header (name and value). Never printed."""

    kind: Literal["none", "basic", "bearer", "header"] = "none"
    user: str = field(default="", repr=False)  # some services take a token for the user and no password
    secret: str = field(default="", repr=False)
    header: str = ""


def basic(user: str, password: str, at: tuple[str, ...] = ()) -> Auth:
    """Raises `RefusedError` for what basic authentication cannot carry (RFC 7617, section 2)."""
    if ":" in user or not user.isprintable() or not password.isprintable():
        raise RefusedError.expected('a user without ":" and a password, both without control characters', at)
    return Auth("basic", user, password)


def parse_auth(value: object) -> Auth:
    """One of the forms of `auth` in TOML. Raises `RefusedError`."""
    if not isinstance(value, Mapping):
        raise RefusedError.expected(_EXPECTED)
    refusals = [_unknown(name) for name in value if name not in _MEMBERS]
    refusals += [
        Refusal("expected a text that is not empty", at=(name,))
        for name, item in value.items()
        if name in _MEMBERS and not (isinstance(item, str) and (item or name == "password"))
    ]
    if refusals:
        raise RefusedError(*refusals)
    return _form(value)


def _form(given: Mapping[str, str]) -> Auth:
    match sorted(given):
        case []:
            return Auth()
        case ["basic"]:
            user, colon, password = given["basic"].partition(":")
            if not colon:
                raise RefusedError.expected('"user:password"', at=("basic",))
            return basic(user, password, at=("basic",))
        case ["password", "user"]:
            return basic(given["user"], given["password"])
        case ["bearer"]:
            if any(not "!" <= character <= "~" for character in given["bearer"]):
                raise RefusedError.expected("a token of printable ASCII characters without blanks", at=("bearer",))
            return Auth("bearer", secret=given["bearer"])
        case ["header", "value"]:
            return _header(given["header"], given["value"])
    raise RefusedError.expected(_EXPECTED)


def _header(name: str, value: str) -> Auth:
    if not is_header_name(name):
        raise RefusedError.expected("the name of a header the loader does not set itself", at=("header",))
    if not is_header_value(value):
        raise RefusedError.expected("a text without CR, LF, NUL or blanks around it", at=("value",))
    return Auth("header", secret=value, header=name)


def _unknown(name: str) -> Refusal:
    close = nearest(name, _MEMBERS)
    return Refusal("unknown key" if close else f"unknown key; expected {_EXPECTED}", close, (name,))


def write_auth(auth: Auth) -> str:
    """As TOML, secrets masked."""
    forms = {
        "none": {},
        "basic": {"user": auth.user if auth.secret else MASK, "password": MASK},
        "bearer": {"bearer": MASK},
        "header": {"header": auth.header, "value": MASK},
    }
    return toml(forms[auth.kind])


AUTH = Kind(_EXPECTED, parse_auth, write_auth)
