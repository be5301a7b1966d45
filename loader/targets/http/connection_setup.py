"""Connection set-up: certificates, proxies and environment of a target, settled once.

`requests` is the front door; what it hands out is the urllib3 pool that its own sessions would use.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NamedTuple

import certifi
import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.exceptions import RequestException
from requests.utils import select_proxy

from loader.config.target_kind import shown_name
from loader.errors import UsageError
from loader.targets.http.connections import TrackedHTTPConnection, TrackedHTTPSConnection
from loader.targets.http.settings.http_target import HttpTarget
from loader.targets.http.tls_files import check_files
from loader.targets.http.url_parts import split_origin


class ConnectionSetup(NamedTuple):
    """Connections to a host, and what other ways to it must know.

    `prefix` is what a forwarding proxy wants before the path; `proxy` may be shown, or is "". `origin` is scheme, host
    and port in ASCII. `verify` is the file or folder of trusted authorities, "" where nothing is verified.
    """

    pool: urllib3.HTTPConnectionPool
    prefix: str
    proxy: str
    origin: str
    verify: str
    adapter: HTTPAdapter

    def close(self) -> None:
        """Close idle connections; those in use are closed when they come back. Idempotent."""
        self.adapter.close()


def open_door(settings: HttpTarget, connections: int) -> ConnectionSetup:
    """Connects nowhere yet. Raises UsageError for files and proxies that cannot be used."""
    origin = split_origin(settings.url)[0]
    check_files(settings)
    adapter = HTTPAdapter(pool_connections=1, pool_maxsize=connections, max_retries=0)
    try:
        return _open(settings, origin, adapter)
    except (RequestException, urllib3.exceptions.HTTPError, ValueError) as error:
        adapter.close()
        raise UsageError(f"target {shown_name(settings)}: {error}") from error


def _open(settings: HttpTarget, origin: str, adapter: HTTPAdapter) -> ConnectionSetup:
    with requests.Session() as session:
        verify: bool | str = settings.verify and (settings.ca or True)
        proxies = {} if settings.proxy in ("", "none") else {"http": settings.proxy, "https": settings.proxy}
        found = session.merge_environment_settings(origin, proxies, False, verify, None)
        session.trust_env = False  # else preparing would look for credentials in ~/.netrc
        prepared = session.prepare_request(requests.Request(settings.method, f"{origin}/"))
    if settings.proxy == "none":
        found["proxies"] = {}
    _check_proxy(origin, found["proxies"])
    cert = (settings.cert, settings.key) if settings.key else settings.cert or None
    pool = adapter.get_connection_with_tls_context(prepared, found["verify"], found["proxies"], cert)
    assert isinstance(pool, urllib3.HTTPConnectionPool)  # noqa: S101 - `requests` promises no more than its base
    secure = isinstance(pool, urllib3.HTTPSConnectionPool)
    pool.ConnectionCls = TrackedHTTPSConnection if secure else TrackedHTTPConnection
    pool.conn_kw["socket_options"] = TrackedHTTPConnection.default_socket_options  # off by default with proxies
    forwarded = adapter.request_url(prepared, found["proxies"]).startswith("http")
    proxy = "" if pool.proxy is None else f"{pool.proxy.scheme}://{pool.proxy.netloc}"
    trusted = certifi.where() if found["verify"] is True else found["verify"] or ""
    return ConnectionSetup(
        pool, origin if forwarded else "", proxy, split_origin(prepared.url or "")[0], trusted, adapter
    )


def _check_proxy(origin: str, proxies: Mapping[str, str]) -> None:
    """Raises UsageError for a proxy that speaks no HTTP; only the environment can name one."""
    proxy = select_proxy(origin, proxies)
    kind = (proxy or "").partition("://")[0].lower()
    if proxy is None or "://" not in proxy or kind in ("http", "https"):
        return
    names = [name for name in os.environ if name.lower().endswith("_proxy") and os.environ[name] == proxy]
    raise UsageError(
        f"the environment ({', '.join(names)}) names a proxy of the kind {kind}, and only http and https are spoken: "
        'set target.proxy to such a one or to "none", which goes without, or name the host of the target in NO_PROXY'
    )
