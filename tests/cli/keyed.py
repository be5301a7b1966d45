"""A target that knows the keys of what it has, and withholds answers where a test wants a request in doubt."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Collection

from tests.targets.http.servers import Seen, Server, answer, read_request

Ids = tuple[int, ...]


class KeyedTarget:
    """Stores rows by id once for each key. Requests with rows that it refuses are refused whole, unless `by_row`.

    Requests of exactly the rows in `held` are stored and get no answer before `release`. In others rows in `busy` get a
    429 until then, where answers are row by row.
    """

    def __init__(
        self, *, refused: Collection[int], held: Collection[Ids] = (), busy: Collection[int] = (), by_row: bool = False
    ) -> None:
        self.stored: Counter[int] = Counter()
        self.requests: list[tuple[str | None, Ids]] = []
        self._refused = set(refused)
        self._held = set(held)
        self._busy = set(busy)
        self._by_row = by_row
        self._answers: dict[str, tuple[bytes, bytes]] = {}  # body and answer by key
        self._lock = threading.Lock()  # guards all above
        self._released = threading.Event()
        self._server = Server(self._serve)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.port}/rows"

    @property
    def ids(self) -> list[Ids]:
        with self._lock:
            return [ids for _, ids in self.requests]

    def keys_of(self, ids: Ids) -> list[str | None]:
        """The keys under which a request of these rows came."""
        return [key for key, each in self.requests if each == ids]

    def release(self) -> None:
        """From now on everything is answered; what was held is not, as its sender is gone."""
        with self._lock:
            self._held.clear()
            self._busy.clear()
        self._released.set()

    def close(self) -> None:
        self._released.set()
        self._server.close()

    def _serve(self, server: Server, connection) -> None:
        with connection.makefile("rb") as stream:
            while (seen := read_request(stream)) is not None:
                said = self._take(seen)
                if said is None:
                    self._released.wait()
                    return
                connection.sendall(said)

    def _take(self, seen: Seen) -> bytes | None:
        said = json.loads(seen.body)
        rows = said if isinstance(said, list) else [said]
        ids = tuple(row["id"] for row in rows)
        key = seen.headers.get("idempotency-key")
        with self._lock:
            self.requests.append((key, ids))
            if key in self._answers:
                body, said = self._answers[key]
                return said if body == seen.body else answer(422)
            no = self._refused.intersection(ids)
            if no and not self._by_row:
                return answer(400 if len(ids) > 1 else 422)
            busy = set() if ids in self._held else self._busy
            self.stored.update(i for i in ids if i not in no | busy)
            said = self._said(ids, busy)
            if key is not None:
                self._answers[key] = (seen.body, said)
            return None if ids in self._held else said

    def _said(self, ids: Ids, busy: Collection[int]) -> bytes:
        if not self._by_row:
            return answer(200)
        statuses = [422 if i in self._refused else 429 if i in busy else 201 for i in ids]
        return answer(207, json.dumps({"items": [{"status": status} for status in statuses]}).encode())
