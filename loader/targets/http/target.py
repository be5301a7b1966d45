"""The HTTP target: a batch becomes a request, an answer becomes a result."""

from __future__ import annotations

import gzip
import traceback
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from loader import __version__
from loader.config.sections import Auth, Batching, Config, FieldMapping, HttpTarget, Retry, Timeouts
from loader.config.urls import public_url
from loader.keys import request_key
from loader.mapping.json_rows import JsonMapper
from loader.mapping.template import header_text
from loader.outcomes import ACCEPTED, DEFECT, Cause, Ending, Result
from loader.rows import Batch
from loader.targets.base import Done
from loader.targets.http.batcher import HttpBatcher
from loader.targets.http.classify import Classifier
from loader.targets.http.describe import facts, request_text
from loader.targets.http.door import open_door
from loader.targets.http.form import form_of
from loader.targets.http.items import ItemReader
from loader.targets.http.request import Answer, Request
from loader.targets.http.threads import SenderThreads
from loader.targets.http.transport import AttemptError, Transport

_GZIP_LEVEL = 1  # bodies of rows shrink to nearly the same size at each level, and this one costs a third of the time


@dataclass(frozen=True, slots=True)
class Context:
    """What a target needs to know of its run. `wall` gives seconds since the epoch, `mask` hides secrets in a text."""

    run_id: str
    batching: Batching
    timeouts: Timeouts
    retry: Retry
    mapping: FieldMapping
    null_words: tuple[str, ...]
    max_in_flight: int
    wall: Callable[[], float]
    mask: Callable[[str], str]

    @classmethod
    def of(cls, config: Config, run_id: str, wall: Callable[[], float]) -> Context:
        """What the config of a run says of it."""
        return cls(
            run_id,
            config.batch,
            config.timeouts,
            config.retry,
            config.mapping,
            config.input.null_words,
            config.concurrency.max_in_flight,
            wall,
            config.secrets.mask,
        )


class HttpEndpoint:
    """Rows go to one URL, on daemon threads, up to `max_in_flight` of them.

    An exception that nobody foresaw ends its attempt with a cause of type "defect", whose hint is the traceback.
    """

    def __init__(self, settings: HttpTarget, context: Context) -> None:
        """Connects nowhere yet. Raises UsageError for settings that do not go together or files that cannot be used."""
        self._settings = settings
        self._context = context
        mapping, batching = context.mapping, context.batching
        self._form = form_of(settings, batching, JsonMapper(mapping.fields, mapping.types, context.null_words))
        self._headers = _headers(settings, self._form.content_type)
        self._classifier = Classifier(frozenset(context.retry.statuses), settings.repeatable)
        self._items = None if settings.items is None else ItemReader(settings.items, self._classifier)
        self._door = open_door(settings, context.max_in_flight)
        self._transport = Transport(self._door, settings.method, context.timeouts)
        self._threads = SenderThreads(context.max_in_flight, "http")

    @property
    def name(self) -> str:
        return self._settings.name or public_url(self._settings.url)

    @property
    def repeatable(self) -> bool:
        return self._settings.repeatable

    def batcher(self) -> HttpBatcher:
        return HttpBatcher(self._form, self._context.batching.max_bytes)

    def submit(self, batch: Batch, done: Done) -> None:
        self._threads.submit(lambda: done(self._attempt(batch)))

    def close(self) -> None:
        self._threads.close()
        self._transport.close()

    def describe(self) -> Mapping[str, str]:
        """What requests will look like, secrets masked."""
        shown = facts(self._settings, self._context.batching, self._form, self._door.proxy)
        return {label: self._context.mask(text) for label, text in shown.items()}

    def render(self, batch: Batch) -> str:
        """The request that carries `batch` as text, secrets masked, the body cut to its first 2,000 characters."""
        return self._context.mask(request_text(self._settings, self._request(batch)))

    def check(self) -> Cause | None:
        """Connect without sending a row: why that failed, or None."""
        cause = self._transport.connect()
        return None if cause is None else self._masked(cause)

    def _attempt(self, batch: Batch) -> Result:
        try:
            request = self._request(batch)
            return self._judge(self._transport.send(self._packed(request)), len(batch))
        except AttemptError as error:
            return Result(self._masked(error.cause))
        except Exception as error:  # rows whose thread just ended would be waited for without end
            return Result(self._masked(_defect(error)))

    def _request(self, batch: Batch) -> Request:
        request = self._form.request(batch.payload)
        headers = dict(self._headers)
        if self._settings.idempotency_header:
            headers[self._settings.idempotency_header] = request_key(self._context.run_id, batch.rows)
        return replace(request, headers=_merged(headers, request.headers))

    def _packed(self, request: Request) -> Request:
        if not self._settings.gzip:
            return request
        return replace(request, body=gzip.compress(request.body, _GZIP_LEVEL, mtime=0))

    def _judge(self, answer: Answer, count: int) -> Result:
        wall = self._context.wall()
        if self._items is None:
            cause = self._classifier.cause(answer, wall)
            return ACCEPTED if cause is None else Result(self._masked(cause))
        result = self._items.read(answer, count, wall)
        if result.cause is None and not result.rows:
            return ACCEPTED
        cause = None if result.cause is None else self._masked(result.cause)
        return Result(cause, {i: self._masked(each) for i, each in result.rows.items()})

    def _masked(self, cause: Cause) -> Cause:
        """Servers and proxies may send back what they were sent."""
        mask = self._context.mask
        code, hint = (None if text is None else mask(text) for text in (cause.code, cause.hint))
        return replace(cause, message=mask(cause.message), code=code, hint=hint)


def _headers(settings: HttpTarget, content_type: str) -> Mapping[str, str]:
    """What every request says of itself; `settings.headers` come on top."""
    headers = {
        "User-Agent": f"loader/{__version__}",
        "Accept": "application/json, */*;q=0.5",
        "Accept-Encoding": "gzip, deflate",
        "Content-Type": content_type,
    }
    if settings.gzip:
        headers["Content-Encoding"] = "gzip"
    return _merged(headers, _credentials(settings.auth))


def _merged(headers: Mapping[str, str], more: Mapping[str, str]) -> dict[str, str]:
    """`headers` with `more`, which win whatever the case of their names (RFC 9110, 5.1)."""
    names = {name.lower() for name in more}
    return {name: value for name, value in headers.items() if name.lower() not in names} | dict(more)


def _credentials(auth: Auth) -> Mapping[str, str]:
    match auth.kind:
        case "basic":  # RFC 7617, 2.1: UTF-8
            return {"Authorization": f"Basic {b64encode(f'{auth.user}:{auth.secret}'.encode()).decode()}"}
        case "bearer":
            return {"Authorization": f"Bearer {auth.secret}"}
        case "header":
            return {auth.header: header_text(auth.secret)}
        case _:
            return {}


def _defect(error: Exception) -> Cause:
    message = f"{type(error).__name__}: {error}"
    return Cause(DEFECT, message, Ending.AMBIGUOUS, hint="".join(traceback.format_exception(error)))
