"""Which requests carry which rows: all alike but for the body, or each made for its one row.

The batcher asks for items, one a row; the sender makes one request of the items of a batch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from loader.config.sections import Batching, HttpTarget
from loader.config.urls import public_url
from loader.errors import UsageError
from loader.mapping.json_rows import JsonMapper
from loader.mapping.template import Fields, PathTemplate, Template, UnfitError, header_text, in_header
from loader.outcomes import Cause
from loader.rows import Rows
from loader.targets.http.body import ROW, ROWS, Frame, Wrapper, frame_of
from loader.targets.http.request import Request


class Items(tuple[Sequence[Any], Sequence[int], Mapping[int, Cause]]):
    """Items of rows and their sizes in bytes, parallel to the rows, and why some rows have none, by index."""


class Form(Protocol):
    """How rows become requests. Thread-safe."""

    @property
    def content_type(self) -> str:
        """Of the bodies."""

    @property
    def rows(self) -> int:
        """The most rows that one request carries."""

    @property
    def overhead(self) -> int:
        """The bytes of a body besides its rows and one for each of them."""

    def items(self, rows: Rows) -> tuple[Sequence[Any], Sequence[int], Mapping[int, Cause]]:
        """One item a row with its size in bytes, both parallel to `rows`, and why some have none, by index."""

    def request(self, items: Sequence[Any]) -> Request:
        """The request that carries `items`."""
