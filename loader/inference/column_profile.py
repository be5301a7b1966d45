"""Profile of a column: what is known of it once some of its values were looked at."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from loader.inference.candidates import Chain
from loader.mapping.cql.codec import Number
from loader.mapping.cql.types import CqlType

TEXT = CqlType("text")
_LEADING_ZERO = re.compile("0[0-9]+")
_ZONE = re.compile("(?:[Zz]|[+-][0-9]{2}:?[0-9]{2})$")
_INT, _BIGINT = range(-(2**31), 2**31), range(-(2**63), 2**63)
_SCALARS: Mapping[type, str] = {
    bool: "boolean",
    bytes: "blob",
    UUID: "uuid",
    date: "date",
    time: "time",
    datetime: "timestamp",
    float: "double",
}


@dataclass(frozen=True, slots=True)
class Inferred:
    """The type of a column. `kind` is what `mapping.types` must say of it, `doubt` what is unsure, as a sentence."""

    type: CqlType
    kind: str | None = None
    doubt: str = ""


AS_JSON = Inferred(TEXT, "json", "kept as the text of its JSON")
"""What has no type of its own."""

_NOTHING = Inferred(TEXT, doubt="no row has anything there")


class TextProfile:
    """Types of texts: the chains of candidates that all of them fit, and how far in each."""

    def __init__(self, chains: Sequence[Chain]) -> None:
        self._chains = list(chains)
        self._is_empty = True
        self._padded = False  # whether some are digits with a zero first
        self._has_zones = True  # whether all end in a zone of time

    def add(self, texts: Iterable[str]) -> None:
        """Look at some texts, none of which stands for a null."""
        different = set(texts)
        if not different:
            return
        self._is_empty = False
        narrowed = (_from_first_fit(chain, different) for chain in self._chains)
        self._chains = [chain for chain in narrowed if chain]
        self._padded = self._padded or any(map(_LEADING_ZERO.fullmatch, different))
        self._has_zones = self._has_zones and all(map(_ZONE.search, different))

    def inferred(self) -> Inferred:
        """What all of them are; text where they are nothing else, or one cannot tell which of several."""
        if self._is_empty:
            return _NOTHING
        if not self._chains:
            return Inferred(TEXT, doubt="some are digits with a zero first, which is kept" if self._padded else "")
        found = self._chains[0][0]
        others = [chain[0] for chain in self._chains[1:]]
        if found.kind is not None and others:
            patterns = " or ".join(str(each.kind) for each in (found, *others))
            return Inferred(TEXT, doubt=f"a {found.type} by {patterns}: say which in mapping.types")
        zoneless = found.type.name == "timestamp" and not self._has_zones
        return Inferred(found.type, found.kind, "times without a zone are taken as UTC" if zoneless else found.doubt)


def _from_first_fit(chain: Chain, texts: set[str]) -> Chain:
    return next((chain[at:] for at, each in enumerate(chain) if each.fits(texts)), [])


class ValueProfile:
    """Types of values of any form, as JSON and typed columns have them."""

    def __init__(self, strings: Sequence[Chain]) -> None:
        self._chains = strings
        self._types: set[type] = set()
        self._strings = TextProfile(strings)
        self._least = self._most = 0
        self._has_exponent = False
        self._within: ValueProfile | None = None
        self._has_null_within = False

    def add(self, values: Sequence[Any]) -> None:
        """Look at some values, none of which is null."""
        types = set(map(type, values))
        self._types |= types
        if str in types:
            self._strings.add([value for value in values if type(value) is str])
        if int in types:
            whole = [value for value in values if type(value) is int]
            self._least, self._most = min(self._least, *whole), max(self._most, *whole)
        if Number in types:
            self._has_exponent |= any("e" in value.lower() for value in values if type(value) is Number)
        for value in values:
            if isinstance(value, list | dict):
                self._add_within(list(value.values()) if isinstance(value, dict) else value)

    def inferred(self) -> Inferred:
        """What all of them are."""
        if not self._types:
            return _NOTHING
        if self._types == {str}:
            return self._strings.inferred()
        if self._types in ({list}, {dict}):
            return self._collection()
        name = self._scalar()
        return Inferred(CqlType(name)) if name else self._spelled()

    def _scalar(self) -> str:
        """The type that all of them are, other than text; "" where they are of several."""
        if self._types <= {int, Number, Decimal}:
            return self._number()
        return _SCALARS.get(next(iter(self._types)), "") if len(self._types) == 1 else ""

    def _spelled(self) -> Inferred:
        if self._types <= {str, int, bool, Number}:
            return Inferred(TEXT, "string", "values of several types, kept as text")
        return AS_JSON

    def _number(self) -> str:
        if self._types == {int}:
            fits = {"int": _INT, "bigint": _BIGINT}
            return next((n for n, r in fits.items() if self._least in r and self._most in r), "varint")
        return "double" if self._has_exponent else "decimal"

    def _collection(self) -> Inferred:
        if self._has_null_within:
            return Inferred(TEXT, "json", "kept as the text of its JSON, as there are nulls in it")
        inner = Inferred(TEXT, doubt="nothing is in it") if self._within is None else self._within.inferred()
        if inner.kind is not None:
            return AS_JSON
        if self._types == {list}:
            return Inferred(CqlType("list", (inner.type,)), doubt=inner.doubt)
        return Inferred(CqlType("map", (TEXT, inner.type)), doubt=inner.doubt)

    def _add_within(self, values: Sequence[Any]) -> None:
        there = [value for value in values if value is not None]
        self._has_null_within |= len(there) < len(values)
        if there:
            self._within = self._within or ValueProfile(self._chains)
            self._within.add(there)
