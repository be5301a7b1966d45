"""Formats of rows: a line for each of the program's own; installed packages bring others. Nothing else names one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any

from loader.errors import UsageError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

AUTO = "auto"
ENTRY_POINTS = "loader.formats"  # the group in which packages name formats of their own


class Formats:
    """Formats by name; each is imported when it is used. Used by one thread.

    `own` are the program's, each as `module:NAME`. A package brings another by an entry point in the group
    `loader.formats`, which has the format's name. Entry points are looked up where a name is not one of `own`, or all
    are told. A format is a `RowFormat` of `loader.sources.formats.base`; `of` there gives it by name.
    """

    def __init__(self, own: Mapping[str, str], *, usual: str) -> None:
        """`usual` is the format of what is like no other."""
        self._own = own
        self.usual = usual
        self._loaded: dict[str, Any] = {}

    def __contains__(self, name: object) -> bool:
        return name in self._own or name in self._outside

    def __getitem__(self, name: str) -> Any:
        """The format of that name. Raises KeyError, or UsageError where that of a package cannot be used."""
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
        """All names."""
        return [*self._own, *self._outside]

    def words(self) -> Iterator[str]:
        """The words of `input.format`."""
        yield AUTO
        yield from self.names

    def _imported(self, name: str) -> Any:
        if name not in self._own:
            return self._from_package(name, self._outside[name])
        module, _, attribute = self._own[name].partition(":")
        return getattr(import_module(module), attribute)

    def _from_package(self, name: str, point: EntryPoint) -> Any:
        try:
            found = point.load()
        except Exception as error:  # a package may fail in any way
            reason = f"cannot be loaded: {type(error).__name__}: {error}"
            raise UsageError(f"{name}: {_shown(point)} {reason}; mend or uninstall that package") from error
        if getattr(found, "name", None) != name:
            raise UsageError(f"{name}: {_shown(point)} has not this name; mend or uninstall that package")
        return found

    @cached_property
    def _outside(self) -> Mapping[str, EntryPoint]:
        """The entry points of packages by name."""
        # Imported when it is needed: most loads are of the program's own formats.
        from importlib.metadata import entry_points

        found: dict[str, EntryPoint] = {}
        for point in entry_points(group=ENTRY_POINTS):
            other = found.setdefault(point.name, point)
            if other.value != point.value or point.name in self._own:
                taken = "the loader itself" if point.name in self._own else _shown(other)
                reason = f"has this name, and so has {taken}; uninstall one of the packages"
                raise UsageError(f"{point.name}: {_shown(point)} {reason}")
        return found


def _shown(point: EntryPoint) -> str:
    package = "an installed package" if point.dist is None else point.dist.name
    return f"the format {point.value} of {package}"


FORMATS = Formats(
    {
        "jsonl": "loader.sources.formats.jsonl:JSONL",
        "csv": "loader.sources.formats.delimited.format:CSV",
        "tsv": "loader.sources.formats.delimited.format:TSV",
    },
    usual="csv",
)
