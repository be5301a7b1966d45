"""Runs CQL statements at a local Cassandra."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import Any

from cassandra import DriverException
from cassandra.cluster import NoHostAvailable
from cassandra.connection import ConnectionException
from cassandra.protocol import ErrorMessage

from loader.config.sections import Timeouts
from loader.errors import UsageError
from loader.local.address import Address
from loader.local.errors import NodeError
from loader.mapping.cql.statements import WriteStatement
from loader.report.safe_text import safe
from loader.targets.base import TargetDownError
from loader.targets.cassandra.session import connect
from loader.targets.cassandra.settings.cassandra_target import CassandraTarget

_SECONDS = 60  # for one statement; a change of the schema may take long on a slow disk


def run_statements(address: Address, statements: Iterable[WriteStatement]) -> Iterator[dict[str, Any]]:
    """Run them one after the other; yields the rows that they answer, as column -> value.

    Raises UsageError, with the line, for one that is refused: those before it were run. NodeError if none can be sent.
    """
    try:
        link = connect(CassandraTarget("", f"cassandra://{address}/system.local"), Timeouts())
    except TargetDownError as error:
        raise NodeError(f"the Cassandra at {address} cannot be connected to: {error.cause.message}") from error
    with closing(link):
        for statement in statements:
            try:
                answer = link.session.execute(statement.text, timeout=_SECONDS)
                for row in answer:
                    yield dict(zip(answer.column_names, row, strict=True))
            except (DriverException, ErrorMessage, NoHostAvailable) as error:
                raise UsageError(f"line {statement.line}: {safe(_sentence(error), 500)}") from error
            except ConnectionException as error:
                raise NodeError(f"line {statement.line}: the connection was lost: {safe(str(error), 500)}") from error


def _sentence(error: Exception) -> str:
    """What the server, or the driver before it, says of a statement.

    The driver raises those answers as they came for which it has no exception of its own, syntax errors among them; one
    that it would have tried at another node stands within another error, by node.
    """
    if isinstance(error, NoHostAvailable) and error.errors:
        errors: Iterable[Any] = error.errors.values()
        return "; ".join(map(_sentence, errors))
    return f"{error.summary}: {error.message}" if isinstance(error, ErrorMessage) else str(error)
