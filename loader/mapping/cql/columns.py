"""Columns of cells from columns of values, all at once where the values have the usual form, else one by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import repeat
from types import NoneType
from typing import Any, NamedTuple, get_args

import msgspec

from loader.mapping.cql.codec import UNFIT, UNSET, Codec, EncodeColumn, MisfitError, Number, Parts, frame


class Misfit(NamedTuple):
    """What a MisfitError said: the error itself holds the frames it came through, and with them whole columns."""

    value: str
    expected: str
    is_value: bool = True  # else there are several, of which none is meant more than another


@dataclass(frozen=True, slots=True)
class Encoded:
    """A column of cells. By index: what does not fit (its cell is empty), and where nothing is or null."""

    parts: Parts
    misfits: Mapping[int, Misfit] = field(default_factory=dict)
    missing: Sequence[int] = ()


EncodeValues = Callable[[Codec, Sequence[Any], bytes], Encoded]
"""Takes values of a column, None for null and msgspec.UNSET for nothing, and the cell that stands for a null."""


class SelfEncoding(Sequence[Any]):
    """A column of values that become cells without being looked at one by one. None is null."""

    def encoded(self, codec: Codec, null: bytes) -> Encoded:
        """Its cells; `null` is that of a null."""
        raise NotImplementedError


def encode_at_once(codec: Codec, values: Sequence[Any], null: bytes) -> Encoded:
    """Values that are texts, or are of the codec's `json_type`."""
    parts = _at_once(codec.columns, values)
    if parts is not None:
        return Encoded(parts)
    missing = [at for at, value in enumerate(values) if value is None or value is msgspec.UNSET]
    if not missing:
        return encode_one_by_one(codec, values, null)
    if len(missing) == len(values):
        return Encoded(([_absent(value, null) for value in values],), missing=missing)
    parts = _at_once(codec.columns, _filled(values, missing))
    if parts is None:
        return encode_one_by_one(codec, values, null)
    cells, *rest = map(list, parts)
    for at in missing:
        cells[at] = _absent(values[at], null)
        for part in rest:
            part[at] = b""
    return Encoded((cells, *rest), missing=missing)


def encode_mixed(codec: Codec, values: Sequence[Any], null: bytes) -> Encoded:
    """Values of any form that JSON has, or a MisfitError for one that was found not to fit before."""
    if isinstance(values, SelfEncoding):
        return values.encoded(codec, null)
    types = set(map(type, values)) - {NoneType, msgspec.UnsetType}
    encode = encode_at_once if types <= _usual_types(codec.json_type) else encode_one_by_one
    return encode(codec, values, null)


def encode_one_by_one(codec: Codec, values: Sequence[Any], null: bytes) -> Encoded:
    """The same, however different they are."""
    cells: list[bytes] = []
    misfits: dict[int, Misfit] = {}
    missing: list[int] = []
    for at, value in enumerate(values):
        if value is None or value is msgspec.UNSET:
            cells.append(_absent(value, null))
            missing.append(at)
        elif isinstance(value, MisfitError):
            cells.append(b"")
            misfits[at] = Misfit(value.value, value.expected, value.is_value)
        else:
            try:
                cells.append(frame(codec.value(value)))
            except MisfitError as misfit:
                cells.append(b"")
                misfits[at] = Misfit(misfit.value, misfit.expected)
    return Encoded((cells,), misfits, missing)


def nothing(rows: int) -> Encoded:
    """The column of a parameter that no field feeds."""
    return Encoded((list(repeat(UNSET, rows)),), missing=range(rows))


def _at_once(attempts: Sequence[EncodeColumn], values: Sequence[Any]) -> Parts | None:
    for encode in attempts:
        try:
            return encode(values)
        except UNFIT:
            continue
    return None


@cache
def _usual_types(json_type: Any) -> frozenset[type]:
    """The types of values that can be encoded at once without a look at each, where fields hold `json_type`."""
    if json_type is Any:
        return frozenset((int, str, Number))
    scalars = frozenset(each for each in get_args(json_type) or (json_type,) if each in (int, float, str, bool))
    return scalars if scalars == {str} else scalars | {Number}


def _absent(value: Any, null: bytes) -> bytes:
    return null if value is None else UNSET


def _filled(values: Sequence[Any], missing: Sequence[int]) -> list[Any]:
    """The values with something that may fit where nothing is, so that the others are encoded at once."""
    stand_in = next(value for value in values if value is not None and value is not msgspec.UNSET)
    filled = list(values)
    for at in missing:
        filled[at] = stand_in
    return filled
