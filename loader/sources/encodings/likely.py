"""Encodings that a text may have, by what charset-normalizer makes of it: for a person to choose from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import NamedTuple

_LINES = 200  # that say something: a detector needs few, and takes long for many
_SHOWN = 60  # characters of the text that a proposal reads
_MOST = 3
_SHARE = 0.9  # of the lines that must be of an encoding: in files that were put together a few are of another
# Of encodings that read the same, and where none is like the text: those that files mostly have.
_COMMON = ("cp1252", "cp1251", "cp1250", "shift_jis", "gb18030", "big5", "euc_kr", "euc_jp", "koi8_r", "cp437")


class LikelyEncoding(NamedTuple):
    """An encoding by the name that Python has for it, and what it makes of the first text that tells."""

    encoding: str
    shown: str


def likely_encodings(data: bytes) -> Sequence[LikelyEncoding]:
    """What the encoding of `data`, the beginning of a text, may be, likelier ones first; none if it is UTF-8."""
    whole = data[: data.rfind(b"\n") + 1] or data
    lines = list(islice((line for line in whole.splitlines() if not line.isascii()), _LINES))
    if not any(map(_is_no_utf_8, lines)):
        return ()
    found: dict[str, LikelyEncoding] = {}
    for name in chain(_detected(b"\n".join(lines)), _COMMON):
        shown = _read(lines, name)
        if shown is not None and (shown not in found or _is_commoner(name, found[shown].encoding)):
            found[shown] = LikelyEncoding(name, shown)
    return list(found.values())[:_MOST]


def _is_commoner(name: str, other: str) -> bool:
    return name in _COMMON and other not in _COMMON


def _is_no_utf_8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return True
    return False


def _detected(text: bytes) -> Iterator[str]:
    from charset_normalizer import from_bytes

    for match in from_bytes(text):
        names = match.could_be_from_charset
        yield next((name for name in _COMMON if name in names), names[0])


def _read(lines: Sequence[bytes], encoding: str) -> str | None:
    """What stands around the first characters that are not ASCII; None where too much is not of that encoding."""
    texts = [line.decode(encoding, "replace") for line in lines]
    fitting = [text for text in texts if "\ufffd" not in text]
    if len(fitting) < _SHARE * len(texts):
        return None
    first = fitting[0]
    at = next((at for at, character in enumerate(first) if not character.isascii()), 0)
    return first[max(0, at - _SHOWN // 4) :][:_SHOWN]
