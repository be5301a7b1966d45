"""URLs of targets: logins, secrets, and the form without them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import unquote

from loader.config.secrets import MASK, looks_secret

TEMPLATE = re.compile(r"\{\{[^{}]+\}\}")
_USERINFO = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*://)?([^/?#]*)@")
_QUERY_VALUE = re.compile(r"(?<=[?&;])([^=&;#?]+)=([^&;#]+)")


class Login(NamedTuple):
    """The user and password of a URL, percent-decoded, and both as they stand there. Never printed."""

    user: str
    password: str
    text: str

    def __repr__(self) -> str:
        return f"Login({MASK})"


def split_login(url: str) -> tuple[str, Login | None]:
    """A URL without user and password, and these two; None where the URL has none."""
    match = _USERINFO.match(url)
    if match is None:
        return url, None
    user, _, password = match[2].partition(":")
    login = Login(unquote(user), unquote(password), match[2])
    return (match[1] or "") + url[match.end() :], login if user or password else None


def public_url(url: str) -> str:
    """A URL that may be shown: no user and password, and query values whose names look secret masked.

    For URLs that were checked; of any other text it hides what it can recognise.
    """
    return _QUERY_VALUE.sub(_hide, split_login(url)[0])


def secret_query_values(url: str) -> Iterator[str]:
    """The query values `public_url` masks, as they stand in the URL."""
    return (match[2] for match in _QUERY_VALUE.finditer(url) if _is_secret_value(match))


def _is_secret_value(match: re.Match[str]) -> bool:
    # A template is the name of a field, and no secret.
    return looks_secret(unquote(match[1])) and TEMPLATE.fullmatch(match[2]) is None


def _hide(match: re.Match[str]) -> str:
    return f"{match[1]}={MASK}" if _is_secret_value(match) else match[0]
