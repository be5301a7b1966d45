"""What is made out in the bytes of one input: whole rows, and those that have no fields."""

from __future__ import annotations

from dataclasses import dataclass, replace

from loader.sources.text.edges import Edges


@dataclass(frozen=True, slots=True)
class Block:
    """The rows `first` to `stop` of a piece of a source, which ends where the rest of `edges` begins.

    `offset` and `line` are those of the first byte of `data`. A block without rows is blank lines alone.
    """

    data: bytes
    edges: Edges
    offset: int
    line: int
    first: int
    stop: int

    @property
    def rows(self) -> int:
        return self.stop - self.first

    def row(self, index: int) -> bytes:
        """The bytes of a row with its line end."""
        return self.data[self.edges.starts[index] : self.edges.ends[index]]

    def line_of(self, index: int) -> int:
        return self.line + self.edges.lines[index]

    def since(self, index: int) -> Block:
        """The same piece without the rows before `index`."""
        return replace(self, first=index)


def shown_limit(max_row_bytes: int) -> str:
    """The limit as messages name it."""
    return f"input.max_row_bytes ({max_row_bytes:,} bytes)"
