"""Base of the formats that pyarrow reads: how columns are chosen, and how letters keep rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from loader.config import sections
from loader.config.values import nearest
from loader.rows import Layout, ReadAs
from loader.sources.errors import InputError
from loader.sources.formats.base import Damaged, OneRow, Opening, RowFormat
from loader.sources.parser import Parser
from loader.sources.split import Fault

if TYPE_CHECKING:
    import pyarrow as pa

_TO_INSTALL = "pip install 'loader[arrow]'"


class Columnar(RowFormat):
    """Rows of typed columns. `called` is the format within sentences.

    Letters have their rows as JSON, with the types of their columns, by which they become the same values again.
    """

    may_be_encoded = False
    keys = ("columns",)
    called: str

    def refuse(self, opening: Opening, why: str) -> None:
        if not self.begins(opening.head):
            raise InputError(f"{opening.name}: is no {self.called}, though taken for it {why}: it does not begin so")

    def parser(self, layout: Layout, settings: sections.InputSettings) -> Parser:
        from loader.sources.formats.arrow.chunk_rows import ArrayParser

        return ArrayParser()

    def facts(self, layout: Layout, settings: sections.InputSettings) -> Iterator[str]:
        typed = zip(layout.names, layout.types, strict=True)
        yield f"columns: {', '.join(f'{name} {word}' for name, word in typed)}"

    def read_as(self, layout: Layout, settings: sections.InputSettings, *, readable: bool) -> ReadAs | None:
        return ReadAs(columns=layout.names, types=layout.types)

    def revived(self, row: bytes, read_as: ReadAs | None) -> OneRow | Damaged:
        try:
            from loader.sources.formats.arrow.json_values import NoSuchRowError, batch_of
            from loader.sources.formats.arrow.type_words import schema_of
        except ModuleNotFoundError:
            return _not_installed()
        if read_as is None or len(read_as.types) != len(read_as.columns):
            return Damaged('it does not tell the types of its row: "input": {"columns": ["id"], "types": ["int64"]}')
        try:
            return self._one_row(batch_of(row, schema_of(read_as.columns, read_as.types)))
        except NoSuchRowError as error:
            return Damaged(f"its `row` {error}")
        except ValueError as error:
            return Damaged(f"the types in its `input` are not those of rows: {error}")

    def reread(self, raw: bytes, read_as: ReadAs | None) -> OneRow | Fault | Damaged:
        """The original bytes are those of an Arrow IPC stream of one row."""
        try:
            import pyarrow as pa

            from loader.sources.error_types import BAD_ENCODING
            from loader.sources.formats.arrow.arrays import first_invalid
            from loader.sources.formats.arrow.cutting import rows_of, told
        except ModuleNotFoundError:
            return _not_installed()
        try:
            batch = rows_of(raw)
        except (pa.ArrowException, StopIteration) as error:
            return Damaged(f"its `raw` is no row of {self.called}: {told(error)}")
        for column in first_invalid(batch).values():
            return BAD_ENCODING.name, f"column {column}: a text that is not UTF-8"
        return self._one_row(batch)

    def _one_row(self, batch: pa.RecordBatch) -> OneRow:
        from loader.sources.formats.arrow.arrays import Arrays

        return OneRow(layout_of(self.name, batch.schema), Arrays(batch))


def layout_of(name: str, schema: pa.Schema) -> Layout:
    """The form of rows of a format whose columns are those of `schema`, of plain types."""
    from loader.sources.formats.arrow.type_words import word_of

    return Layout(name, tuple(schema.names), types=tuple(word_of(field.type) for field in schema))


def chosen(name: str, schema: pa.Schema, settings: sections.InputSettings) -> pa.Schema:
    """The columns that are read of the input `name`, of plain types: those of `input.columns`, else all.

    Raises InputError where it has no columns, one that is asked for is not there, two have the same name, or of one
    no row can be made.
    """
    import pyarrow as pa

    from loader.sources.formats.arrow.plain_types import UnusableTypeError, plain

    names: list[str] = schema.names
    if not names:
        raise InputError(f"{name}: has no columns, and so no rows")
    for wanted in settings.columns:
        if wanted not in names:
            close = nearest(wanted, names)
            told = f"did you mean {close}?" if close else f"there are {', '.join(names)}"
            raise InputError(
                f"{name}: --columns or input.columns asks for {wanted}, and there is no such column; {told}"
            )
    fields: list[Any] = []
    for each in settings.columns or names:
        if names.count(each) > 1:
            raise InputError(f"{name}: {names.count(each)} of its columns are called {each!r}; give each its own name")
        if not each:
            raise InputError(f"{name}: one of its columns has no name; give it one, or leave it out by --columns")
        try:
            fields.append(pa.field(each, plain(schema.field(each).type)))
        except UnusableTypeError as error:
            raise InputError(
                f"{name}: its column {each} is of the type {error}; leave it out by naming the others: --columns a,b"
            ) from error
    return pa.schema(fields)


@contextmanager
def needing_pyarrow(name: str, called: str) -> Iterator[None]:
    """Turns a missing pyarrow into an InputError that says what to install, names that are no text into one, too."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise InputError(f"{name}: has a name that is not UTF-8, and so is damaged: write it anew") from error
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "pyarrow":
            raise
        raise InputError(f"{name}: is {called}; to read it: {_TO_INSTALL}") from error


def _not_installed() -> Damaged:
    return Damaged(f"its row has types that need more than is installed: {_TO_INSTALL}")
