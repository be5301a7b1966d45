"""Exchanges with web servers that failed, in words that hold no URL."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator

import requests
from urllib3 import exceptions

from loader.sources.locations.remote.origin import OriginError, ill

_TRUST = "the certificate does not verify; name the file of its authority in REQUESTS_CA_BUNDLE, or mend host and clock"


def failure(error: Exception) -> OriginError:
    """What an exception of a request or of reading its answer means."""
    chain = tuple(_chain(error))
    found = next((make for kinds, make in _MEANINGS if _has(chain, *kinds)), None)
    if found is not None:
        return found()
    proxy = "the proxy: " if _has(chain, exceptions.ProxyError) else ""
    return ill(proxy + _reason(chain))


# The first that fits counts: what is special stands before what it is made from.
_MEANINGS: tuple[tuple[tuple[type[BaseException], ...], Callable[[], OriginError]], ...] = (
    ((ssl.SSLCertVerificationError,), lambda: OriginError("no TLS connection", _TRUST)),
    ((exceptions.SSLError, ssl.SSLError), lambda: ill("no TLS connection; check scheme and port of the URL")),
    ((requests.TooManyRedirects,), lambda: OriginError("it redirects without end", "check the URL")),
    (
        (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, exceptions.LocationParseError),
        lambda: OriginError("it leads to what is no URL of a web server", "check the URL"),
    ),
    ((exceptions.NameResolutionError,), lambda: ill("the name of the host does not resolve")),
    ((requests.ConnectTimeout,), lambda: ill("no connection in time", late=True)),
    ((requests.Timeout, exceptions.ReadTimeoutError, TimeoutError), lambda: ill("no byte came in time", late=True)),
    ((exceptions.IncompleteRead, requests.exceptions.ChunkedEncodingError), lambda: ill("the answer was cut short")),
)


def _reason(chain: tuple[BaseException, ...]) -> str:
    """What the system said, or what kind of error it was."""
    said = [error.strerror for error in chain if isinstance(error, OSError) and error.strerror]
    return said[-1].lower() if said else f"the exchange failed ({type(chain[-1]).__name__})"


def _has(chain: tuple[BaseException, ...], *kinds: type[BaseException]) -> bool:
    return any(isinstance(error, kinds) for error in chain)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The exception and all it was made from, the outermost first."""
    yield error
    inner = [each for each in (getattr(error, "reason", None), *error.args) if isinstance(each, BaseException)]
    for each in inner or filter(None, (error.__cause__ or error.__context__,)):
        yield from _chain(each)
