"""Secrets: values that must never be shown, and their masking in texts."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import quote

MASK = "***"

_SHORTEST = 4  # a shorter text is in too many words to be hidden everywhere

_SECRET_PART = re.compile(
    r"token|secret|passw|api_?key|access_?key|cookie|credential|authoriz|authentic|signature|sess(?:ion)?id"
)
_SECRET_WORDS = frozenset(("auth", "jwt", "key", "pass", "pwd", "session", "sid", "sig"))
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")


@dataclass(frozen=True, slots=True, repr=False)
class Secrets:
    """An immutable set of texts that are hidden wherever they show up. Thread-safe.

    Each is known in the forms it may take on its way out: as it is, percent-encoded, and escaped in JSON.
    """

    values: frozenset[str] = frozenset()
    _text: re.Pattern[str] | None = field(init=False, compare=False)

    def __post_init__(self) -> None:
        # Longest first: a secret that holds another one is hidden whole.
        ordered = sorted(self.values, key=lambda value: (-len(value), value))
        object.__setattr__(self, "_text", re.compile("|".join(map(re.escape, ordered))) if ordered else None)

    @classmethod
    def of(cls, values: Iterable[str], credentials: Iterable[str] = ()) -> Secrets:
        """The secrets among `values` and `credentials`.

        `values` shorter than 4 characters are left out, `credentials` are not. A text that is part of the mask itself
        cannot be hidden by it, and is left out too.
        """
        chosen = [value for value in values if len(value) >= _SHORTEST] + [value for value in credentials if value]
        return cls(frozenset(form for value in chosen for form in _forms(value) if form not in MASK))

    @classmethod
    def union(cls, sets: Iterable[Secrets]) -> Secrets:
        return cls(frozenset(value for secrets in sets for value in secrets.values))

    def __or__(self, other: Secrets) -> Secrets:
        return Secrets(self.values | other.values)

    def __repr__(self) -> str:
        return f"Secrets({len(self.values)})"

    def mask(self, text: str) -> str:
        """`text` with every secret replaced by `***`; what remains holds none of them."""
        if self._text is None:
            return text
        return _hide(self._text, text)


def looks_secret(name: str) -> bool:
    """Whether a header or query parameter of this name is likely to hold a secret."""
    plain = name.lower().replace("-", "_")
    return _SECRET_PART.search(plain) is not None or any(w.lower() in _SECRET_WORDS for w in _WORD.findall(name))


def basic_credentials(user: str, password: str) -> Iterator[str]:
    """What gives away a user and password: the password, and what stands in the header (RFC 7617)."""
    yield password or user
    for encoding in ("utf-8", "latin-1"):
        try:
            yield b64encode(f"{user}:{password}".encode(encoding)).decode()
        except UnicodeEncodeError:
            continue  # it cannot be sent in this encoding, so it cannot show up in it


def _hide(pattern: re.Pattern[str], text: str) -> str:
    hidden = pattern.sub(MASK, text)
    # What stands on both sides of a mask may form a secret together with it. Each round leaves fewer characters that
    # are not of the mask, or a shorter text, so this ends.
    while hidden != text:
        text, hidden = hidden, pattern.sub(MASK, hidden)
    return hidden


def _forms(value: str) -> Iterator[str]:
    yield value
    yield json.dumps(value)[1:-1]
    yield json.dumps(value, ensure_ascii=False)[1:-1]
    raw = value.encode("utf-8", "surrogateescape")
    yield quote(raw)
    yield quote(raw, safe="")
