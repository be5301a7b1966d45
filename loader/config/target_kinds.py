"""Kinds of targets there are: those of the program, and those that installed packages bring."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Generic, TypeVar

from loader.config.declaration import keys
from loader.config.target_kind import TargetSection, TargetSettings
from loader.config.values import Refusal, RefusedError, nearest
from loader.registry import Registry

K = TypeVar("K", bound=TargetSection[Any])

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")


class TargetKinds(Generic[K]):
    """The kinds of targets by the scheme of their URLs, from a `Registry`. Used by one thread.

    `own` are the program's: the schemes of each kind, and the `module:NAME` of its instance of `base`. The first takes
    what has no scheme. A package brings another kind by entry points in `group`.
    """

    def __init__(self, own: Mapping[tuple[str, ...], str], base: type[K], group: str) -> None:
        named = {scheme: name for schemes, name in own.items() for scheme in schemes}
        self._kinds: Registry[K] = Registry(
            named,
            group,
            noun="target",
            shown="{}://",
            fits=lambda kind, scheme: isinstance(kind, base) and scheme in kind.schemes,
            expected=f"{base.__name__} that has this scheme",
        )
        self._first = next(iter(named))

    def of_url(self, url: object) -> K:
        """The kind whose URL this is; what has no scheme is the first kind's to refuse.

        Raises `RefusedError` for a scheme that no kind has, UsageError where a package's kind cannot be used.
        """
        match = _SCHEME.match(url) if isinstance(url, str) else None
        if match is None:
            return self.first
        scheme = match[1].lower()
        if scheme not in self._kinds:
            *others, last = self.schemes
            expected = f"expected a URL whose scheme is {', '.join(others)} or {last}"
            raise RefusedError(Refusal(expected, nearest(scheme, self.schemes)))
        return self._kinds[scheme]

    def of(self, settings: TargetSettings) -> K:
        """The kind that has such settings."""
        known = {kind.section: kind for kind in self._kinds.used}
        return known.get(type(settings)) or self.of_url(settings.url)

    def has_key(self, name: str) -> bool:
        """Whether any kind of target has a key of this name."""
        return any(name in keys(kind.section) for kind in self.each())

    def each(self) -> Iterator[K]:
        """All kinds, each imported when its turn comes, the program's own first. Raises UsageError as `of_url` does."""
        return self._kinds.each(self._kinds.names)

    @property
    def first(self) -> K:
        """The first of the program's own kinds."""
        return self._kinds[self._first]

    @property
    def own(self) -> Sequence[K]:
        """The program's own kinds."""
        return list(self._kinds.each(self._kinds.own))

    @property
    def schemes(self) -> Sequence[str]:
        """All schemes, those of packages last."""
        return self._kinds.names

    @property
    def forms(self) -> Sequence[str]:
        """The URLs of all kinds as they are shown to a person."""
        return [*(form for kind in self.own for form in kind.forms), *(f"{name}://..." for name in self._kinds.outside)]
