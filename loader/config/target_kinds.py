"""Kinds of targets there are: those of the program, and those that installed packages bring."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from loader.config.declaration import keys
from loader.config.target_kind import TargetSection, TargetSettings
from loader.config.values import Refusal, RefusedError, nearest
from loader.errors import UsageError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

K = TypeVar("K", bound=TargetSection[Any])

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")


class TargetKinds(Generic[K]):
    """The kinds of targets by the scheme of their URLs; each is imported when it is used. Used by one thread.

    `own` are the program's: the schemes of each kind, and the `module:NAME` of its instance of `base`. The first takes
    what has no scheme. A package brings another kind by an entry point in `group` for each of its schemes, which is the
    entry point's name. Entry points are looked up where a scheme is not one of `own`, or all schemes are told.
    """

    def __init__(self, own: Mapping[tuple[str, ...], str], base: type[K], group: str) -> None:
        self._own = {scheme: name for schemes, name in own.items() for scheme in schemes}
        self._base = base
        self._group = group
        self._loaded: dict[str, K] = {}

    def of_url(self, url: object) -> K:
        """The kind whose URL this is; what has no scheme is the first kind's to refuse.

        Raises `RefusedError` for a scheme that no kind has, UsageError where a package's kind cannot be used.
        """
        match = _SCHEME.match(url) if isinstance(url, str) else None
        if match is None:
            return self.first
        scheme = match[1].lower()
        if scheme not in self._own and scheme not in self._outside:
            *others, last = self.schemes
            expected = f"expected a URL whose scheme is {', '.join(others)} or {last}"
            raise RefusedError(Refusal(expected, nearest(scheme, self.schemes)))
        return self._of_scheme(scheme)

    def of(self, settings: TargetSettings) -> K:
        """The kind that has such settings."""
        known = {kind.section: kind for kind in self._loaded.values()}
        return known.get(type(settings)) or self.of_url(settings.url)

    def has_key(self, name: str) -> bool:
        """Whether any kind of target has a key of this name."""
        return any(name in keys(self._of_scheme(scheme).section) for scheme in self._each_scheme())

    def each(self) -> Iterator[K]:
        """All kinds, each imported when its turn comes, the program's own first. Raises UsageError as `of_url` does."""
        yield from self._unique(self._own)
        yield from self._unique(self._outside)

    @property
    def first(self) -> K:
        """The first of the program's own kinds."""
        return self._of_scheme(next(iter(self._own)))

    @property
    def own(self) -> Sequence[K]:
        """The program's own kinds."""
        return list(self._unique(self._own))

    @property
    def schemes(self) -> Sequence[str]:
        """All schemes, those of packages last."""
        return list(self._each_scheme())

    @property
    def forms(self) -> Sequence[str]:
        """The URLs of all kinds as they are shown to a person."""
        return [*(form for kind in self.own for form in kind.forms), *(f"{scheme}://..." for scheme in self._outside)]

    def _unique(self, schemes: Iterable[str]) -> Iterator[K]:
        """The kinds of schemes, of which several may be of one."""
        seen: list[K] = []
        for kind in map(self._of_scheme, schemes):
            if kind not in seen:
                seen.append(kind)
                yield kind

    def _each_scheme(self) -> Iterator[str]:
        yield from self._own
        yield from self._outside

    def _of_scheme(self, scheme: str) -> K:
        if scheme not in self._loaded:
            self._loaded[scheme] = self._imported(scheme)
        return self._loaded[scheme]

    def _imported(self, scheme: str) -> K:
        if scheme not in self._own:
            return self._from_package(scheme, self._outside[scheme])
        module, _, name = self._own[scheme].partition(":")
        kind: K = getattr(import_module(module), name)
        return kind

    def _from_package(self, scheme: str, point: EntryPoint) -> K:
        try:
            kind = point.load()
        except Exception as error:  # a package may fail in any way
            reason = f"cannot be loaded: {type(error).__name__}: {error}"
            raise UsageError(f"{scheme}://: {_shown(point)} {reason}; mend or uninstall that package") from error
        if not isinstance(kind, self._base) or scheme not in getattr(kind, "schemes", ()):
            reason = f"is no {self._base.__name__} that has this scheme"
            raise UsageError(f"{scheme}://: {_shown(point)} {reason}; mend or uninstall that package")
        return kind

    @cached_property
    def _outside(self) -> Mapping[str, EntryPoint]:
        """The entry points of packages by scheme."""
        # Imported when it is needed: most loads are into a target of the program's own kinds.
        from importlib.metadata import entry_points

        found: dict[str, EntryPoint] = {}
        for point in entry_points(group=self._group):
            other = found.setdefault(point.name, point)
            if other.value != point.value or point.name in self._own:
                taken = "the loader itself" if point.name in self._own else _shown(other)
                reason = f"takes URLs of this scheme, and so does {taken}; uninstall one of the packages"
                raise UsageError(f"{point.name}://: {_shown(point)} {reason}")
        return found


def _shown(point: EntryPoint) -> str:
    package = "an installed package" if point.dist is None else point.dist.name
    return f"the target {point.value} of {package}"
