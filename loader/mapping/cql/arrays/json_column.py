"""Values of an array as JSON has them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import msgspec
import pyarrow as pa

from loader.mapping.cql.codec import Number
from loader.sources.formats.arrow.json_text import json_text, lines

_decode = msgspec.json.Decoder(float_hook=Number).decode


class JsonColumn(Sequence[Any]):
    """The values of an array of a plain type, as JSON has them; decoded when one is looked at. None is null."""

    def __init__(self, array: pa.Array) -> None:
        self.array = array

    def __len__(self) -> int:
        return len(self.array)

    def __getitem__(self, index: Any) -> Any:
        return self._values[index]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._values)

    @property
    def raw(self) -> Sequence[Any]:
        """The JSON of each value; that of a null is None."""
        nulls = self.array.is_null().to_pylist()
        pairs = zip(nulls, lines(json_text(self.array)), strict=True)
        return [None if is_null else msgspec.Raw(text) for is_null, text in pairs]

    @cached_property
    def _values(self) -> Sequence[Any]:
        return list(map(_decode, lines(json_text(self.array))))
