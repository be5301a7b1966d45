"""Which certificates name a host: one rule, whatever sends.

Python's TLS looks at the subjectAltName alone (RFC 9525, 2); libcurl would take a common name where there is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pycurl

_NAMES = "X509v3 Subject Alternative Name"
_HOSTS = ("DNS:", "IP Address:")


def refuse_common_names(curl: pycurl.Curl) -> None:
    """Let no request of `curl` go over a new connection whose certificate has a common name alone.

    It ends with E_ABORTED_BY_CALLBACK, and nothing of it was sent.
    """
    curl.setopt(pycurl.OPT_CERTINFO, 1)
    # A session that is taken up again shows no certificate.
    curl.setopt(pycurl.SSL_SESSIONID_CACHE, 0)

    def look(*_addresses: object) -> int:
        verdict: int = pycurl.PREREQFUNC_OK if names_hosts(curl) else pycurl.PREREQFUNC_ABORT
        return verdict

    curl.setopt(pycurl.PREREQFUNCTION, look)


def names_hosts(curl: pycurl.Curl) -> bool:
    """Whether the certificate of the new connection of `curl` names a host; a connection used before was looked at."""
    chain: Sequence[Sequence[Any]] = curl.getinfo(pycurl.INFO_CERTINFO)
    if not chain:
        return True
    names = (text for key, text in chain[0] if key == _NAMES)
    return any(name.strip().startswith(_HOSTS) for text in names for name in text.split(","))
