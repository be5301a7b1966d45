"""Any columns of Arrow, by hypothesis."""

from __future__ import annotations

from decimal import Context, Decimal

import pyarrow as pa
from hypothesis import strategies as st

_EXACT = Context(prec=80)
_UNITS = st.sampled_from(("s", "ms", "us", "ns"))
_TEXTS = st.text(max_size=12)


def _whole(bits: int, *, signed: bool) -> st.SearchStrategy:
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    return st.integers(low, high)


def _time(unit: str) -> pa.DataType:
    return pa.time32(unit) if unit in ("s", "ms") else pa.time64(unit)


PER_DAY = {"s": 86_400, "ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}

simple_types = st.one_of(
    st.sampled_from(
        (
            pa.null(),
            pa.bool_(),
            *(getattr(pa, f"{sign}int{bits}")() for sign in ("", "u") for bits in (8, 16, 32, 64)),
            pa.float32(),
            pa.float64(),
            pa.string(),
            pa.binary(),
            pa.binary(16),
            pa.date32(),
            pa.month_day_nano_interval(),
        )
    ),
    st.builds(_time, _UNITS),
    st.builds(pa.duration, _UNITS),
    st.builds(pa.timestamp, _UNITS, st.sampled_from((None, "UTC", "Europe/Berlin", "+02:00"))),
    st.builds(pa.decimal128, st.just(38), st.integers(-5, 38)),
    st.builds(pa.decimal256, st.just(76), st.integers(0, 76)),
)
_KEYS = simple_types.filter(lambda kind: not pa.types.is_null(kind) and not pa.types.is_interval(kind))


def _nested(inner: st.SearchStrategy) -> st.SearchStrategy:
    fields = st.lists(st.tuples(_TEXTS, inner), max_size=3, unique_by=lambda field: field[0])
    return st.one_of(inner.map(pa.list_), st.builds(pa.map_, _KEYS, inner), fields.map(pa.struct))


plain_types = st.recursive(simple_types, _nested, max_leaves=4)
"""All types that values have once they were read."""


def values(kind: pa.DataType) -> st.SearchStrategy:
    """What `pa.array` takes for a type, nulls too."""
    return st.none() | present(kind)


def present(kind: pa.DataType) -> st.SearchStrategy:  # noqa: C901 - a line for each type
    types = pa.types
    if types.is_null(kind):
        return st.none()
    if types.is_boolean(kind):
        return st.booleans()
    if types.is_integer(kind):
        return _whole(kind.bit_width, signed=types.is_signed_integer(kind))
    if types.is_floating(kind):
        return st.floats(width=kind.bit_width)
    if types.is_string(kind):
        return _TEXTS
    if types.is_fixed_size_binary(kind):
        return st.binary(min_size=16, max_size=16)
    if types.is_binary(kind):
        return st.binary(max_size=12)
    if types.is_decimal(kind):
        digits = st.integers(-(10**30) + 1, 10**30 - 1)
        return digits.map(lambda number: Decimal(number).scaleb(-kind.scale, _EXACT))
    if types.is_date(kind):
        return _whole(32, signed=True)
    if types.is_time(kind):
        return st.integers(0, PER_DAY[kind.unit] - 1)
    if types.is_timestamp(kind) or types.is_duration(kind):
        return _whole(64, signed=True)
    if types.is_interval(kind):
        parts = st.tuples(_whole(32, signed=True), _whole(32, signed=True), _whole(64, signed=True))
        return parts.map(lambda part: pa.MonthDayNano(list(part)))
    if types.is_list(kind):
        return st.lists(values(kind.value_type), max_size=3)
    if types.is_map(kind):
        pair = st.tuples(present(kind.key_type), values(kind.item_type))
        return st.lists(pair, max_size=3, unique_by=lambda each: repr(each[0]))
    return st.fixed_dictionaries({kind.field(at).name: values(kind.field(at).type) for at in range(kind.num_fields)})


@st.composite
def batches(draw: st.DrawFn, kinds: st.SearchStrategy = plain_types, max_rows: int = 6) -> pa.RecordBatch:
    """A record batch of one to three columns."""
    count = draw(st.integers(0, max_rows))
    fields = draw(
        st.lists(st.tuples(_TEXTS.filter(bool), kinds), min_size=1, max_size=3, unique_by=lambda each: each[0])
    )
    columns = [pa.array(draw(st.lists(values(kind), min_size=count, max_size=count)), kind) for _, kind in fields]
    return pa.RecordBatch.from_arrays(columns, schema=pa.schema(fields))
