"""Strategies for hypothesis: values of each type, as JSON writes them and as the driver reads them back."""

from __future__ import annotations

import json
import socket
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import MAX_PREC, Context, Decimal
from ipaddress import IPv4Address, IPv6Address
from typing import Any, Literal, NamedTuple

from cassandra.util import Date, Duration, Time
from hypothesis import strategies as st

from loader.mapping.cql.types import CqlType
from tests.mapping.cql.driver import plain


class Value(NamedTuple):
    """A value as JSON, and as `plain` shows what the driver reads."""

    json: str
    read: Any


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)


def _quoted(text: str) -> str:
    return json.dumps(text)


def _spelled(numbers: st.SearchStrategy[Any], write: Callable[[Any], str] = str) -> st.SearchStrategy[Value]:
    """Numbers, as JSON numbers and as texts."""
    return st.builds(
        lambda number, quote: Value(_quoted(write(number)) if quote else write(number), plain(number)),
        numbers,
        st.booleans(),
    )


def _integers(bits: int) -> st.SearchStrategy[Value]:
    return _spelled(st.integers(-(1 << bits - 1), (1 << bits - 1) - 1))


def _floats(width: Literal[32, 64]) -> st.SearchStrategy[Value]:
    words = {"inf": '"Infinity"', "-inf": '"-Infinity"', "nan": '"NaN"'}
    numbers = st.floats(width=width)
    return st.one_of(
        numbers.map(lambda number: Value(words.get(repr(number), repr(number)), plain(number))),
        st.integers(-(2**24), 2**24).map(lambda number: Value(str(number), plain(float(number)))),
    )


_DECIMALS = st.builds(
    lambda digits, exponent: Decimal(digits).scaleb(exponent), st.integers(-(10**27), 10**27), st.integers(-40, 40)
)
_MOMENTS = st.builds(
    lambda moment, hours, separator: Value(
        _quoted(moment.replace(tzinfo=UTC).astimezone(timezone(timedelta(hours=hours))).isoformat(sep=separator)),
        moment.replace(microsecond=moment.microsecond // 1000 * 1000),
    ),
    st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)),
    st.integers(-14, 14),
    st.sampled_from("T "),
)
_DURATIONS = st.builds(
    lambda sign, months, days, nanoseconds: Value(
        _quoted(f"{'-' if sign < 0 else ''}{months}mo{days}d{nanoseconds}ns"),
        plain(Duration(sign * months, sign * days, sign * nanoseconds)),
    ),
    st.sampled_from((1, -1)),
    st.integers(0, 2**31 - 1),
    st.integers(0, 2**31 - 1),
    st.integers(0, 2**63 - 1),
)


def _as_read(address: IPv4Address | IPv6Address) -> str:
    return socket.inet_ntop(socket.AF_INET if address.version == 4 else socket.AF_INET6, address.packed)


SCALARS: dict[str, st.SearchStrategy[Value]] = {
    "ascii": st.text(st.characters(codec="ascii", exclude_characters="\0"), max_size=12).map(
        lambda text: Value(_quoted(text), text)
    ),
    "text": TEXTS.map(lambda text: Value(_quoted(text), text)),
    "tinyint": _integers(8),
    "smallint": _integers(16),
    "int": _integers(32),
    "bigint": _integers(64),
    "varint": _spelled(st.integers(-(10**60), 10**60)),
    "decimal": _spelled(_DECIMALS),
    "float": _floats(32),
    "double": _floats(64),
    "boolean": st.booleans().map(lambda value: Value(str(value).lower(), value)),
    "blob": st.binary(max_size=12).map(lambda value: Value(_quoted(f"0x{value.hex()}"), value)),
    "uuid": st.uuids().map(lambda value: Value(_quoted(str(value)), value)),
    "timeuuid": st.builds(uuid.uuid1, st.integers(0, 2**48 - 1), st.integers(0, 2**14 - 1)).map(
        lambda value: Value(_quoted(str(value)), value)
    ),
    "timestamp": _MOMENTS,
    "date": st.dates().map(lambda day: Value(_quoted(day.isoformat()), plain(Date(day)))),
    "time": st.integers(0, 86_400 * 10**9 - 1).map(lambda each: Value(_quoted(str(Time(each))), plain(Time(each)))),
    "duration": _DURATIONS,
    "inet": st.ip_addresses().map(lambda address: Value(_quoted(str(address)), _as_read(address))),
}


def values_of(cql_type: CqlType) -> st.SearchStrategy[Value]:
    """Values of a type, for all but null."""
    args = [values_of(arg) for arg in cql_type.args]
    if cql_type.is_udt:
        return st.tuples(*map(_or_null, args)).map(lambda values: _udt(cql_type, values))
    match cql_type.name:
        case "list":
            return st.lists(args[0], max_size=3).map(_list)
        case "set":
            return st.lists(args[0], max_size=3, unique_by=lambda value: _compared(value.read)).map(
                lambda values: Value(_list(values).json, sorted((value.read for value in values), key=repr))
            )
        case "map":
            pairs = st.lists(st.tuples(*args), max_size=3, unique_by=lambda pair: _compared(pair[0].read))
            return st.builds(_map, pairs, st.booleans())
        case "tuple":
            return st.tuples(*map(_or_null, args)).map(_list)
        case "vector":
            return st.lists(args[0], min_size=cql_type.dimension, max_size=cql_type.dimension).map(_list)
    return SCALARS[cql_type.name]


def _compared(value: object) -> str:
    """What is the same for values that are one to the server: it takes 1.0 and 1.00 for the same decimal."""
    if not isinstance(value, Decimal):
        return repr(value)
    return repr(value.normalize(Context(prec=MAX_PREC))) if value else "0"


def _or_null(values: st.SearchStrategy[Value]) -> st.SearchStrategy[Value]:
    return st.just(Value("null", None)) | values


def _list(values: Any) -> Value:
    return Value(f"[{', '.join(value.json for value in values)}]", [value.read for value in values])


def _udt(cql_type: CqlType, values: tuple[Value, ...]) -> Value:
    """As an object without what is null, as far as that goes."""
    fields = [
        f"{_quoted(name)}: {value.json}"
        for name, value in zip(cql_type.fields, values, strict=True)
        if value.read is not None
    ]
    return Value("{" + ", ".join(fields) + "}", [value.read for value in values])


def _map(pairs: list[tuple[Value, Value]], as_object: bool) -> Value:
    """As an object, or as a list of pairs."""
    read = sorted(((key.read, value.read) for key, value in pairs), key=repr)
    if not as_object:
        return Value(f"[{', '.join(f'[{key.json}, {value.json}]' for key, value in pairs)}]", read)
    names = (key.json if key.json[0] == '"' else _quoted(key.json) for key, _ in pairs)
    entries = (f"{name}: {value.json}" for name, (_, value) in zip(names, pairs, strict=True))
    return Value("{" + ", ".join(entries) + "}", read)


NESTED = [
    "list<int>",
    "list<text>",
    "set<decimal>",
    "set<text>",
    "map<text, double>",
    "map<timestamp, frozen<list<uuid>>>",
    "map<frozen<address>, boolean>",
    "tuple<int, text, frozen<set<date>>>",
    "frozen<address>",
    "frozen<person>",
    "list<frozen<map<varint, frozen<tuple<float, duration>>>>>",
    "vector<float, 3>",
    "vector<double, 2>",
    "vector<int, 2>",
    "vector<text, 2>",
    "vector<smallint, 2>",
    "vector<time, 2>",
    "vector<vector<bigint, 2>, 2>",
    "vector<frozen<list<varint>>, 2>",
    "vector<frozen<tuple<uuid, text>>, 2>",
]
