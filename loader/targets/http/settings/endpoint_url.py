"""URLs of HTTP targets and of proxies: validation."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

from loader.config.urls import TEMPLATE, public_url
from loader.config.values import Kind, Refusal, RefusedError, nearest, toml

SCHEMES = ("http", "https")

_PLACEHOLDER = "\ue000"  # stands for a template while a URL is taken apart, whatever its field is called
_EXPECTED = "a URL like https://host/path, with {{field}} templates in path and query only"
_EXPECTED_PROXY = 'a URL like http://host:port, "none" for no proxy, or "" to take it from the environment'


def is_bulk(url: str) -> bool:
    """Whether a URL names the bulk endpoint of Elasticsearch or OpenSearch by its path."""
    return urlsplit(url).path.rstrip("/").endswith("/_bulk")


def parse_url(value: object) -> str:
    """The URL of an HTTP target, as given. Raises `RefusedError`."""
    if not isinstance(value, str) or "://" not in value:
        raise RefusedError.expected(_EXPECTED)
    plain = TEMPLATE.sub(_PLACEHOLDER, value)
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
    if scheme.lower() not in SCHEMES:
        raise RefusedError(Refusal("expected a URL whose scheme is http or https", nearest(scheme, SCHEMES)))


def _check_host(parts: SplitResult, expected: str) -> None:
    try:
        host, port = parts.hostname, parts.port
        (host or "").encode("idna")  # refuses empty and overlong labels
    except ValueError:
        raise RefusedError.expected(f"{expected}; host or port cannot be read") from None
    if not host or port == 0 or "\\" in parts.netloc:
        raise RefusedError.expected(f"{expected}; host or port cannot be read")


def _write(url: str) -> str:
    return toml(public_url(url))


URL = Kind(_EXPECTED, parse_url, _write)
PROXY = Kind(_EXPECTED_PROXY, parse_proxy, _write)
