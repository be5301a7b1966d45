"""Numbers of the chunks of Parquet, which are made before they are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from loader.config.sections import InputSettings
from loader.rows import Chunk
from loader.sources import chunks, expand, open_inputs
from loader.sources.formats.arrow import row_groups
from loader.sources.start import Place, Reread, Start, Visit


class OneAhead:
    """Makes the next chunk before it gives one, as a thread that is quick does."""

    def __init__(self, made: Iterator[Chunk]) -> None:
        self._made = made

    def chunks(self) -> Iterator[Chunk]:
        held = next(self._made, None)
        while held is not None:
            following = next(self._made, None)
            yield held
            held = following

    def close(self) -> None:
        """Nothing is open."""


def test_a_visit_ends_where_its_input_was_left_and_the_rest_has_the_numbers_that_follow(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(row_groups, "ChunksAhead", OneAhead)
    pq.write_table(pa.table({"id": list(range(50))}), tmp_path / "a.parquet", row_group_size=10)
    (tmp_path / "b.jsonl").write_text('{"id": 50}\n')
    # The first input was left behind its second chunk; then the other was read.
    visits = (
        Visit(0, until=2),
        Visit(1),
        Visit(0, Place(10, 11), Reread(1, 10, 1)),
    )
    locations = expand([str(tmp_path / name) for name in ("a.parquet", "b.jsonl")])
    with open_inputs(locations, InputSettings()) as inputs:
        found = list(chunks(inputs, max_wait=1.0, max_rows=10, start=Start(visits=visits)))
    read = [(chunk.source.index, chunk.number, chunk.ordinal, chunk.rows) for chunk in found]
    assert read == [
        *((0, 0, 0, 10), (0, 1, 10, 10)),
        (1, 2, 20, 1),
        *((0, 3, 21, 10), (0, 4, 31, 10), (0, 5, 41, 10)),
    ]
