"""Problems of rows: all values that do not fit, as one cause a row."""

from __future__ import annotations

from collections.abc import Mapping

from loader.mapping.unfit import unfit_cause
from loader.outcomes import Cause, ColumnError

# The first that holds for a row is the type of its error: names explain values.
_HINTS = {
    "extra_field": 'say where these fields go in mapping.fields, or set mapping.extra = "ignore"',
    "missing_field": "give the row its whole primary key, or say in mapping.fields which fields hold it",
    "bad_value": "mend the values, or change mapping.types or input.null_words",
}


class Problems:
    """Collects what is wrong with rows, by their index. Not thread-safe."""

    def __init__(self, nulls: Mapping[str, str] | None = None) -> None:
        """`nulls` says by column how a null came about that is missed there."""
        self._nulls = nulls or {}
        self._found: dict[int, list[tuple[str, ColumnError]]] = {}

    def add(self, row: int, error_type: str, column: ColumnError) -> None:
        """`error_type` is "extra_field", "missing_field" or "bad_value". What is known already adds nothing."""
        found = self._found.setdefault(row, [])
        if (error_type, column) not in found:
            found.append((error_type, column))

    def add_missing(self, row: int, column: str, *, is_null: bool) -> None:
        """A part of the primary key is null, or there is no field for it."""
        expected = f"a value, as it is part of the primary key{self._nulls.get(column, '') if is_null else ''}"
        self.add(row, "missing_field", ColumnError(column, "", expected, "null" if is_null else "no field for it"))

    def causes(self) -> dict[int, Cause]:
        """By index, the cause of each row with something wrong; its columns are in the order they were added."""
        return {row: _cause(found) for row, found in self._found.items()}


def _cause(found: list[tuple[str, ColumnError]]) -> Cause:
    types = {error_type for error_type, _ in found}
    error_type = next(each for each in _HINTS if each in types)
    return unfit_cause(error_type, [column for _, column in found], _HINTS[error_type])
