"""URLs of targets and proxies: validation, logins, and the form without secrets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

from loader.config.secrets import MASK, looks_secret
from loader.config.values import Kind, Refusal, RefusedError, nearest, toml

_TEMPLATE = re.compile(r"\{\{[^{}]+\}\}")
_PLACEHOLDER = "\ue000"  # stands for a template while a URL is taken apart, whatever its field is called
_USERINFO = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*://)?([^/?#]*)@")
_QUERY_VALUE = re.compile(r"(?<=[?&;])([^=&;#?]+)=([^&;#]+)")

_EXPECTED = "a URL like https://host/path, with {{field}} templates in path and query only"
_EXPECTED_PROXY = 'a URL like http://host:port, "none" for no proxy, or "" to take it from the environment'


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


def is_bulk(url: str) -> bool:
    """Whether a URL names the bulk endpoint of Elasticsearch or OpenSearch by its path."""
    return urlsplit(url).path.rstrip("/").endswith("/_bulk")


def parse_url(value: object) -> str:
    """The URL of an HTTP target, as given. Raises `RefusedError`."""
    if not isinstance(value, str) or "://" not in value:
        raise RefusedError.expected(_EXPECTED)
    plain = _TEMPLATE.sub(_PLACEHOLDER, value)
    parts = _split(plain, _EXPECTED)
    scheme = plain.partition("://")[0]
    if any(mark in scheme + parts.netloc for mark in (_PLACEHOLDER, "{{")):
        raise RefusedError.expected("{{field}} templates in path and query only, not in scheme, host or port")
    _check_scheme(scheme)
    _check_host(parts, _EXPECTED)
    if "#" in plain:
        raise RefusedError.expected("a URL without a fragment (#...); write %23 for a # in path or query")
    if "{{" in plain or "}}" in plain:
        raise RefusedError.expected("templates of the form {{field}}, each closed by }}")
    return value


def parse_proxy(value: object) -> str:
    """The URL of a proxy as given, "none" or "". Raises `RefusedError`."""
    if value in ("", "none"):
        return str(value)
    if not isinstance(value, str) or not value.lower().startswith(("http://", "https://")):
        raise RefusedError.expected(_EXPECTED_PROXY)
    parts = _split(value, _EXPECTED_PROXY)
    _check_host(parts, _EXPECTED_PROXY)
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise RefusedError.expected(_EXPECTED_PROXY)
    return value


def _split(url: str, expected: str) -> SplitResult:
    # urlsplit drops some of these characters without a word.
    if any(character.isspace() or not (character.isprintable() or character == _PLACEHOLDER) for character in url):
        raise RefusedError.expected("a URL without blanks and control characters; write %20 for a blank")
    try:
        return urlsplit(url)
    except ValueError:
        raise RefusedError.expected(expected) from None


def _check_scheme(scheme: str) -> None:
    if scheme.lower() not in ("http", "https"):
        valid = ("http", "https", "cassandra")
        raise RefusedError(Refusal("expected a URL whose scheme is http, https or cassandra", nearest(scheme, valid)))


def _check_host(parts: SplitResult, expected: str) -> None:
    try:
        host, port = parts.hostname, parts.port
        (host or "").encode("idna")  # refuses empty and overlong labels
    except ValueError:
        raise RefusedError.expected(f"{expected}; host or port cannot be read") from None
    if not host or port == 0 or "\\" in parts.netloc:
        raise RefusedError.expected(f"{expected}; host or port cannot be read")


def _is_secret_value(match: re.Match[str]) -> bool:
    # A template is the name of a field, and no secret.
    return looks_secret(unquote(match[1])) and _TEMPLATE.fullmatch(match[2]) is None


def _hide(match: re.Match[str]) -> str:
    return f"{match[1]}={MASK}" if _is_secret_value(match) else match[0]


def _write(url: str) -> str:
    return toml(public_url(url))


URL = Kind(_EXPECTED, parse_url, _write)
PROXY = Kind(_EXPECTED_PROXY, parse_proxy, _write)
