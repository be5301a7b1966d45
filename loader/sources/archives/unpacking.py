"""Patterns as they are typed -> locations, those of files in archives among them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from loader.config.sections import InputSettings
from loader.sources.archives.member import WITHIN, Member
from loader.sources.archives.tar_files import packed_tar_members, tar_members
from loader.sources.archives.zip_files import zip_members
from loader.sources.compression.compressions import ENDINGS
from loader.sources.compression.decompressed import decompressed
from loader.sources.errors import InputError
from loader.sources.locations.access import Access
from loader.sources.locations.base import Location
from loader.sources.locations.byte_source import ByteSource
from loader.sources.locations.globs import matching
from loader.sources.locations.kinds import located, stands_for_itself
from loader.sources.locations.names import STANDARD_INPUT
from loader.sources.locations.readiness import make_ready
from loader.sources.recognition.signatures import is_tar, is_zip

_NAMES = (".zip", ".tar", ".tgz", ".tbz2", ".txz", ".tzst", *(f".tar{ending}" for ending in ENDINGS))
_LOOKED_AT = 1024  # bytes that tell
_NOBODYS = ("__MACOSX/", "._", ".DS_Store")  # what macOS adds
_SHOWN = 5  # names in a message


def expand(
    patterns: Sequence[str], settings: InputSettings | None = None, access: Access | None = None
) -> list[Location]:
    """The locations that `patterns` name, in order, as `locations.expand` gives them; an archive stands for its files.

    An archive is what is called so and begins so. `archive.zip!/a.csv` is one file in it, `archive.zip!/*.csv` those
    that match. Raises InputError, also where an archive cannot be read, or nothing in it matches.
    """
    if patterns.count(STANDARD_INPUT) > 1:
        raise InputError(f"{STANDARD_INPUT}: standard input can be read only once")
    most = (settings or InputSettings()).max_unpacked
    access = access or Access()
    found = [each for pattern in patterns for each in _named(pattern, most, access)]
    make_ready(found)
    return found


def _named(pattern: str, most: int, access: Access) -> Iterator[Location]:
    """The locations that one pattern names."""
    outer, within, inner = pattern.partition(WITHIN)
    if not within or stands_for_itself(pattern):
        for location in located(pattern, access):
            yield from _members(location, most) or (location,)
        return
    for location in located(outer, access):
        members = _members(location, most)
        if not members:
            raise InputError(f"{location.name}: is no archive, so that there is no {inner} in it")
        yield from _matching(location, members, inner)


def _matching(archive: Location, members: Sequence[Member], pattern: str) -> Sequence[Member]:
    inners = [member.inner for member in members]
    meant = {pattern} if pattern in inners else set(matching(pattern, inners))
    found = [member for member in members if member.inner in meant]
    if not found:
        raise InputError(f"{archive.name}{WITHIN}{pattern}: no file in the archive matches; it has {_listed(members)}")
    return found


def _members(location: Location, most: int) -> Sequence[Member]:
    """The files in an archive, at least one; none where it is no archive."""
    if location.once or not location.name.lower().endswith(_NAMES):
        return ()
    opener = _opener(location, most)
    if opener is None:
        return ()
    found = [member for member in opener() if not _is_nobodys(member.inner)]
    if not found:
        raise InputError(f"{location.name}: is an archive without a file in it")
    return found


def _opener(location: Location, most: int) -> Callable[[], Iterable[Member]] | None:
    """What lists the files of an archive; None where it is none, by its first bytes."""
    content = location.open()
    try:
        source, codec = decompressed(content, most)
        head = _head(source)
    finally:
        content.close()
    if is_zip(head) and not codec:
        return partial(zip_members, location, most)
    if not is_tar(head):
        return None
    return partial(packed_tar_members, location, most) if codec else partial(tar_members, location)


def _head(source: ByteSource) -> bytes:
    head = b""
    while len(head) < _LOOKED_AT and (fresh := source.read(_LOOKED_AT, None)) != b"":
        head += fresh or b""
    return head


def _is_nobodys(inner: str) -> bool:
    return inner.startswith(_NOBODYS) or inner.rsplit("/", 1)[-1].startswith(_NOBODYS)


def _listed(members: Sequence[Member]) -> str:
    names = [member.inner for member in members[:_SHOWN]]
    more = len(members) - len(names)
    return ", ".join(names) + (f" and {more:,} more" if more else "")
