"""Columns as JSON text, all values of one at once.

Numbers keep all their digits, times are of ISO 8601 with as many digits as their type has, moments with a zone are of
UTC, bytes are in base64, durations are ISO 8601 in seconds, a UUID is its text, a map is an object. What JSON has no
form for (`odd_rows`) is a text.
"""

from __future__ import annotations

from base64 import b64encode
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from loader.sources.formats.arrow.plain_types import UUID, offsets_of

Piece = Any
"""A text, or an array of texts without nulls."""

_is = pa.types
_QUOTE = '"'
_SHORT_ESCAPES = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}
_PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_FRACTION = {"s": 0, "ms": 3, "us": 6, "ns": 9}
_FIRST_EXPONENT = 1e10  # from here on Arrow writes whole numbers with an exponent
# The years that Arrow writes a text for: -32767 to 32767.
_FIRST_DAY, _LAST_DAY = -12_687_428, 11_248_738
_DAY_SECONDS = 86_400


def objects(names: Sequence[str], columns: Sequence[pa.Array]) -> pa.Array:
    """A JSON object for each row, of fields called `names`; at least one."""
    pieces: list[Piece] = []
    for at, (name, column) in enumerate(zip(names, columns, strict=True)):
        pieces += [f"{',' if at else '{'}{_quoted(name)}:", *_pieces(column)]
    return _joined([*pieces, "}"])


def odd_rows(array: pa.Array) -> Sequence[int]:
    """The indexes of values that JSON has no form for: NaN, infinities, years beyond 32,767, maps with equal keys."""
    kind = array.type
    if _is.is_floating(kind):
        return _where(pc.invert(pc.is_finite(array)))
    if _is.is_date(kind) or _is.is_timestamp(kind):
        return [] if _has_texts(array) else _where(pc.invert(_in_range(array)))
    if _is.is_struct(kind):
        valid = array.is_valid()
        fields = (odd_rows(array.field(at)) for at in range(kind.num_fields))
        return [row for row in sorted({row for found in fields for row in found}) if valid[row].as_py()]
    if _is.is_list(kind):
        return _parents(array, odd_rows(array.flatten()))
    if _is.is_map(kind):
        pairs = _pairs(array)
        entries = pairs.flatten()
        odd = {*odd_rows(entries.field(0)), *odd_rows(entries.field(1)), *_repeated(pairs, entries.field(0))}
        return _parents(pairs, sorted(odd))
    return []


def json_text(array: pa.Array) -> pa.Array:
    """The JSON of each value; that of a null is null."""
    return _joined(_pieces(array))


def lines(texts: pa.Array) -> list[bytes]:
    """The bytes of each text."""
    if not len(texts):
        return []
    _, offsets, data = texts.buffers()
    ends = memoryview(offsets).cast("i")[texts.offset : texts.offset + len(texts) + 1].tolist()
    whole = b"" if data is None else data.to_pybytes()
    return [whole[start:end] for start, end in pairwise(ends)]


def _pieces(array: pa.Array) -> list[Piece]:
    """What makes up the JSON of each value, piece by piece: quotes stand apart where no value is null."""
    text, is_quoted = _texts(array)
    if not is_quoted:
        return [text if not text.null_count else pc.fill_null(text, "null")]
    if not array.null_count:
        return [_QUOTE, text, _QUOTE]
    return [pc.fill_null(pc.binary_join_element_wise(_QUOTE, text, _QUOTE, ""), "null")]


def _texts(array: pa.Array) -> tuple[pa.Array, bool]:
    """The text of each value, null for null, and whether it stands in quotes."""
    kind = array.type
    if _is.is_string(kind):
        return _escaped(array), True
    bare = next((texts for is_it, texts in _BARE if is_it(kind)), None)
    return (_worded(array), True) if bare is None else (bare(array), False)


def _worded(array: pa.Array) -> pa.Array:
    """Values that are texts in JSON, which need no escapes."""
    kind = array.type
    if _is.is_date(kind) or _is.is_timestamp(kind):
        return _dated(array)
    if _is.is_time(kind):
        return _plain(array)
    if _is.is_duration(kind):
        scale, numbers = _FRACTION[kind.unit], array.cast(pa.int64()).to_pylist()
        return pa.array([None if each is None else _duration(each, scale) for each in numbers], pa.string())
    if kind == UUID:
        return _uuids(array)
    if _is.is_interval(kind):
        return pa.array([None if each is None else _interval(each) for each in array.to_pylist()], pa.string())
    return pa.array([None if each is None else b64encode(each) for each in array.to_pylist()], pa.binary()).cast(
        pa.string()
    )


def _plain(array: pa.Array) -> pa.Array:
    return array.cast(pa.string())


def _dated(array: pa.Array) -> pa.Array:
    """Dates and moments; of years that Arrow writes no text for, the number of units since 1970."""
    if _has_texts(array):
        return _iso(array)
    usual, number = _in_range(array), _numbers_of(array)
    text = _iso(pc.if_else(usual, array, pa.scalar(None, array.type)))
    return pc.if_else(usual, text, _joined(["<out of range: ", _plain(number), ">"]))


def _iso(array: pa.Array) -> pa.Array:
    kind = array.type
    if _is.is_date(kind):
        return _plain(array)
    zoned = array.cast(pa.timestamp(kind.unit, "UTC")) if kind.tz else array
    return pc.replace_substring(_plain(zoned), " ", "T", max_replacements=1)


def _numbers(array: pa.Array) -> pa.Array:
    """Numbers with a fraction have a point or an exponent in their text, and are so told from whole ones."""
    text = array.cast(pa.string())
    bare = pc.and_(pc.equal(pc.floor(array), array), pc.less(pc.abs(array), _FIRST_EXPONENT))
    if pc.any(bare).as_py():
        text = pc.if_else(bare, pc.binary_join_element_wise(text, ".0", ""), text)
    if pc.all(pc.is_finite(array)).as_py() is not False:
        return text
    words = pc.case_when(
        pc.make_struct(pc.is_nan(array), pc.equal(array, float("inf")), pc.equal(array, float("-inf"))),
        '"NaN"',
        '"Infinity"',
        '"-Infinity"',
    )
    return pc.if_else(pc.is_finite(array), text, words)


def _escaped(texts: pa.Array) -> pa.Array:
    """Texts as they stand between quotes (RFC 8259, section 7)."""
    data = _bytes_of(texts)
    if not data:
        return texts
    has_controls = pc.min(pa.Array.from_buffers(pa.uint8(), len(data), [None, pa.py_buffer(data)])).as_py() < ord(" ")
    for special in ("\\", _QUOTE, *(map(chr, range(ord(" "))) if has_controls else ())):
        if special.encode() in data:
            texts = pc.replace_substring(texts, special, _escape(special))
    return texts


def _bytes_of(texts: pa.Array) -> bytes:
    """All texts, one after the other."""
    _, offsets, data = texts.buffers()
    if data is None or not len(texts):
        return b""
    ends = memoryview(offsets).cast("i")
    return bytes(memoryview(data)[ends[texts.offset] : ends[texts.offset + len(texts)]])


def _escape(special: str) -> str:
    if special in ("\\", _QUOTE):
        return f"\\{special}"
    return _SHORT_ESCAPES.get(special, f"\\u{ord(special):04x}")


def _listed(array: pa.Array) -> pa.Array:
    return _enclosed(array, json_text(array.flatten()), "[", "]")


def _structs(array: pa.Array) -> pa.Array:
    kind = array.type
    if not kind.num_fields:
        return pc.if_else(array.is_valid(), "{}", pa.scalar(None, pa.string()))
    names = [kind.field(at).name for at in range(kind.num_fields)]
    found = objects(names, [array.field(at) for at in range(kind.num_fields)])
    return pc.if_else(array.is_valid(), found, pa.scalar(None, pa.string())) if array.null_count else found


def _maps(array: pa.Array) -> pa.Array:
    pairs = _pairs(array)
    entries = pairs.flatten()
    members = _joined([_QUOTE, _keys(entries.field(0)), f"{_QUOTE}:", *_pieces(entries.field(1))])
    return _enclosed(pairs, members, "{", "}")


def _keys(array: pa.Array) -> pa.Array:
    """The text of each key. Of numbers, what JSON has no form for has quotes of its own."""
    text, _ = _texts(array)
    return pc.replace_substring(text, _QUOTE, "") if _is.is_floating(array.type) else text


def _enclosed(lists: pa.Array, texts: pa.Array, begin: str, end: str) -> pa.Array:
    """The texts of each list, joined by commas; null for null."""
    joined = pc.binary_join(pa.ListArray.from_arrays(_offsets(lists), texts), ",")
    found = _joined([begin, joined, end])
    return pc.if_else(lists.is_valid(), found, pa.scalar(None, pa.string())) if lists.null_count else found


def _pairs(maps: pa.Array) -> pa.Array:
    kind = maps.type
    return maps.cast(pa.list_(pa.struct([("key", kind.key_type), ("value", kind.item_type)])))


def _repeated(pairs: pa.Array, keys: pa.Array) -> Iterator[int]:
    """Entries whose key another one of the same map has before."""
    texts = json_text(keys).to_pylist()
    for start, stop in pairwise(_offsets(pairs).to_pylist()):
        first = dict(zip(reversed(texts[start:stop]), range(stop - 1, start - 1, -1), strict=True))
        yield from (at for at in range(start, stop) if first[texts[at]] != at)


def _duration(units: int, scale: int) -> str:
    """Seconds, exactly: `-PT1.500S`."""
    seconds, rest = divmod(abs(units), 10**scale)
    fraction = f".{rest:0{scale}}" if scale else ""
    return f"{'-' if units < 0 else ''}PT{seconds}{fraction}S"


def _uuids(array: pa.Array) -> pa.Array:
    return pa.array([None if each is None else _uuid(each.hex()) for each in array.to_pylist()], pa.string())


def _uuid(digits: str) -> str:
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _interval(each: Any) -> str:
    """Each of the parts has a sign of its own."""
    seconds = Decimal(each.nanoseconds).scaleb(-9).normalize()
    return f"P{each.months}M{each.days}DT{seconds:f}S"


_BARE: tuple[tuple[Callable[[Any], bool], Callable[[Any], Any]], ...] = (
    (_is.is_integer, _plain),
    (_is.is_boolean, _plain),
    (_is.is_decimal, _plain),
    (_is.is_null, _plain),
    (_is.is_floating, _numbers),
    (_is.is_list, _listed),
    (_is.is_struct, _structs),
    (_is.is_map, _maps),
)


def _has_texts(array: pa.Array) -> bool:
    """Whether Arrow has a text for each of these dates or moments."""
    first, last = _bounds(array.type)
    found = pc.min_max(_numbers_of(array)).as_py()
    return found["min"] is None or first <= found["min"] <= found["max"] < last


def _bounds(kind: pa.DataType) -> tuple[int, int]:
    """The first number of units since 1970 that Arrow has a text for, and the first that it has none for again."""
    units = 1 if _is.is_date(kind) else _DAY_SECONDS * _PER_SECOND[kind.unit]
    return units * _FIRST_DAY, units * _LAST_DAY


def _numbers_of(array: pa.Array) -> pa.Array:
    return array.cast(pa.int32() if _is.is_date(array.type) else pa.int64())


def _in_range(array: pa.Array) -> pa.Array:
    first, last = _bounds(array.type)
    if last >= 2**63:  # all that there are
        return array.is_valid()
    number = _numbers_of(array)
    return pc.and_(pc.greater_equal(number, first), pc.less(number, last))


def _parents(lists: pa.Array, entries: Sequence[int]) -> list[int]:
    if not entries:
        return []
    ends = _offsets(lists).to_pylist()[1:]
    return sorted({bisect_right(ends, entry) for entry in entries})


def _offsets(lists: pa.Array) -> pa.Array:
    """Where each list begins and ends in all their values, `flatten()`: those that a null holds are not there."""
    return offsets_of(pc.fill_null(pc.list_value_length(lists), 0))


def _where(mask: pa.Array) -> list[int]:
    if pc.any(mask).as_py() is not True:
        return []
    return [at for at, is_so in enumerate(mask.to_pylist()) if is_so]


def _joined(pieces: Sequence[Piece]) -> pa.Array:
    """The pieces one after the other; each piece more takes its time, so texts that stand together are one."""
    merged: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, str) and merged and isinstance(merged[-1], str):
            merged[-1] += piece
        else:
            merged.append(piece)
    return merged[0] if len(merged) == 1 else pc.binary_join_element_wise(*merged, "")


def _quoted(name: str) -> str:
    return msgspec.json.encode(name).decode()
