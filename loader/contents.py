"""Contents of rows: raw JSON, texts in columns, or typed values in columns, whatever they were read from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Protocol

import msgspec

from loader.exact_json import letter_form

Pick = Callable[[Sequence[Any]], Sequence[Any]]
"""Takes some items of a sequence, the same of each that is as long."""

_BLOCK = 256  # rows that are looked at together: for larger texts memory is asked of the system each time
_encode = msgspec.json.Encoder().encode
_LINE_ENDS_TO_SPACES = bytes.maketrans(b"\r\n", b"  ")  # which mean the same between tokens


class RowContent(Protocol):
    """What stands in some rows. Immutable; used by any thread."""

    @property
    def raw(self) -> Sequence[bytes]:
        """The original bytes of each row without line end; the row as JSON where there are none."""

    @property
    def weight(self) -> int:
        """The bytes of all rows, as read."""

    def row(self, index: int) -> bytes:
        """A row as a JSON object."""

    def original_json(self, index: int) -> bytes | None:
        """A row as it was read, where that is a JSON object; None for others."""

    def pick(self, pick: Pick) -> RowContent:
        """Some of the rows."""

    def join(self, parts: Sequence[Any]) -> RowContent:
        """The rows of `parts`, which are like this and of the same columns, one after the other."""


@dataclass(frozen=True, slots=True)
class RawJson:
    """Rows that are JSON objects, as they were read, without line end; if `is_spread` some may be on several lines."""

    raw: Sequence[bytes]
    is_spread: bool = False

    @property
    def weight(self) -> int:
        """The bytes of all rows."""
        return sum(map(len, self.raw))

    def pick(self, pick: Pick) -> RawJson:
        """Some of the rows."""
        return RawJson(pick(self.raw), self.is_spread)

    def row(self, index: int) -> bytes:
        """A row as a JSON object, on one line."""
        return self.raw[index].translate(_LINE_ENDS_TO_SPACES) if self.is_spread else self.raw[index]

    def original_json(self, index: int) -> bytes:
        """A row as it was read."""
        return self.raw[index]

    def join(self, parts: Sequence[RawJson]) -> RawJson:
        """All rows of `parts`."""
        return RawJson(_chained(part.raw for part in parts), any(part.is_spread for part in parts))


@dataclass(frozen=True, slots=True)
class SplitFields(Sequence[Sequence[str]]):
    """Fields of rows that are nothing but UTF-8, as many in each, with a delimiter of one byte between two.

    They are split when they are looked at, row by row: all at once takes longer, for the memory that it asks for.
    """

    raw: Sequence[bytes]
    delimiter: bytes

    def __len__(self) -> int:
        return len(self.raw)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return SplitFields(self.raw[index], self.delimiter)
        return self.raw[index].decode().split(self.delimiter.decode())

    def __iter__(self) -> Iterator[list[str]]:
        delimiter = self.delimiter.decode()
        return (text.split(delimiter) for text in map(bytes.decode, self.raw))

    def filled(self, template: bytes) -> list[bytes]:
        """`template` filled by `%` with the fields of each row, as bytes."""
        delimiter = self.delimiter
        return [template % tuple(row.split(delimiter)) for row in self.raw]

    def is_bare(self) -> bool:
        """Whether no character of any field is one that JSON writes otherwise (RFC 8259, section 7)."""
        blocks = (self.raw[at : at + _BLOCK] for at in range(0, len(self.raw), _BLOCK))
        return all(_is_bare(b"".join(block).replace(self.delimiter, b",")) for block in blocks)

    def pick(self, pick: Pick) -> SplitFields:
        """Those of some of the rows."""
        return SplitFields(pick(self.raw), self.delimiter)

    @staticmethod
    def join(parts: Sequence[Sequence[Sequence[str | None]]]) -> Sequence[Sequence[str | None]]:
        """All of `parts`, split or not."""
        split = [part for part in parts if isinstance(part, SplitFields)]
        if len(split) < len(parts) or len({part.delimiter for part in split}) > 1:
            return _chained(parts)
        return SplitFields(_chained(part.raw for part in split), split[0].delimiter)


@dataclass(frozen=True, slots=True)
class TextColumns:
    """Rows of texts: `fields` has those of each row, parallel to `columns`, `raw` its bytes without line end.

    None is what a row has no field for.
    """

    columns: tuple[str, ...]
    raw: Sequence[bytes]
    fields: Sequence[Sequence[str | None]]

    @property
    def weight(self) -> int:
        """The original bytes of all rows."""
        return sum(map(len, self.raw))

    def pick(self, pick: Pick) -> TextColumns:
        """Some of the rows."""
        fields = self.fields.pick(pick) if isinstance(self.fields, SplitFields) else pick(self.fields)
        return TextColumns(self.columns, pick(self.raw), fields)

    def row(self, index: int) -> bytes:
        """A row as a JSON object of texts."""
        return _encode(dict(zip(self.columns, self.fields[index], strict=True)))

    def original_json(self, index: int) -> bytes | None:  # noqa: ARG002 - it was no JSON
        """None: rows were read from something else."""
        return None

    def join(self, parts: Sequence[TextColumns]) -> TextColumns:
        """All rows of `parts`."""
        return TextColumns(self.columns, _chained(p.raw for p in parts), SplitFields.join([p.fields for p in parts]))


@dataclass(frozen=True, slots=True)
class TypedColumns:
    """Rows of typed values: `values` has the column of each of `columns`. There are no original bytes.

    A value is None, or of the types bool, int, float, Decimal, str, bytes, UUID, date, time, datetime (with a zone or
    without), or a list or dict (by texts) of such, exactly. `sizes` are the bytes that each row took as it was read,
    or its share of them.
    """

    columns: tuple[str, ...]
    values: Sequence[Sequence[Any]]
    sizes: Sequence[int]

    @property
    def weight(self) -> int:
        """The bytes of all rows, as read."""
        return sum(self.sizes)

    @property
    def raw(self) -> Sequence[bytes]:
        """Each row as JSON, made when it is looked at."""
        return _RowsAsJson(self)

    def pick(self, pick: Pick) -> TypedColumns:
        """Some of the rows."""
        return TypedColumns(self.columns, list(map(pick, self.values)), pick(self.sizes))

    def row(self, index: int) -> bytes:
        """A row as a JSON object; what JSON has no form for is a text there, as in a dead letter."""
        return letter_form({name: column[index] for name, column in zip(self.columns, self.values, strict=True)})

    def original_json(self, index: int) -> bytes | None:  # noqa: ARG002 - it was no JSON
        """None: rows were read from something else."""
        return None

    def join(self, parts: Sequence[TypedColumns]) -> TypedColumns:
        """All rows of `parts`."""
        columns = zip(*(part.values for part in parts), strict=True)
        return TypedColumns(self.columns, list(map(_chained, columns)), _chained(part.sizes for part in parts))


class ArrayContent(ABC):
    """Rows of typed columns that are no values of Python: what holds them makes JSON of them.

    `columns` are their names. Immutable; used by any thread.
    """

    columns: tuple[str, ...]
    weight: int  # the bytes of all rows, or their share of those of more

    @abstractmethod
    def __len__(self) -> int:
        """How many rows there are."""

    @property
    @abstractmethod
    def raw(self) -> Sequence[bytes]:
        """Each row as JSON, made when it is looked at."""

    @abstractmethod
    def row(self, index: int) -> bytes:
        """A row as a JSON object; what JSON has no form for is a text there."""

    def original_json(self, index: int) -> bytes | None:  # noqa: ARG002 - it was no JSON
        """None: rows were read from something else."""
        return None

    @abstractmethod
    def pick(self, pick: Pick) -> ArrayContent:
        """Some of the rows."""

    @abstractmethod
    def join(self, parts: Sequence[Any]) -> ArrayContent:
        """All rows of `parts`."""

    @abstractmethod
    def objects(self, names: Sequence[str]) -> Sequence[bytes]:
        """Rows as JSON objects whose fields are called `names`, which differ."""

    @abstractmethod
    def odd_values(self) -> Mapping[int, Sequence[tuple[str, str]]]:
        """The values that JSON has no form for, by row: name of the column, and the text that stands for it."""

    @abstractmethod
    def values(self, index: int) -> Sequence[Any]:
        """The column at `index` for who looks at values: floats, decimals and bytes are that, others as in JSON."""

    @abstractmethod
    def array(self, index: int) -> Any:
        """The column at `index`, as its library has it."""


def _chained(parts: Iterable[Iterable[Any]]) -> list[Any]:
    return list(chain.from_iterable(parts))


def _is_bare(text: bytes) -> bool:
    """Whether UTF-8 stands in JSON as it is."""
    return len(_encode(text.decode())) == len(text) + len('""')


class _RowsAsJson(Sequence[bytes]):
    def __init__(self, content: TypedColumns) -> None:
        self._content = content

    def __len__(self) -> int:
        return len(self._content.sizes)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self._content.row(at) for at in range(*index.indices(len(self)))]
        return self._content.row(range(len(self))[index])

    def __iter__(self) -> Iterator[bytes]:
        return map(self._content.row, range(len(self)))
