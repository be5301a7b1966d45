"""Problems of rows: all values that do not fit, as one cause a row."""

from __future__ import annotations

from collections.abc import Mapping

from loader.error_types import ErrorType
from loader.mapping.error_types import BAD_VALUE, EXTRA_FIELD, MISSING_FIELD
from loader.mapping.unfit import unfit_cause
from loader.outcomes import Cause, ColumnError

# The first that holds for a row is the type of its error: names explain values.
_HINTS = {
    EXTRA_FIELD: EXTRA_FIELD.what_to_do,
    MISSING_FIELD: "give the row its whole primary key, or say in mapping.fields which fields hold it",
    BAD_VALUE: BAD_VALUE.what_to_do,
}


class SchemaProblems:
    """Collects what is wrong with rows, by their index. Not thread-safe."""

    def __init__(self, nulls: Mapping[str, str] | None = None) -> None:
        """`nulls` says by column how a null came about that is missed there."""
        self._nulls = nulls or {}
        self._found: dict[int, list[tuple[ErrorType, ColumnError]]] = {}
        self._mended: dict[int, list[ColumnError]] = {}

    def mend(self, row: int, column: ColumnError) -> None:
        """A value does not fit, and the row goes without it, unless something else is wrong with it."""
        self._mended.setdefault(row, []).append(column)

    def mended(self) -> dict[int, Cause]:
        """By index, which values do not fit of each row that goes without them."""
        return {
            row: unfit_cause(BAD_VALUE, columns, _HINTS[BAD_VALUE])
            for row, columns in self._mended.items()
            if row not in self._found
        }

    def add(self, row: int, error_type: ErrorType, column: ColumnError) -> None:
        """`error_type` is EXTRA_FIELD, MISSING_FIELD or BAD_VALUE. What is known already adds nothing."""
        found = self._found.setdefault(row, [])
        if (error_type, column) not in found:
            found.append((error_type, column))

    def add_missing(self, row: int, column: str, *, is_null: bool) -> None:
        """A part of the primary key is null, or there is no field for it."""
        expected = f"a value, as it is part of the primary key{self._nulls.get(column, '') if is_null else ''}"
        self.add(row, MISSING_FIELD, ColumnError(column, "", expected, "null" if is_null else "no field for it"))

    def causes(self) -> dict[int, Cause]:
        """By index, the cause of each row with something wrong; its columns are in the order they were added."""
        return {
            row: _cause([*found, *((BAD_VALUE, column) for column in self._mended.get(row, ()))])
            for row, found in self._found.items()
        }


def _cause(found: list[tuple[ErrorType, ColumnError]]) -> Cause:
    types = {error_type for error_type, _ in found}
    error_type = next(each for each in _HINTS if each in types)
    return unfit_cause(error_type, [column for _, column in found], _HINTS[error_type])
