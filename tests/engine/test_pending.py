from __future__ import annotations

from loader.engine.pending import charge_of_chunk
from loader.rows import BadRow, Chunk, Layout, Source

SOURCE = Source(0, "a.csv", Layout("csv", ("a",)), stream=False, size=None)


def test_a_bad_row_is_charged_for_the_bytes_that_are_kept_of_it():
    """A line with a quote that is not closed may be as long as `input.max_row_bytes`."""
    raw = b"x" * 1_000_000
    bad = BadRow(0, 1, 0, raw, len(raw), "unclosed_quote", "a quote is open")
    assert charge_of_chunk(Chunk(0, SOURCE, 0, 1, 0, 1, b"", 0, bad)) >= len(raw)
