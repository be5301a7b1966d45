"""Sources of text as sources of text of UTF-8, by what their first bytes say."""

from __future__ import annotations

from loader.config.encodings import AUTO, is_utf_8
from loader.sources.encodings.marks import UTF_8, marked_encoding, may_be_marked
from loader.sources.errors import InputError
from loader.sources.locations.byte_source import ByteSource, Prefixed

_READ = 64 * 1024


def as_utf_8(source: ByteSource, said: str) -> tuple[ByteSource, str]:
    """The text of a source as UTF-8, and the encoding it has, "" where it is that.

    `said` is that of the config; what is "auto" there goes by the byte order mark. Waits for its first bytes, no more
    than tell. Raises InputError where the first bytes say that the text is of another encoding.
    """
    head = b""
    while may_be_marked(head):
        fresh = source.read(_READ, None)
        if fresh == b"":
            break
        head += fresh or b""
    whole = Prefixed(head, source)
    marked = marked_encoding(head)
    encoding = marked if said == AUTO else said
    if is_utf_8(encoding or UTF_8):
        return whole, ""
    if marked and said not in (AUTO, marked, marked[:6]):
        told = f"begins with the byte order mark of {marked}, and is not of {said}"
        raise InputError(f"{source.name}: {told}; without --encoding, or with auto, it is read")
    if said in ("utf-16", "utf-32") and not marked:
        raise InputError(f"{source.name}: has no byte order mark; say {said}-le, or {said}-be")
    if said.startswith(("utf-16", "utf-32")) and head and b"\0" not in head:
        raise InputError(f"{source.name}: is not of {said}: no byte of its beginning is zero")
    from loader.sources.encodings.transcoded import Transcoded  # few texts need it

    return Transcoded(whole, encoding), encoding
