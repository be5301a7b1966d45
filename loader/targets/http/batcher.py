"""Cuts rows into requests by count and bytes alone, so that a restart cuts them alike."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate

from loader.mapping.json_rows import JsonMapper
from loader.mapping.template import UnfitError
from loader.outcomes import Cause
from loader.rows import Batch, Rows
from loader.targets.base import Cut, Refusal
from loader.targets.http.body import RowWrapper

_SMALLEST = 1024  # bytes: a request that is refused as too large is not cut below this


class HttpBatcher:
    """A request is cut within the rows of one `add`; nothing is held back. A row over the limit goes alone."""

    def __init__(self, mapper: JsonMapper, wrapper: RowWrapper | None, *, size: int, max_bytes: int) -> None:
        self._mapper = mapper
        self._wrapper = wrapper
        self._size = size
        self.max_bytes = max_bytes

    def add(self, rows: Rows) -> Cut:
        payload, unfit = self._mapper.map(rows)
        if self._wrapper is not None:
            payload, unfit = _wrapped(self._wrapper, rows, payload, unfit)
        refused = [Refusal(rows.take((i,)), cause) for i, cause in sorted(unfit.items())]
        if refused:
            kept = [i for i in range(len(rows)) if i not in unfit]
            rows, payload = rows.take(kept), [payload[i] for i in kept]
        return Cut(list(self._cut(rows, payload)), refused)

    def flush(self) -> Cut:
        return Cut(())

    def shrink(self, batch: Batch) -> int:
        self.max_bytes = max(_SMALLEST, min(self.max_bytes, sum(batch.sizes) // 2))
        return self.max_bytes

    def _cut(self, rows: Rows, payload: Sequence[bytes]) -> list[Batch]:
        sizes = list(map(len, payload))
        ends = list(accumulate(sizes, lambda total, size: total + size + 1, initial=0))
        batches: list[Batch] = []
        start = 0
        while start < len(rows):
            fitting = bisect_right(ends, ends[start] + self.max_bytes) - 1
            stop = max(start + 1, min(start + self._size, fitting, len(rows)))
            batches.append(Batch(rows.slice(start, stop), payload[start:stop], sizes[start:stop]))
            start = stop
        return batches


def _wrapped(
    wrapper: RowWrapper, rows: Rows, payload: Sequence[bytes], unfit: Mapping[int, Cause]
) -> tuple[list[bytes], dict[int, Cause]]:
    refused = dict(unfit)
    wrapped: list[bytes] = []
    for i, row in enumerate(payload):
        item = b""
        try:
            if i not in refused:
                item = wrapper.wrap(row, rows.value(i) if wrapper.needs_fields else {})
        except UnfitError as error:
            refused[i] = error.cause
        wrapped.append(item)
    return wrapped, refused
