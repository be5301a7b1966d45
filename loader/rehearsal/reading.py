"""Rows of a table as the bytes that the server keeps: what is compared must not depend on how it is decoded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cassandra.cluster import EXEC_PROFILE_DEFAULT
from cassandra.concurrent import execute_concurrent
from cassandra.protocol import ProtocolHandler, ResultMessage, read_int
from cassandra.query import BoundStatement, tuple_factory

from loader.mapping.cql.table import Table, quoted
from loader.rehearsal.seen import Part

_READS_AT_ONCE = 32
_COUNT_SECONDS = 3600  # the server counts page by page; the count of a large table takes its time
_PROTOCOL = 4
_SHOWN = 200  # characters of a value

Found = Mapping[str, bytes | None]


class _RawRows(ResultMessage):  # type: ignore[misc]
    """An answer whose values are left as they came."""

    def recv_results_rows(self, body: Any, _version: int, user_types: Any, metadata: Any, _encryption: Any) -> None:
        self.recv_results_metadata(body, user_types)
        columns = self.column_metadata or metadata
        self.column_names = [column[2] for column in columns]
        self.column_types = [column[3] for column in columns]
        self.parsed_rows = [tuple(self.recv_row(body, len(columns))) for _ in range(read_int(body))]


class _RawHandler(ProtocolHandler):  # type: ignore[misc]
    """The driver's way to exchange the classes of messages (its "custom protocol handlers")."""

    message_types_by_opcode = {**ProtocolHandler.message_types_by_opcode, ResultMessage.opcode: _RawRows}  # noqa: RUF012


class Reader:
    """Reads one table over a session that is its own from now on. Raises what the driver raises."""

    def __init__(self, session: Any, table: Table) -> None:
        self._session = session
        self._table = table
        self._types: dict[str, Any] = {}  # of the columns read so far, as the driver knows them
        session.client_protocol_handler = _RawHandler
        self._profile = session.execution_profile_clone_update(EXEC_PROFILE_DEFAULT, row_factory=tuple_factory)

    def count(self) -> int:
        """How many rows the table has."""
        query = f"SELECT count(*) FROM {self._table}"  # noqa: S608 - names are quoted
        ((found,),) = self._session.execute(query, timeout=_COUNT_SECONDS, execution_profile=self._profile)
        return int.from_bytes(found, "big")

    def read(self, part: Part, keys: Sequence[tuple[bytes, ...]]) -> Iterator[Found | None]:
        """What stands under each key, by column; None where there is nothing."""
        names = (*part.key, *part.columns)
        distinct = "DISTINCT " if part.key != self._table.primary_key else ""
        where = " AND ".join(f"{quoted(name)} = ?" for name in part.key)
        query = f"SELECT {distinct}{', '.join(map(quoted, names))} FROM {self._table} WHERE {where}"  # noqa: S608
        prepared = self._session.prepare(query)
        self._types |= {name: kind for _, _, name, kind in prepared.result_metadata}
        statements = ((_bound(prepared, key), None) for key in keys)
        for _, rows in execute_concurrent(
            self._session,
            statements,
            concurrency=_READS_AT_ONCE,
            results_generator=True,
            execution_profile=self._profile,
        ):
            found = rows.one()
            yield None if found is None else dict(zip(names, found, strict=True))

    def text(self, column: str, value: bytes | None) -> str:
        """A value of a column that was read, for people."""
        if value is None:
            return "null"
        try:
            text = str(self._types[column].from_binary(value, _PROTOCOL))
        except Exception:  # the driver cannot decode all that the server keeps, such as times after the year 9999
            text = f"0x{value.hex()}"
        return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _bound(prepared: Any, values: Sequence[bytes]) -> Any:
    statement = BoundStatement(prepared)
    statement.values = list(values)
    return statement
