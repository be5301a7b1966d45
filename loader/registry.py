"""Registry: values of the program by name, and those that installed packages bring."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from loader.errors import UsageError, told

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

K = TypeVar("K")


class Registry(Generic[K]):
    """Values by name, as by the scheme of URLs; each is imported when it is used. Used by one thread.

    A package brings a value of its own by an entry point in `group` for each of its names. Entry points are looked up
    where a name is not one of the program's own, or all are told.
    """

    def __init__(
        self,
        own: Mapping[str, str],
        group: str,
        *,
        noun: str,
        shown: str,
        fits: Callable[[Any, str], bool],
        expected: str,
    ) -> None:
        """`own` are the program's, each as `module:NAME`; one may have several names.

        Messages call a value `noun`, and a name `shown`, where it stands for `{}`. A value of a package that does not
        fit its name is refused as one that is not what was `expected`.
        """
        self._own = own
        self._group = group
        self._noun = noun
        self._form = shown
        self._fits = fits
        self._expected = expected
        self._loaded: dict[str, K] = {}

    def __contains__(self, name: object) -> bool:
        return name in self._own or name in self._outside

    def __getitem__(self, name: str) -> K:
        """The value of that name. Raises KeyError, or UsageError where that of a package cannot be used."""
        if name not in self._loaded:
            self._loaded[name] = self._imported(name)
        return self._loaded[name]

    @property
    def own(self) -> Sequence[str]:
        """The names of the program's own."""
        return list(self._own)

    @property
    def outside(self) -> Sequence[str]:
        """The names of those of packages."""
        return list(self._outside)

    @property
    def names(self) -> Sequence[str]:
        """All names, those of packages last."""
        return [*self._own, *self._outside]

    @property
    def used(self) -> Sequence[K]:
        """The values that were asked for up to now."""
        return list(self._loaded.values())

    def each(self, names: Iterable[str]) -> Iterator[K]:
        """The values of `names`, each once and imported when its turn comes. Raises as `[]` does."""
        seen: list[K] = []
        for value in map(self.__getitem__, names):
            if value not in seen:
                seen.append(value)
                yield value

    def _imported(self, name: str) -> K:
        if name not in self._own:
            return self._from_package(name, self._outside[name])
        module, _, attribute = self._own[name].partition(":")
        value: K = getattr(import_module(module), attribute)
        return value

    def _from_package(self, name: str, point: EntryPoint) -> K:
        try:
            value: K = point.load()
        except (Exception, SystemExit) as error:  # a package may fail in any way
            reason = f"cannot be loaded: {told(error)}"
            raise self._unusable(name, point, reason) from error
        if not self._fits(value, name):
            raise self._unusable(name, point, f"is no {self._expected}")
        return value

    def _unusable(self, name: str, point: EntryPoint, reason: str) -> UsageError:
        return UsageError(f"{self._form.format(name)}: {self._shown(point)} {reason}; mend or uninstall that package")

    @cached_property
    def _outside(self) -> Mapping[str, EntryPoint]:
        """The entry points of packages by name."""
        # Imported when it is needed: most loads use nothing but what is the program's own.
        from importlib.metadata import entry_points

        found: dict[str, EntryPoint] = {}
        for point in entry_points(group=self._group):
            other = found.setdefault(point.name, point)
            if other.value != point.value or point.name in self._own:
                taken = "the loader itself" if point.name in self._own else self._shown(other)
                told = f"{self._shown(point)} has this name, and so has {taken}; uninstall one of the packages"
                raise UsageError(f"{self._form.format(point.name)}: {told}")
        return found

    def _shown(self, point: EntryPoint) -> str:
        # One that was damaged may have no name, whatever the types say.
        package = "an installed package" if point.dist is None else point.dist.name or "an installed package"
        return f"the {self._noun} {point.value} of {package}"
