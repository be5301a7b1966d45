"""Store of the sink: rows, requests, and answers by idempotency key, in SQLite."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass, replace
from hashlib import blake2b
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from loader.sink.http1 import Reply

_SCHEMA = """
CREATE TABLE IF NOT EXISTS requests (
    id INTEGER PRIMARY KEY, at REAL NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL, key TEXT,
    rows INTEGER NOT NULL, stored INTEGER NOT NULL, status INTEGER, complete INTEGER NOT NULL, fault TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS rows (
    id INTEGER PRIMARY KEY, request_id INTEGER NOT NULL REFERENCES requests (id), key TEXT, row TEXT NOT NULL,
    at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY, body_hash BLOB NOT NULL, status INTEGER NOT NULL, body BLOB NOT NULL
) WITHOUT ROWID;
"""
_PAGE = 1000


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """What became of one request.

    `at` is its arrival in seconds since the epoch, `key` its idempotency key. `rows` counts the rows it carried,
    `stored` those it added to the store. `status` is the answer that was made, None if none was; `complete` says
    whether all of it went out. `fault` names the injected misbehaviour, several joined by "+", "" for none. `id` counts
    from 1; it is 0 until the store has recorded it.
    """

    at: float
    method: str
    path: str
    key: str | None
    rows: int
    stored: int
    status: int | None
    complete: bool
    fault: str = ""
    id: int = 0


class KeyReused(Exception):  # noqa: N818 - says what happened
    """An idempotency key came again with other rows than the first time; nothing was stored."""


class Store:
    """A SQLite database of rows and requests; `path` is a file, made if needed, or ":memory:". Thread-safe.

    A call that records has committed when it returns: other processes see it in the file, and a `kill -9` of any
    process loses nothing. Only a crash of the machine may, because nothing is fsynced.
    """

    def __init__(self, path: str | Path = ":memory:") -> None:
        # A commit without fsync takes some ten microseconds, so each request has its own; grouping them gained nothing.
        self._lock = threading.Lock()  # guards the connection: its transactions are those of one thread at a time
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        try:
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = OFF")
            self._db.executescript(_SCHEMA)
        except sqlite3.Error:
            self._db.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the database. Idempotent."""
        with self._lock:
            self._db.close()

    def record(self, record: RequestRecord) -> RequestRecord:
        """Note a request that stores nothing; the record with its id."""
        with self._transaction():
            return self._insert(record)

    def accept(
        self, record: RequestRecord, rows: Sequence[str], reply: Reply, body: bytes = b""
    ) -> tuple[RequestRecord, Reply]:
        """Store `rows` (JSON texts) and note the request; the record as noted and the reply to give.

        If `record.key` is known nothing is stored and the reply is that of the first time; raises `KeyReused`, nothing
        noted, if `body` is another than then. A key is known from the first request that stored a row under it: a
        request of which nothing was accepted may be tried again with the same key, and do better.
        """
        digest = blake2b(body, digest_size=16).digest()
        with self._transaction():
            kept = None if record.key is None else self._answer(record.key)
            if kept is not None:
                if kept[0] != digest:
                    raise KeyReused(record.key)
                return self._insert(replace(record, stored=0, status=kept[1].status)), kept[1]
            noted = self._insert(replace(record, stored=len(rows), status=reply.status))
            self._db.executemany(
                "INSERT INTO rows (request_id, key, row, at) VALUES (?, ?, ?, ?)",
                [(noted.id, record.key, row, record.at) for row in rows],
            )
            if rows and record.key is not None:
                kept_answer = (record.key, digest, reply.status, reply.body)
                self._db.execute("INSERT INTO answers VALUES (?, ?, ?, ?)", kept_answer)
            return noted, reply

    def mark_incomplete(self, request_id: int) -> None:
        """The answer to this request did not go out whole after all."""
        with self._transaction():
            self._db.execute("UPDATE requests SET complete = 0 WHERE id = ?", (request_id,))

    def count(self) -> int:
        """How many rows are stored, repetitions included."""
        return int(self._all("SELECT count(*) FROM rows")[0][0])

    def distinct(self, field: str | None = None) -> int:
        """How many different values `field` (a member of the rows) has; None: how many different row texts there are.

        Numbers are compared as they are written; rows without the field do not count. A name may hold no double quote:
        SQLite's paths have no way to write one.
        """
        if field is None:
            return int(self._all("SELECT count(DISTINCT row) FROM rows")[0][0])
        return int(self._all("SELECT count(DISTINCT row -> ?) FROM rows", f'$."{field}"')[0][0])

    def texts(self) -> Iterator[str]:
        """The rows as the JSON texts that were sent, in the order they were stored; those that come meanwhile too."""
        last = 0
        while page := self._all("SELECT id, row FROM rows WHERE id > ? ORDER BY id LIMIT ?", last, _PAGE):
            yield from (row for _, row in page)
            last = page[-1][0]

    def rows(self) -> Iterator[dict[str, Any]]:
        """The rows as objects, in the order they were stored."""
        return map(json.loads, self.texts())

    def carried(self) -> Iterator[tuple[str, int]]:
        """The stored rows as texts, each with the id of the request that brought it, in the order they were stored."""
        last = 0
        while page := self._all("SELECT id, row, request_id FROM rows WHERE id > ? ORDER BY id LIMIT ?", last, _PAGE):
            yield from ((row, request_id) for _, row, request_id in page)
            last = page[-1][0]

    def requests(self) -> list[RequestRecord]:
        """All requests noted, in order of their ids."""
        query = "SELECT at, method, path, key, rows, stored, status, complete, fault, id FROM requests ORDER BY id"
        return [replace(RequestRecord(*row), complete=bool(row[7])) for row in self._all(query)]

    def counts(self) -> dict[str, Any]:
        """Totals for people: rows, requests, and requests by status ("none" where nothing was answered) and fault."""
        statuses = self._all("SELECT coalesce(status, 'none'), count(*) FROM requests GROUP BY status ORDER BY status")
        faults = self._all("SELECT fault, count(*) FROM requests WHERE fault <> '' GROUP BY fault ORDER BY fault")
        return {
            "rows": self.count(),
            "requests": sum(count for _, count in statuses),
            "statuses": {str(status): count for status, count in statuses},
            "faults": dict(faults),
        }

    def _answer(self, key: str) -> tuple[bytes, Reply] | None:
        found = self._db.execute("SELECT body_hash, status, body FROM answers WHERE key = ?", (key,)).fetchone()
        return None if found is None else (found[0], Reply(found[1], found[2]))

    def _insert(self, record: RequestRecord) -> RequestRecord:
        cursor = self._db.execute(
            "INSERT INTO requests (at, method, path, key, rows, stored, status, complete, fault)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            astuple(record)[:-1],
        )
        return replace(record, id=cursor.lastrowid or 0)

    def _all(self, query: str, *parameters: object) -> list[Any]:
        with self._lock:
            return self._db.execute(query, parameters).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            finally:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
