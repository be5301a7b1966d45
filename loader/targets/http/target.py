"""The HTTP target: a batch becomes a request, an answer becomes a result."""

from __future__ import annotations

import gzip
import threading
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from queue import SimpleQueue
from urllib.parse import urlsplit

from loader.config.sections import Auth, Batching, FieldMapping, HttpTarget, Retry, Timeouts
from loader.config.urls import public_url
from loader.keys import request_key
from loader.mapping.json_rows import JsonMapper
from loader.mapping.template import PathTemplate, Template, UnfitError, in_header
from loader.outcomes import ACCEPTED, Cause, Ending, Result
from loader.rows import Batch
from loader.targets.base import Done
from loader.targets.http.batcher import HttpBatcher
from loader.targets.http.body import frame_of, needs_lone_rows, wrappers
from loader.targets.http.classify import Answer, Classifier
from loader.targets.http.items import ItemReader, mismatch
from loader.targets.http.transport import Request, Transport, TransportError, standard_headers

_SHOWN = 2000  # characters of a body that a dry run shows


@dataclass(frozen=True, slots=True)
class Context:
    """What a target needs to know of its run. `wall` gives seconds since the epoch, `mask` hides secrets."""

    run_id: str
    batching: Batching
    timeouts: Timeouts
    retry: Retry
    mapping: FieldMapping
    null_words: tuple[str, ...]
    max_in_flight: int
    wall: Callable[[], float]
    mask: Callable[[str], str]


class HttpEndpoint:
    """Rows go to one URL, over a pool of daemon threads that grows up to `max_in_flight`."""

    def __init__(self, settings: HttpTarget, context: Context) -> None:
        """Raises UsageError where templates and batch size do not go together."""
        self._settings = settings
        self._context = context
        lone = settings.body == "row" or context.batching.size == 1
        self._frame = frame_of(settings, context.batching.size)
        self._row_wrapper, self._body_wrapper = wrappers(settings, lone=lone)
        self._path, self._headers, self._needs_fields = self._templates(lone)
        self._fixed = {**standard_headers(self._frame.content_type), **_auth(settings.auth)}
        if settings.gzip:
            self._fixed["Content-Encoding"] = "gzip"
        self._classifier = Classifier(frozenset(context.retry.statuses), settings.repeatable)
        self._items = ItemReader(settings.items, self._classifier) if settings.items is not None else None
        self._transport = Transport(settings, context.timeouts, connections=context.max_in_flight)
        self._work: SimpleQueue[tuple[Batch, Done] | None] = SimpleQueue()
        self._threads = 0
        self._under_way = 0
        self._lock = threading.Lock()

    def _templates(self, lone: bool) -> tuple[PathTemplate, dict[str, Template], bool]:
        parts = urlsplit(self._settings.url)
        path = Template((parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
        headers = {name: Template(value) for name, value in self._settings.headers.items()}
        in_headers = any(template.names for template in headers.values())
        if (path.names or in_headers) and not lone:
            raise needs_lone_rows(self._settings.name, "url" if path.names else "headers")
        in_body = self._body_wrapper is not None and self._body_wrapper.needs_fields
        return PathTemplate(path), headers, bool(path.names) or in_headers or in_body

    @property
    def name(self) -> str:
        return self._settings.name or public_url(self._settings.url)

    @property
    def repeatable(self) -> bool:
        return self._settings.repeatable

    def batcher(self) -> HttpBatcher:
        context, settings = self._context, self._settings
        mapper = JsonMapper(context.mapping.fields, context.mapping.types, context.null_words)
        size = 1 if settings.body == "row" else context.batching.size
        return HttpBatcher(mapper, self._row_wrapper, size=size, max_bytes=context.batching.max_bytes)

    def submit(self, batch: Batch, done: Done) -> None:
        with self._lock:
            self._under_way += 1
            grow = self._threads < self._under_way and self._threads < self._context.max_in_flight
            self._threads += grow
        if grow:
            threading.Thread(target=self._serve, name=f"http-{self._threads}", daemon=True).start()
        self._work.put((batch, done))

    def close(self) -> None:
        for _ in range(self._threads):
            self._work.put(None)
        self._transport.close()

    def _serve(self) -> None:
        while (job := self._work.get()) is not None:
            batch, done = job
            result = self._attempt(batch)
            with self._lock:
                self._under_way -= 1
            done(result)

    def _attempt(self, batch: Batch) -> Result:
        try:
            return self._judge(self._transport.send(self.request(batch)), len(batch))
        except (TransportError, UnfitError) as error:
            return Result(error.cause)
        except Exception as error:
            # A defect here must reach the pump as one: rows whose thread just ended would wait for ever.
            return Result(Cause("defect", f"{type(error).__name__}: {error}", Ending.AMBIGUOUS, retryable=True))

    def request(self, batch: Batch) -> Request:
        """The request that carries `batch`. Raises UnfitError where its row does not fit a template."""
        fields = batch.rows.value(0) if self._needs_fields else {}
        body = self._frame.join(batch.payload)
        if self._body_wrapper is not None:
            body = self._body_wrapper.wrap(body, fields)
        if self._settings.gzip:
            body = gzip.compress(body, 5, mtime=0)
        headers = dict(self._fixed)
        for name, template in self._headers.items():
            headers[name] = template.fill(fields, in_header)
        if self._settings.idempotency_header:
            headers[self._settings.idempotency_header] = request_key(self._context.run_id, batch.rows)
        return Request(self._path.fill(fields), headers, body)

    def _judge(self, answer: Answer, count: int) -> Result:
        cause = self._classifier.cause(answer, self._context.wall())
        if self._items is None:
            return ACCEPTED if cause is None else Result(cause)
        rows = self._items.causes(answer, count)
        if rows is None:
            return Result(mismatch(answer, count) if cause is None else cause)
        return Result(rows=rows)

    # -- for dry runs and check

    def describe(self) -> Mapping[str, str]:
        """What requests will look like, secrets masked."""
        settings, batching = self._settings, self._context.batching
        size = 1 if settings.body == "row" else batching.size
        facts = {
            "request": f"{settings.method} {public_url(settings.url)}",
            "body": f"{settings.body}, up to {size:,} rows or {batching.max_bytes:,} bytes, {self._frame.content_type}",
            "may be repeated": "yes" if settings.repeatable else "no: rows without an answer are unknown",
            "idempotency key": settings.idempotency_header or "none",
            "authentication": settings.auth.kind,
            "answers": "by status" if settings.items is None else "row by row",
        }
        if settings.fallback:
            facts["fallback"] = settings.fallback
        return facts

    def render(self, batch: Batch) -> str:
        """A request as text, secrets masked, the body cut to its first 2,000 characters."""
        try:
            request = self.request(batch)
        except UnfitError as error:
            return f"(not sent: {error})"
        head = [f"{self._settings.method} {request.path} HTTP/1.1", f"Host: {urlsplit(self._settings.url).netloc}"]
        hidden = {*_auth(self._settings.auth)}
        head += [f"{name}: {'***' if name in hidden else value}" for name, value in request.headers.items()]
        body = "(gzip)" if self._settings.gzip else request.body.decode("utf-8", "replace")
        shown = body if len(body) <= _SHOWN else f"{body[:_SHOWN]}… ({len(request.body):,} bytes)"
        return self._context.mask("\n".join((*head, "", shown)))

    def check(self) -> Cause | None:
        """Connect without sending a row: why that failed, or None."""
        return self._transport.connect()


def _auth(auth: Auth) -> dict[str, str]:
    match auth.kind:
        case "basic":
            return {"Authorization": f"Basic {b64encode(f'{auth.user}:{auth.secret}'.encode()).decode()}"}
        case "bearer":
            return {"Authorization": f"Bearer {auth.secret}"}
        case "header":
            return {auth.header: auth.secret}
        case _:
            return {}
