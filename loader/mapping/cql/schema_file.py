"""Schema file: a table as a file of CQL defines it."""

from __future__ import annotations

from pathlib import Path

from loader.errors import UsageError
from loader.mapping.cql.ddl import read_schema
from loader.mapping.cql.table import Table
from loader.mapping.cql.types import unquoted
from loader.shortage import reason_of


def read_schema_file(path: Path, keyspace: str, table: str) -> Table:
    """The table of these names, which may be quoted; its keyspace is `keyspace` where the file names none.

    Raises UsageError, with the name of the file.
    """
    wanted = f"{unquoted(keyspace)}.{unquoted(table)}"
    try:
        found = read_schema(path.read_text(encoding="utf-8"), wanted)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {reason_of(error)}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: is not UTF-8: {error}") from error
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from error
    return found if found.keyspace else found.within(unquoted(keyspace))
