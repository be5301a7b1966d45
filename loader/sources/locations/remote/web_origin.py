"""Web servers as origins: ranges where the server has them (RFC 9110, 14), else the whole content at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter

from loader.config.urls import public_url
from loader.resilience.retry_after import retry_after
from loader.sources.locations.access import Access
from loader.sources.locations.remote.origin import Facts, OriginError, changed, ill
from loader.sources.locations.remote.pieces import dropped
from loader.sources.locations.remote.web_failures import failure

_PIECE = 256 * 1024
_CONTENT_RANGE = re.compile(r"bytes (?:(\d{1,18})-(\d{1,18})|\*)/(\d{1,18}|\*)")
_AS_IT_LIES = {"Accept-Encoding": "identity"}
_ANSWERS = (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
_UNPACKED = ("", "gzip", "x-gzip", "zstd")  # codings that are taken off with those of files, by magic bytes
_MARKS = {"tag": "ETag", "weak_tag": "ETag", "modified": "time of change"}
_REFUSED = {
    HTTPStatus.UNAUTHORIZED: "it wants a login: https://user:password@host/path, or a line for the host in ~/.netrc",
    HTTPStatus.FORBIDDEN: "check login, token or signature; a signed URL is good for a time only",
    HTTPStatus.NOT_FOUND: "nothing is there: check the URL",
    HTTPStatus.GONE: "it was taken away: ask those who keep it",
    HTTPStatus.PROXY_AUTHENTICATION_REQUIRED: "the proxy wants a login: HTTP_PROXY, HTTPS_PROXY in the environment",
}


class WebOrigin:
    """A URL of a web server. Redirects are followed, proxies and logins found as `requests` does."""

    def __init__(self, url: str, access: Access) -> None:
        parts = urlsplit(url)
        self.name = public_url(url)
        self.site = f"{parts.scheme.lower()}://{parts.netloc.rpartition('@')[2].lower()}"
        self._url = url
        self._retry = access.retry
        self._timeouts = access.timeouts
        self._clock = access.clock
        self._session = access.clients.of(self.site, _session)

    def facts(self) -> Facts:
        with self._answer({"Range": "bytes=0-0"}) as answer:
            headers = answer.headers
            if answer.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                if _range_of(headers) == (None, None, 0):
                    return _facts_of(headers, 0, ranges=True)
                raise self._refused(answer)
            if answer.status_code != HTTPStatus.PARTIAL_CONTENT:
                return _facts_of(headers, _length_of(headers), ranges=False)
            first, _, size = _range_of(headers)
            if first != 0:
                raise ill(f"asked for its first byte, it sent {headers.get('Content-Range', 'no range')[:100]}")
            answer.raw.read(_PIECE, decode_content=False)  # so that the connection can be used again
            return _facts_of(headers, size, ranges=size is not None)

    def fetch(self, facts: Facts, start: int, stop: int | None) -> Iterator[bytes]:
        with self._answer(_asked(facts, start, stop)) as answer:
            if answer.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                raise changed("it is shorter now")
            _check_same(facts, answer.headers)
            if answer.status_code == HTTPStatus.PARTIAL_CONTENT:
                _check_range(facts, answer.headers, start)
                ends = None if stop is None else self._clock.now() + self._timeouts.write
                yield from self._pieces(answer, ends)
                return
            _check_whole(facts, _length_of(answer.headers))
            # The whole of it comes at once, which may well take longer than one attempt at a range.
            yield from dropped(self._pieces(answer, ends=None), start)

    def _pieces(self, answer: requests.Response, ends: float | None) -> Iterator[bytes]:
        while piece := answer.raw.read1(_PIECE, decode_content=False):
            yield piece
            if ends is not None and self._clock.now() > ends:
                raise ill("the range did not come within timeouts.write", late=True)

    @contextmanager
    def _answer(self, headers: Mapping[str, str]) -> Iterator[requests.Response]:
        """The answer, whatever of 2xx or 416 it is."""
        try:
            with closing(self._asked_for(headers)) as answer:
                if answer.status_code not in _ANSWERS:
                    raise self._refused(answer)
                if (coding := _coding_of(answer.headers)) not in _UNPACKED:
                    raise OriginError(f"it comes encoded ({coding[:50]}), which was not asked for", "ask who keeps it")
                yield answer
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise failure(error) from error

    def _asked_for(self, headers: Mapping[str, str]) -> requests.Response:
        wait: Any = (self._timeouts.connect, self._timeouts.read)
        return self._session.get(self._url, headers={**_AS_IT_LIES, **headers}, stream=True, timeout=wait)

    def _refused(self, answer: requests.Response) -> OriginError:
        status = answer.status_code
        phrase = answer.reason if isinstance(answer.reason, str) else ""
        said = f"HTTP {status} {phrase[:100]}".rstrip()
        if status == HTTPStatus.PRECONDITION_FAILED:
            return changed("it has another ETag or time")
        if status not in self._retry.statuses:
            return OriginError(said, _REFUSED.get(HTTPStatus(status), "check the URL") if status < 500 else "")
        wait = retry_after(answer.headers.get("Retry-After"), answer.headers.get("Date"), self._clock.wall())
        return OriginError(said, again=True, ill=status != HTTPStatus.TOO_MANY_REQUESTS and not wait, wait=wait)


def _session() -> requests.Session:
    """A session for as many threads as look at inputs at once."""
    session = requests.Session()
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(pool_maxsize=32))
    return session


def _asked(facts: Facts, start: int, stop: int | None) -> dict[str, str]:
    """What a request for a range says, so that only the same content answers it."""
    headers = {}
    if facts.ranges:
        headers["Range"] = f"bytes={start}-{'' if stop is None else stop - 1}"
    if facts.tag:
        headers["If-Match"] = facts.tag
    elif facts.modified:
        headers["If-Unmodified-Since"] = facts.modified
    return headers


def _facts_of(headers: Mapping[str, str], size: int | None, *, ranges: bool) -> Facts:
    """What an answer says of its content."""
    tag, modified, coding = headers.get("ETag", ""), headers.get("Last-Modified", ""), _coding_of(headers)
    strong, weak = ("", tag) if tag.startswith("W/") else (tag, "")
    return Facts(size, ranges, strong, modified, weak, coding)


def _coding_of(headers: Mapping[str, str]) -> str:
    coding = headers.get("Content-Encoding", "").strip().lower()
    return "" if coding == "identity" else coding


def _check_same(facts: Facts, headers: Mapping[str, str]) -> None:
    """For servers that do not look at conditions, and for all else that answers in their place, as proxies do."""
    now = _facts_of(headers, None, ranges=False)
    if now.coding != facts.coding:
        raise ill("it comes in another encoding than before")
    for name in ("tag",) if facts.tag else ("modified", "weak_tag"):
        then, told = getattr(facts, name), getattr(now, name)
        if then and not told:
            raise ill(f"the answer lacks the {_MARKS[name]} that it had; something else may have sent it")
        if then and then != told:
            raise changed(f"it has another {_MARKS[name]}")


def _check_whole(facts: Facts, size: int | None) -> None:
    """For an answer that is all of it, `size` bytes by its own account."""
    if None not in (size, facts.size) and size != facts.size:
        raise changed(f"{facts.size:,} bytes then, {size:,} now")
    if size is None and facts.ranges and not (facts.tag or facts.modified or facts.weak_tag):
        raise ill("asked for a range, it sent what nothing tells to be of the same content")


def _check_range(facts: Facts, headers: Mapping[str, str], start: int) -> None:
    first, _, size = _range_of(headers)
    if first != start:
        raise ill(f"asked for bytes from {start} on, it sent {headers.get('Content-Range', 'no range')[:100]}")
    if None not in (size, facts.size) and size != facts.size:
        raise changed(f"{facts.size:,} bytes then, {size:,} now")


def _range_of(headers: Mapping[str, str]) -> tuple[int | None, int | None, int | None]:
    """First and last byte of the range, and the size of all; None for each that is not told."""
    found = _CONTENT_RANGE.fullmatch(headers.get("Content-Range", "").strip())
    if found is None:
        return None, None, None
    first, last, size = (None if part in (None, "*") else int(part) for part in found.groups())
    return first, last, size


def _length_of(headers: Mapping[str, str]) -> int | None:
    length = headers.get("Content-Length", "").strip()
    return int(length) if re.fullmatch(r"\d{1,18}", length) else None
