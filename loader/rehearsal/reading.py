"""Reader of a table: rows as the bytes that the server keeps, so that no decoder can hide a difference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from cassandra.cluster import EXEC_PROFILE_DEFAULT
from cassandra.concurrent import execute_concurrent
from cassandra.protocol import ProtocolHandler, ResultMessage, read_int
from cassandra.query import BoundStatement, SimpleStatement, tuple_factory

from loader.mapping.cql.table import Table, quoted
from loader.rehearsal.accepted_rows import Part
from loader.rehearsal.patience import Patience

_READS_AT_ONCE = 16
_KEYS_A_PAGE = 128  # asked for together, and again where one of them gets no answer
_ROWS_A_PAGE = 1000
_SECONDS = 120  # for one answer: a server on a busy machine takes its time
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


class TableReader:
    """Reads one table over a session that is its own from now on, in small pages, and with `patience`.

    Raises what the driver raises where that is used up.
    """

    def __init__(self, session: Any, table: Table, patience: Patience) -> None:
        self._session = session
        self._table = table
        self._patience = patience
        self._types: dict[str, Any] = {}  # of the columns read so far, as the driver knows them
        session.client_protocol_handler = _RawHandler
        self._profile = session.execution_profile_clone_update(
            EXEC_PROFILE_DEFAULT, row_factory=tuple_factory, request_timeout=_SECONDS
        )

    def count(self) -> int:
        """How many rows the table has: counted here, page by page, as a server has one time limit for all its pages."""
        query = f"SELECT {quoted(self._table.partition_key[0])} FROM {self._table}"  # noqa: S608 - names are quoted
        statement = SimpleStatement(query, fetch_size=_ROWS_A_PAGE)
        rows, state = 0, None
        while True:
            page = self._patience(partial(self._page, statement, state))
            rows += len(page.current_rows)
            if not page.has_more_pages:
                return rows
            state = page.paging_state

    def read(self, part: Part, keys: Sequence[tuple[bytes, ...]]) -> Iterator[Found | None]:
        """What stands under each key, by column; None where there is nothing."""
        names = (*part.key, *part.columns)
        distinct = "DISTINCT " if part.key != self._table.primary_key else ""
        where = " AND ".join(f"{quoted(name)} = ?" for name in part.key)
        query = f"SELECT {distinct}{', '.join(map(quoted, names))} FROM {self._table} WHERE {where}"  # noqa: S608
        prepared = self._patience(partial(self._session.prepare, query))
        self._types |= {name: kind for _, _, name, kind in prepared.result_metadata}
        for start in range(0, len(keys), _KEYS_A_PAGE):
            statements = [(_bound(prepared, key), None) for key in keys[start : start + _KEYS_A_PAGE]]
            for _, rows in self._patience(partial(self._answers, statements)):
                found = rows.one()
                yield None if found is None else dict(zip(names, found, strict=True))

    def _page(self, statement: SimpleStatement, state: bytes | None) -> Any:
        return self._session.execute(statement, paging_state=state, execution_profile=self._profile)

    def _answers(self, statements: Sequence[tuple[Any, None]]) -> Any:
        """The answer to each, in order; the first error is raised."""
        return execute_concurrent(
            self._session, statements, concurrency=_READS_AT_ONCE, execution_profile=self._profile
        )

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
