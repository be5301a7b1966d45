"""What a story needs to know of the target that it loads into; one small adapter for each kind."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from random import Random
from typing import Any, Protocol

from cassandra.cluster import Session

from loader.sink import FaultSettings, RequestRecord, SinkServer, SinkSettings, Store
from tests.targets.cassandra.nodes import Contact
from tests.targets.cassandra.proxy import LossyProxy


class ChaosTarget(Protocol):
    """A target in the hands of a test. Used by the test's thread."""

    to: str
    """What `--to` names: a section of `config`, or a URL."""

    config: str
    """TOML that the loads need beside the policies of the story."""

    def progress(self) -> int:
        """A number that grows with each request: what the moments of kills are measured by."""

    def settle(self) -> None:
        """Wait until all that a dead process sent has been taken in."""

    def rows(self) -> Iterator[dict[str, Any]]:
        """What it holds, repetitions included."""

    def faults(self) -> int:
        """How many faults it injected."""

    def explain(self, kills: Sequence[float]) -> None:
        """Assert that nothing was sent again without a reason. `kills` are seconds since the epoch, ascending."""


class SinkTarget:
    """The sink, which keeps every request."""

    def __init__(self, faults: FaultSettings, *, repeatable: bool = True) -> None:
        self._store = Store()
        self._server = SinkServer(SinkSettings(faults=faults), self._store)
        self._server.start()
        self._repeatable = repeatable
        self.to = "sink"
        self.config = f'[target.sink]\nurl = "{self._server.url}/rows"\nrepeatable = {str(repeatable).lower()}\n'
        self._by_item = faults.items != "none"
        if self._by_item:
            self.config += f'items = "{faults.items}"\n'

    def close(self) -> None:
        self._server.stop()
        self._store.close()

    def progress(self) -> int:
        return self._store.counts()["requests"]

    def settle(self) -> None:
        waiting = threading.Event()
        while self._server.connections:
            waiting.wait(0.002)

    def rows(self) -> Iterator[dict[str, Any]]:
        return self._store.rows()

    def texts(self) -> Iterator[str]:
        """The rows as they were sent."""
        return self._store.texts()

    def faults(self) -> int:
        return sum(self._store.counts()["faults"].values())

    def explain(self, kills: Sequence[float]) -> None:
        requests = {request.id: request for request in self._store.requests()}
        by_key: dict[str | None, list[RequestRecord]] = defaultdict(list)
        for request in requests.values():
            by_key[request.key].append(request)
        assert None not in by_key
        by_row: dict[str, list[RequestRecord]] = defaultdict(list)
        for row, request_id in self._store.carried():
            by_row[row].append(requests[request_id])
        for again in (*by_key.values(), *by_row.values()):
            for first, second in pairwise(again):
                assert self._may_repeat(first, second, kills), f"{second} repeats {first}"
        for again in by_row.values():
            rows = {request.rows for request in again}
            assert rows != {1} or len(again) == 1, f"one row under two keys: {again}"

    def _may_repeat(self, first: RequestRecord, second: RequestRecord, kills: Sequence[float]) -> bool:
        """Whether `second` may carry what `first` did."""
        answered = first.complete and first.status is not None
        if not self._repeatable:  # after a complete no, and no other way
            return answered and first.status in (408, 422, 425, 429, 503)
        if answered and first.status in (200, 207):
            if self._by_item and first.stored < first.rows:
                return True  # other rows of it were not accepted
            return any(first.at <= kill <= second.at for kill in kills)
        return True


class TableTarget:
    """A table of a real Cassandra, behind a way that breaks now and then. `name` takes nothing but ASCII."""

    def __init__(self, contact: Contact, session: Session, keyspace: str, chance: Random) -> None:
        self._session = session
        self._table = f"{keyspace}.rows"
        session.execute(f"CREATE TABLE {self._table} (id int PRIMARY KEY, name ascii, text text)")
        self._proxy = LossyProxy(contact.host, contact.port, chance, bytes_each=60_000)
        self.to = "table"
        self.config = f'[target.table]\nurl = "cassandra://127.0.0.1:{self._proxy.port}/{self._table}"\n'

    def close(self) -> None:
        self._proxy.close()

    def progress(self) -> int:
        return self._proxy.chunks

    def settle(self) -> None:
        waiting = threading.Event()
        while self._proxy.open:
            waiting.wait(0.002)

    def rows(self) -> Iterator[dict[str, Any]]:
        return (row._asdict() for row in self._session.execute(f"SELECT id, name, text FROM {self._table}"))

    def faults(self) -> int:
        return self._proxy.cuts

    def explain(self, kills: Sequence[float]) -> None:
        """Nothing to assert: the table does not tell repetitions, whose write timestamps are the same."""

    def timestamps(self) -> dict[int, int]:
        """The write timestamp of each row by id, in microseconds since the epoch."""
        found = self._session.execute(f"SELECT id, WRITETIME(name) FROM {self._table}")
        return {row[0]: row[1] for row in found}
