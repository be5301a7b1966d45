"""Matching of fields to statement parameters, by `[mapping]`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from loader.config.mapping_types import FieldType
from loader.config.sections import FieldMapping
from loader.config.values import nearest, toml
from loader.errors import UsageError
from loader.mapping.cql.build import kinds_for
from loader.mapping.cql.field_names import Names, places_of
from loader.mapping.cql.patterns import patterns_of, says_year, word_of
from loader.mapping.cql.types import CqlType, quoted, unquoted


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of the statement.

    `name` is that of its column, or of its marker. `required` ones, the parts of the primary key, are never null and
    never left as they are. `field` is the one field that feeds it, where that does not go by names (TTL, timestamp).
    """

    name: str
    type: CqlType
    required: bool
    field: str | None = None

    @property
    def is_column(self) -> bool:
        """Whether it is a column or a marker, rather than what a row is written with."""
        return self.field is None


@dataclass(frozen=True, slots=True)
class Binding:
    """What the fields of a row feed.

    `matched` are fields and the parameters they feed, `extra` the fields that feed none. `missing` are required
    parameters that nothing feeds. `clashing` are parameters that several fields feed, and those
    fields; rows like that are refused.
    """

    matched: Mapping[str, str]
    extra: tuple[str, ...]
    missing: tuple[str, ...]
    clashing: Mapping[str, tuple[str, ...]]


class Matching:
    """Matches fields to parameters by `[mapping]`. Immutable; thread-safe.

    `kinds` is parallel to the parameters: what `mapping.types` says of them, None where it says nothing. `usual` are
    the fields that feed them if all goes by names alone.
    """

    def __init__(self, parameters: Sequence[Parameter], settings: FieldMapping) -> None:
        """Raises UsageError where `[mapping]` and the parameters do not go together."""
        self._parameters = parameters
        self._settings = settings
        explicit = self._explicit()
        self.names = Names([None if each.field else each.name for each in parameters], explicit)
        self.kinds = self._kinds()
        self.usual = tuple(self._usual(explicit))

    def binding(self, fields: Sequence[str]) -> Binding:
        feeding = self.names.feed(fields)
        fed = list(zip(self._parameters, feeding.sources, strict=True))
        unfed = [parameter.name for parameter, sources in fed if parameter.required and not sources]
        # A field may feed a column and a TTL or timestamp too; then the column is told.
        in_order = sorted(fed, key=lambda each: each[0].field is None)
        return Binding(
            {fields[source]: parameter.name for parameter, sources in in_order for source in sources},
            tuple(fields[at] for at in feeding.extra),
            tuple(dict.fromkeys(unfed)),
            {each.name: tuple(fields[at] for at in sources) for each, sources in fed if len(sources) > 1},
        )

    def meant(self, field: str) -> str:
        """The column that a field that feeds none may have been meant for; "" if there is none."""
        return nearest(field, [each.name for each in self._parameters if each.field is None])

    def _explicit(self) -> dict[str, tuple[int, ...]]:
        columns = places_of(each.name if each.field is None else None for each in self._parameters)
        explicit: dict[str, tuple[int, ...]] = {}
        for field, name in self._settings.fields.items():
            column = name if name in columns else unquoted(name)
            if column not in columns and self._settings.extra == "error":
                raise _no_such_column(field, name, list(columns))
            explicit[field] = columns.get(column, ())
        for at, each in enumerate(self._parameters):
            if each.field is not None:
                explicit[each.field] = (*explicit.get(each.field, columns.get(each.field, ())), at)
        return explicit

    def _kinds(self) -> list[FieldType | None]:
        kinds: list[FieldType | None] = [None] * len(self._parameters)
        for field, kind in self._settings.types.items():
            feeding = self.names.feed((field,))
            if feeding.extra and self._settings.extra == "error":
                names = [each.name for each in self._parameters]
                raise UsageError(f"mapping.types.{field} is for no column of the table{_meant(field, names)}")
            for at in self._taking(field, kind, [at for at, sources in enumerate(feeding.sources) if sources]):
                kinds[at] = kind
        return kinds

    def _taking(self, field: str, kind: FieldType, fed: Sequence[int]) -> Sequence[int]:
        """Those of the parameters that a field feeds that can be told to read it as `kind`; at least one must."""
        taking = [at for at in fed if word_of(kind) in kinds_for(self._parameters[at].type)]
        if fed and not taking:
            raise _unfit_kind(field, kind, self._parameters[fed[0]])
        for parameter in (self._parameters[at] for at in taking):
            without = next((each for each in patterns_of(kind) if not says_year(each)), None)
            if without is not None and parameter.type.name != "time":
                raise UsageError(f'mapping.types.{field}: "{without}" says no year, and {parameter.name} needs one')
        return taking

    def _usual(self, explicit: Mapping[str, Sequence[int]]) -> Iterator[str]:
        yield from (field for field, targets in explicit.items() if targets)
        fed = {at for targets in explicit.values() for at in targets}
        yield from (
            each.name
            for at, each in enumerate(self._parameters)
            if each.field is None and at not in fed and each.name not in explicit
        )


def _no_such_column(field: str, name: str, columns: Sequence[str]) -> UsageError:
    return UsageError(f"mapping.fields.{field}: there is no column {quoted(name)}{_meant(name, columns)}")


def _meant(name: str, names: Sequence[str]) -> str:
    close = nearest(name, names)
    return f"; did you mean {close}?" if close else f"; there are {', '.join(names)}"


def _unfit_kind(field: str, kind: FieldType, parameter: Parameter) -> UsageError:
    kinds = kinds_for(parameter.type)
    return UsageError(
        f"mapping.types.{field}: {toml(kind)} does not fit the column {parameter.name}, which is {parameter.type}; "
        + (f"expected {', '.join(kinds)}" if kinds else "such a column takes no type")
    )
