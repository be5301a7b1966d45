"""Service of the sink: judges, stores and records one request; no sockets."""

from __future__ import annotations

import hmac
import sqlite3
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from loader.clock import Clock
from loader.config.sections import Auth
from loader.sink.bulk_answers import item_reply
from loader.sink.fault_settings import FaultSettings
from loader.sink.faults import Faults, Manner, RowFault, Verdict
from loader.sink.http1 import BadRequest, ReceivedRequest, Reply, refusal
from loader.sink.request_log import RequestLog
from loader.sink.request_rows import decompressed, rows_of
from loader.sink.store import KeyReused, RequestRecord, Store

_LOOKS = ("GET", "HEAD")
_WRITES = ("POST", "PUT", "PATCH")
_SILENT = {Manner.RESET_BEFORE, Manner.CLOSE, Manner.REFUSE}
_RESETS = {Manner.RESET_BEFORE, Manner.RESET_AFTER}


@dataclass(frozen=True, slots=True)
class Reaction:
    """What the connection does: wait `delay` seconds, then send `reply`; None: hang up, by a reset if `reset`.

    New connections are refused for `refuse_for` seconds. `record_id` names the request in the store, 0 if it is not
    recorded.
    """

    reply: Reply | None
    record_id: int = 0
    reset: bool = False
    delay: float = 0.0
    refuse_for: float = 0.0


class Service:
    """Treats requests as `faults` want it, for those who show the credentials of `auth`. Thread-safe.

    POST, PUT and PATCH to any path store rows; GET of `/` or `/count` answers the store's totals and is not recorded.
    """

    def __init__(self, auth: Auth, faults: FaultSettings, store: Store, clock: Clock, log: RequestLog | None) -> None:
        self._credentials = _credentials(auth)
        self._challenge = "Bearer" if auth.kind == "bearer" else 'Basic realm="sink"'
        self._settings = faults
        self._faults = Faults(faults)
        self._store = store
        self._clock = clock
        self._log = log

    def handle(self, request: ReceivedRequest) -> Reaction:
        """What to do with `request`; whatever is to be stored has been stored, and the request is recorded."""
        try:
            if not self._admits(request):
                reply = refusal(401, "credentials are missing or wrong", ("WWW-Authenticate", self._challenge))
                return self._turn_away(request, reply)
            if request.method in _LOOKS:
                return Reaction(self._look(request.path))
            if request.method not in _WRITES:
                allowed = ("Allow", ", ".join(_LOOKS + _WRITES))
                return self._turn_away(request, refusal(405, f"{request.method} is not understood", allowed))
            return self._take(request)
        except sqlite3.Error as error:
            return Reaction(refusal(500, f"the sink cannot store: {error}"))

    def answer_cut_off(self, reaction: Reaction) -> None:
        """The client went away before it had the whole reply."""
        if reaction.record_id:
            self._store.mark_incomplete(reaction.record_id)

    def _admits(self, request: ReceivedRequest) -> bool:
        if self._credentials is None:
            return True
        header, expected = self._credentials
        return hmac.compare_digest(request.headers.get(header, "").encode(), expected.encode())

    def _look(self, path: str) -> Reply:
        if path.partition("?")[0] not in ("/", "/count"):
            return refusal(404, "GET / or /count tells what is stored")
        return Reply(200, msgspec.json.encode(self._store.counts()) + b"\n")

    def _turn_away(self, request: ReceivedRequest, reply: Reply) -> Reaction:
        """Answer and record a request that never came to be judged."""
        return Reaction(reply, self._record(self._note(request, 0), reply))

    def _take(self, request: ReceivedRequest) -> Reaction:
        try:
            body = decompressed(request.body, request.headers.get("content-encoding", ""))
            rows = rows_of(body)
        except BadRequest as error:
            return self._turn_away(request, refusal(error.status, str(error)))
        note = self._note(request, len(rows))
        verdict = self._faults.judge(len(rows), self._clock.now())
        note = replace(note, fault=verdict.fault)
        if verdict.manner in _SILENT:
            reaction = Reaction(None, self._record(note, None), verdict.manner in _RESETS, verdict.delay)
            return replace(reaction, refuse_for=verdict.refuse_for)
        if verdict.manner is Manner.ANSWER:
            reply = self._injected(verdict.status, note.at)
            return Reaction(reply, self._record(note, reply), delay=verdict.delay)
        return self._serve(note, verdict, rows, body)

    def _serve(self, note: RequestRecord, verdict: Verdict, rows: Sequence[str], body: bytes) -> Reaction:
        """Store what no rule holds back, and answer, or hang up where the verdict is a reset after storing."""
        faults = self._faults.judge_rows(rows)
        by_item = self._settings.items != "none"
        names = dict.fromkeys(filter(None, (note.fault, *(fault.fault for fault in faults.values()))))
        note = replace(note, fault="+".join(names), complete=verdict.manner is Manner.SERVE)
        if faults and not by_item:
            reply = self._refusal(len(rows), faults, note.at)
            record_id = self._record(note, reply)
        else:
            kept = [row for index, row in enumerate(rows) if index not in faults] if faults else rows
            reply = self._accepted(len(rows), faults)
            record_id, reply = self._accept(note, kept, reply, body)
        silent = verdict.manner is Manner.RESET_AFTER
        return Reaction(None if silent else reply, record_id, silent, verdict.delay)

    def _accepted(self, rows: int, faults: Mapping[int, RowFault]) -> Reply:
        mode = self._settings.items
        return Reply(200, b'{"stored":%d}' % rows) if mode == "none" else item_reply(mode, rows, faults)

    def _accept(self, note: RequestRecord, rows: Sequence[str], reply: Reply, body: bytes) -> tuple[int, Reply]:
        try:
            record, reply = self._store.accept(note, rows, reply, body)
        except KeyReused:
            reply = refusal(422, "this idempotency key came before with another body")
            return self._record(note, reply), reply
        self._tell(record)
        return record.id, reply

    def _refusal(self, rows: int, faults: Mapping[int, RowFault], now: float) -> Reply:
        """The answer to a request that is refused whole because of some of its rows."""
        if any(fault.status == 503 for fault in faults.values()):
            return self._injected(503, now)
        if rows > 1:
            return refusal(400, "the batch holds rows that are refused; nothing of it was stored")
        return refusal(422, faults[0].reason)

    def _injected(self, status: int, now: float) -> Reply:
        wait = self._settings.retry_after if status in (429, 503) else None
        headers = () if wait is None else (("Retry-After", wait.header(now)),)
        return refusal(status, "the sink was told to misbehave", *headers)

    def _note(self, request: ReceivedRequest, rows: int) -> RequestRecord:
        key = request.headers.get("idempotency-key")
        return RequestRecord(self._clock.wall(), request.method, request.path, key, rows, 0, None, True)

    def _record(self, note: RequestRecord, reply: Reply | None) -> int:
        """Record a request that stored nothing; its id."""
        status = None if reply is None else reply.status
        record = self._store.record(replace(note, status=status, complete=note.complete and reply is not None))
        self._tell(record)
        return record.id

    def _tell(self, record: RequestRecord) -> None:
        if self._log is not None:
            self._log(record)


def _credentials(auth: Auth) -> tuple[str, str] | None:
    """The header (lower case) and the value that let a request in; None: everyone is."""
    if auth.kind == "basic":
        return "authorization", "Basic " + b64encode(f"{auth.user}:{auth.secret}".encode()).decode("ascii")
    if auth.kind == "bearer":
        return "authorization", f"Bearer {auth.secret}"
    return (auth.header.lower(), auth.secret) if auth.kind == "header" else None
