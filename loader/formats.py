"""Formats of rows: a line for each of the program's own; installed packages bring others. Nothing else names one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from loader.registry import Registry

AUTO = "auto"
ENTRY_POINTS = "loader.formats"  # the group in which packages name formats of their own


class Formats(Registry[Any]):
    """Formats by name. One is a `RowFormat` of `loader.sources.formats.base`; `format_of` there gives it by name."""

    def __init__(self, own: Mapping[str, str], *, usual: str) -> None:
        """`usual` is the format of what is like no other."""
        super().__init__(
            own,
            ENTRY_POINTS,
            noun="format",
            shown="{}",
            fits=_fits,
            expected="format of this name",
        )
        self.usual = usual

    def words(self) -> Iterator[str]:
        """The words of `input.format`."""
        yield AUTO
        yield from self.names


def _fits(found: Any, name: str) -> bool:
    """As far as can be told without the class of formats: whoever opens one asks for that."""
    return not isinstance(found, type) and getattr(found, "name", None) == name and hasattr(found, "contradictions")


FORMATS = Formats(
    {
        "jsonl": "loader.sources.formats.jsonl:JSONL",
        "json": "loader.sources.formats.json_text.json_format:JSON",
        "csv": "loader.sources.formats.delimited.format:CSV",
        "tsv": "loader.sources.formats.delimited.format:TSV",
        "parquet": "loader.sources.formats.arrow.parquet:PARQUET",
        "arrow": "loader.sources.formats.arrow.ipc:ARROW",
    },
    usual="csv",
)
