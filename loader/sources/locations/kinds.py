"""Kinds of locations: a line for each; and patterns as they are typed -> locations."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from loader.config.loading.targets import url_secrets
from loader.config.secrets import Secrets
from loader.config.urls import public_url
from loader.config.values import nearest
from loader.errors import UsageError
from loader.registry import Registry
from loader.sources.errors import InputError
from loader.sources.locations.access import Access
from loader.sources.locations.base import Location, LocationKind
from loader.sources.locations.names import STANDARD_INPUT, URL

ENTRY_POINTS = "loader.locations"  # the group in which packages name kinds of their own, each by its scheme

_FILES = "file"  # what takes all that has no scheme

KINDS: Registry[LocationKind] = Registry(
    {
        _FILES: "loader.sources.locations.local_files:KIND",
        **dict.fromkeys(("https", "http"), "loader.sources.locations.remote.web:KIND"),
        **dict.fromkeys(("s3", "gs", "az"), "loader.sources.locations.remote.objects:KIND"),
        STANDARD_INPUT: "loader.sources.locations.standard_input:KIND",
    },
    ENTRY_POINTS,
    noun="location",
    shown="{}://",
    fits=lambda kind, scheme: isinstance(kind, LocationKind) and scheme in kind.schemes,
    expected="LocationKind that has this scheme",
)


def stands_for_itself(pattern: str) -> bool:
    """Whether a file of this machine is called so, whatever the name looks like."""
    return os.path.lexists(pattern)


def located(pattern: str, access: Access | None = None) -> Sequence[Location]:
    """The locations that `pattern` names, in order, each checked for being there and readable; nothing is read.

    What is distant is looked at when it is made ready (`make_ready`).

    "-" is standard input. A URL goes to the kind that has its scheme, but a name that exists stands for that file; all
    else are paths and globs. Reached as `access` says, else as by default. Raises InputError: missing, unreadable,
    a directory, nothing matches, no such scheme; UsageError where the kind of a package cannot be used.
    """
    return _kind_of(pattern).expand(pattern, access or Access())


def check_mirrors(places: Iterable[str]) -> None:
    """Raise UsageError where `input.mirrors` names a place that would never ask its mirrors."""
    for place in places:
        url = URL.match(place)
        scheme = "" if url is None else url[1].lower()
        if scheme not in KINDS or not KINDS[scheme].has_mirrors:
            known = [name for name in KINDS.own if KINDS[name].has_mirrors]
            shown = ", ".join(f"{name}://" for name in known)
            raise UsageError(f'input.mirrors: expected a URL with {shown}; "{public_url(place)}" is none')


def secrets_of(patterns: Iterable[str]) -> Secrets:
    """What must not be shown of the URLs among `patterns`."""
    return Secrets.union(url_secrets(pattern) for pattern in patterns if URL.match(pattern))


def _kind_of(pattern: str) -> LocationKind:
    if pattern == STANDARD_INPUT:
        return KINDS[pattern]
    url = URL.match(pattern)
    if url is None or stands_for_itself(pattern):
        return KINDS[_FILES]
    scheme = url[1].lower()
    if scheme not in KINDS:
        raise InputError(_unknown(pattern, scheme))
    return KINDS[scheme]


def _unknown(pattern: str, scheme: str) -> str:
    schemes = [name for name in KINDS.names if name != STANDARD_INPUT]
    *others, last = schemes
    listed = f"{', '.join(others)} or {last}" if others else last
    close = nearest(scheme, schemes)
    meant = f'; did you mean "{close}"?' if close else ""
    told = f"an input is a file, {STANDARD_INPUT} for standard input, or a URL whose scheme is {listed}"
    return f"{public_url(pattern)}: there is no such file, and no location has this scheme: {told}{meant}"
