"""Mirrors: the places that may stand in for the origin of an input, by the folder of its URL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from loader.config.urls import split_login
from loader.sources.locations.access import Access
from loader.sources.locations.names import URL
from loader.sources.locations.remote.file_origin import FileOrigin
from loader.sources.locations.remote.origin import ContentOrigin


def origins_of(pattern: str, own: ContentOrigin, access: Access) -> Sequence[ContentOrigin]:
    """`own`, which `pattern` names, and its mirrors in order. Raises InputError where a mirror cannot be one."""
    return [own, *(_origin(url, access) for url in _urls(pattern, access))]


def _urls(pattern: str, access: Access) -> Iterator[str]:
    """By itself, or by the innermost folder that has mirrors; a login in the URL is none of its place."""
    url = split_login(pattern)[0]
    places = {split_login(place)[0]: mirrors for place, mirrors in access.mirrors.items()}
    found = [place for place in places if url == place or (place.endswith("/") and url.startswith(place))]
    if found:
        place = max(found, key=len)
        yield from (mirror + url[len(place) :] for mirror in places[place])


def _origin(url: str, access: Access) -> ContentOrigin:
    from loader.sources.locations.remote.objects import object_origin
    from loader.sources.locations.remote.web import KIND as WEB

    scheme = URL.match(url)
    if scheme is None:
        return FileOrigin(url)
    return WEB.origin(url, access) if scheme[1].lower() in WEB.schemes else object_origin(url, access)
