"""Objects of buckets as origins: those of Amazon, Google and Azure, and of what speaks their protocols."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from loader.config.sections import Retry
from loader.sources.locations.remote.origin import Facts, OriginError, changed, ill

if TYPE_CHECKING:
    from obstore.store import ObjectStore

_PIECE = 64 * 1024  # small enough that little is lost where an answer breaks off
_STATUS = re.compile(r"status code: (\d{3})")
_CODE = re.compile(r"<Code>([A-Za-z0-9]{1,60})</Code>")
# Where credentials are asked for when the environment has none: services for machines and containers, of each cloud.
_OF_CREDENTIALS = re.compile(r"token request|/latest/(?:api/token|meta-data)|169\.254\.|no credential", re.IGNORECASE)
_NO_RIGHT = (
    "no right to read there: check the credentials (environment, role of the machine) and what they may do; "
    "of a bucket that is open to all: {}"
)
_NO_ENTRY = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


class ObjectOrigin:
    """An object of a bucket."""

    def __init__(self, store: ObjectStore, bucket: str, key: str, open_to_all: str, retry: Retry) -> None:
        """`bucket` is a URL; `open_to_all` is the setting that asks without credentials."""
        self.name = f"{bucket}/{key}"
        self.site = bucket
        self._store = store
        self._key = key
        self._open_to_all = open_to_all
        self._retry = retry

    def facts(self) -> Facts:
        import obstore

        with as_origin_errors(self._open_to_all, self._retry):
            found = obstore.head(self._store, self._key)
        return facts_of(found["size"], found["e_tag"], found["last_modified"])

    def fetch(self, facts: Facts, start: int, stop: int | None) -> Iterator[bytes]:
        import obstore

        stop = facts.size or 0 if stop is None else stop
        with as_origin_errors(self._open_to_all, self._retry):
            found = obstore.get(self._store, self._key, options={"range": (start, stop), "if_match": facts.tag or None})
            meta = found.meta
            if facts_of(meta["size"], meta["e_tag"], meta["last_modified"]) != facts:
                raise changed(f"{facts.size:,} bytes then, {meta['size']:,} now")
            if found.range[0] != start:
                raise ill(f"asked for bytes from {start} on, it sent them from {found.range[0]} on")
            for piece in found.stream(min_chunk_size=_PIECE):
                yield bytes(piece)


def facts_of(size: int, tag: str | None, modified: datetime) -> Facts:
    """The facts of an object, alike from lists and from answers.

    Lists of some servers have the parts of a second, which dates of answers lack, and those of Azure have tags without
    quotes.
    """
    tag = "" if tag is None or tag.startswith("W/") else '"{}"'.format(tag.strip('"'))
    return Facts(size, tag=tag, modified=str(modified.replace(microsecond=0)))


@contextmanager
def as_origin_errors(open_to_all: str, retry: Retry) -> Iterator[None]:
    """What the store's errors mean."""
    from obstore.exceptions import BaseError

    try:
        yield
    except (BaseError, OSError, ValueError) as error:
        raise _meaning(str(error), type(error).__name__, open_to_all, retry) from error


def _meaning(text: str, kind: str, open_to_all: str, retry: Retry) -> OriginError:
    """Errors are told by their kind and the status and code of the answer alone: texts of the store hold URLs."""
    if _OF_CREDENTIALS.search(text):
        return OriginError("no credentials were found", _NO_RIGHT.format(open_to_all))
    if kind in ("ValueError", "InvalidPathError"):
        return OriginError("its name cannot be asked for", "a part of it is empty, '.' or '..'; rename the object")
    found, code = _STATUS.search(text), _CODE.search(text)
    status = int(found[1]) if found else 0
    said = f"HTTP {status}{f' {code[1]}' if code else ''}" if status else kind
    if kind == "FileNotFoundError" or status == HTTPStatus.NOT_FOUND:
        is_bucket = code is not None and code[1] == "NoSuchBucket"
        return OriginError(f"there is no such {'bucket' if is_bucket else 'object'}", "check the name")
    if kind in ("PermissionDeniedError", "UnauthenticatedError") or status in _NO_ENTRY:
        return OriginError(f"access is denied ({said})", _NO_RIGHT.format(open_to_all))
    if kind == "PreconditionError":
        return changed("it has another ETag")
    return _of_status(status, said, retry) if status else _of_exchange(text, kind)


def _of_status(status: int, said: str, retry: Retry) -> OriginError:
    again = status in retry.statuses
    hint = "the bucket lies in another region: name it in AWS_REGION" if status in (301, 307) else ""
    return OriginError(said, hint, again=again, ill=again and status != HTTPStatus.TOO_MANY_REQUESTS)


def _of_exchange(text: str, kind: str) -> OriginError:
    """No complete answer came; what the library under the store says of it is found by signs in its texts."""
    if "UnknownIssuer" in text or "invalid peer certificate" in text:
        return OriginError("no TLS connection", "the certificate of the endpoint does not verify")
    if "imed out" in text or "TimedOut" in text:
        return ill("no answer in time", late=True)
    words = next((words for sign, words in _SIGNS if sign in text), None)
    return ill(words or f"the exchange failed ({kind})")


_SIGNS = (
    ("onnection refused", "the connection was refused"),
    ("dns error", "the name of the host does not resolve"),
    ("onnection reset", "the connection was reset"),
    ("onnection closed", "the answer was cut short"),
    ("IncompleteMessage", "the answer was cut short"),
    ("end of file before", "the answer was cut short"),
)
