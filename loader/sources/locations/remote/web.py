"""Web servers as locations: `https://` and `http://`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from loader.config.secrets import MASK
from loader.config.urls import public_url
from loader.sources.errors import InputError
from loader.sources.locations.access import Access
from loader.sources.locations.base import LocationKind
from loader.sources.locations.remote.mirrors import origins_of
from loader.sources.locations.remote.remote_file import RemoteFile
from loader.sources.locations.remote.web_origin import WebOrigin

# What signs a URL for a time: another signature is no other place. Amazon and Google, in their new form and in their
# old one, which CloudFront has as well; Azure.
_SIGNED = re.compile(r"[?&](?:x-amz-signature|x-goog-signature|signature|sig)=", re.IGNORECASE)
_OF_SIGNATURES = re.compile(
    r"(?<=[?&])(?:x-(?:amz|goog)-[^&=]*|signature|expires|policy|key-pair-id|awsaccesskeyid|googleaccessid"
    r"|sig|s[vprtesi]|s(?:pr|ip|rt|dd)|sk(?:oid|tid|t|e|s|v))=[^&]*&?",
    re.IGNORECASE,
)


class WebKind(LocationKind):
    """A URL, looked at when it is made ready. A web server has no list of what lies there, so there are no globs."""

    schemes = ("https", "http")
    has_mirrors = True

    def expand(self, pattern: str, access: Access) -> Sequence[RemoteFile]:
        own = self.origin(pattern, access)
        return [RemoteFile(_place_of(own.name), origins_of(pattern, own, access), access)]

    def origin(self, url: str, access: Access) -> WebOrigin:
        """The place that `url` names. Raises InputError where that is none."""
        shown = public_url(url)
        try:
            parts = urlsplit(url)
            is_good = bool(parts.hostname) and (parts.port is None or parts.port > 0) and not parts.fragment
        except ValueError:
            is_good = False
        if not is_good:
            raise InputError(f"{shown}: expected https://host/path, where %23 stands for a #")
        if "*" in parts.path:
            raise InputError(
                f"{shown}: a web server has no list of its files; name each, or have their URLs in a file, one a line, "
                "and name that: @urls.txt (%2A stands for a *)"
            )
        if MASK in parts.query:
            raise InputError(
                f"{shown}: holds a secret that is kept nowhere; go on by the command that began it, with --resume"
            )
        return WebOrigin(url, access)


KIND = WebKind()


def _place_of(url: str) -> str:
    return _OF_SIGNATURES.sub("", url).rstrip("?&") if _SIGNED.search(url) else url
