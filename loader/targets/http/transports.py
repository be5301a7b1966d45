"""Choice of the transport of a target."""

from __future__ import annotations

from loader.config.sections import Timeouts
from loader.targets.http.connection_setup import ConnectionSetup
from loader.targets.http.pooled import PooledTransport
from loader.targets.http.settings.http_target import HttpTarget
from loader.targets.http.transport import Transport

_OLDEST = (8, 10)
"""The libcurl from which on it is known how much of a request was sent, and that its body is read before that."""


_MOST_CONNECTIONS = 500
"""libcurl is waited for by select(2), which knows no descriptor from 1,024 on; other files are open, too."""


def open_transport(settings: HttpTarget, setup: ConnectionSetup, timeouts: Timeouts, connections: int) -> Transport:
    """libcurl where it is installed and decides exactly what was sent; else urllib3, which says why."""
    try:
        import pycurl
    except ImportError:
        reason = "the extra `fast` sends small requests several times as fast"
        return PooledTransport(setup, settings.method, timeouts, connections, reason)
    reason = _objection(pycurl.version_info(), setup, connections)
    if not hasattr(pycurl, "CONN_ID"):
        reason = f"not libcurl, since pycurl {pycurl.version.split()[0].rpartition('/')[2]} is older than 7.48"
    pooled = PooledTransport(setup, settings.method, timeouts, connections, reason)
    if reason:
        return pooled
    from loader.targets.http.curl import CurlTransport

    return CurlTransport(settings, setup, timeouts, connections, pooled)


def _objection(version_info: tuple[object, ...], setup: ConnectionSetup, connections: int) -> str:
    """Why libcurl cannot carry the requests, "" if it can."""
    version, tls = str(version_info[1]), str(version_info[5])
    if setup.proxy:
        return "not libcurl, since there is a proxy"
    if connections > _MOST_CONNECTIONS:
        return f"not libcurl, since concurrency.max_in_flight is above {_MOST_CONNECTIONS}"
    if tuple(map(int, version.split(".")[:2])) < _OLDEST:
        return f"not libcurl, since {version} is older than {'.'.join(map(str, _OLDEST))}"
    if not tls.startswith("OpenSSL/") and setup.origin.startswith("https:"):
        return f"not libcurl, since it is built with {tls}, not with OpenSSL"
    return ""
