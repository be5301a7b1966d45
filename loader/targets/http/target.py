"""HTTP target: batches as requests, answers as results."""

from __future__ import annotations

import gzip
from base64 import b64encode
from collections.abc import Collection, Mapping

import msgspec

from loader import __version__
from loader.config.sections import Auth
from loader.config.target_kind import shown_name
from loader.keys import request_key
from loader.mapping.shaped_json import json_mapper
from loader.mapping.template import header_text
from loader.outcomes import ACCEPTED, Cause, Result, defect
from loader.rows import Batch
from loader.targets.base import Done
from loader.targets.context import Context
from loader.targets.http.answers import reader_of
from loader.targets.http.classify import Classifier
from loader.targets.http.connection_setup import open_door
from loader.targets.http.preview import HttpPreview
from loader.targets.http.request import Request, Response
from loader.targets.http.request_builder import Form, form_of
from loader.targets.http.settings.http_target import HttpTarget
from loader.targets.http.transports import open_transport
from loader.targets.sized_batcher import SizedBatcher

_GZIP_LEVEL = 1  # bodies of rows shrink to nearly the same size at each level, and this one costs a third of the time


class HttpEndpoint:
    """Rows go to one URL, up to `max_in_flight` requests at once.

    An exception that nobody foresaw ends its attempt with a cause of type "defect", whose hint is the traceback.
    """

    def __init__(self, settings: HttpTarget, context: Context) -> None:
        """Connects nowhere yet. Raises UsageError for settings that do not go together or files that cannot be used."""
        self._settings = settings
        self._context = context
        mapping, batching = context.mapping, context.batching
        self._form = form_of(settings, batching, json_mapper(mapping, context.texts, context.identity))
        self._headers = _headers(settings, self._form)
        self._key_header = _key_header(settings)
        self._answers = reader_of(settings, Classifier(frozenset(context.retry.statuses), settings.repeatable))
        setup = open_door(settings, context.max_in_flight)
        self._proxy = setup.proxy
        self._transport = open_transport(settings, setup, context.timeouts, context.max_in_flight)
        self.name = shown_name(settings)
        self.repeatable = settings.repeatable
        self.keyed = bool(self._key_header) and self._form.rows > 1

    @property
    def preview(self) -> HttpPreview:
        return HttpPreview(
            self._settings,
            self._context,
            self._form,
            self._transport,
            proxy=self._proxy,
            key_header=self._key_header,
            request_of=self._request,
        )

    def batcher(self) -> SizedBatcher:
        return SizedBatcher(self._form, self._context.batching.max_bytes)

    def submit(self, batch: Batch, done: Done) -> None:
        self._transport.submit(lambda: self._packed(batch), lambda reply: done(self._result(reply, len(batch))))

    def close(self) -> None:
        self._transport.close()

    def _request(self, batch: Batch) -> Request:
        request = self._form.request(batch.payload)
        key = {self._key_header: request_key(self._context.run_id, batch.rows)} if self._key_header else {}
        return Request(request.path, {**self._headers, **key, **request.headers}, request.body)

    def _packed(self, batch: Batch) -> Request:
        request = self._request(batch)
        if not self._settings.gzip:
            return request
        return msgspec.structs.replace(request, body=gzip.compress(request.body, _GZIP_LEVEL, mtime=0))

    def _result(self, reply: Response | Cause, count: int) -> Result:
        mask = self._context.mask  # servers and proxies may send back what they were sent
        try:
            return Result(reply.masked(mask)) if isinstance(reply, Cause) else self._judge(reply, count)
        except Exception as error:  # rows without a result would be waited for without end
            return Result(defect(error).masked(mask))

    def _judge(self, answer: Response, count: int) -> Result:
        result = self._answers.read(answer, count, self._context.wall())
        return result if result is ACCEPTED else result.masked(self._context.mask)


def _headers(settings: HttpTarget, form: Form) -> Mapping[str, str]:
    """What every request says of itself, without the headers that the form makes for each row."""
    headers = {
        "User-Agent": f"loader/{__version__}",
        "Accept": "application/json, */*;q=0.5",
        "Accept-Encoding": "gzip, deflate",
        "Content-Type": form.content_type,
    }
    if settings.gzip:
        headers["Content-Encoding"] = "gzip"
    credentials = _credentials(settings.auth)
    # The user's own win, whatever the case of their names (RFC 9110, 5.1).
    return {**_but({**_but(headers, credentials), **credentials}, settings.headers), **form.headers}


def _but(headers: Mapping[str, str], names: Collection[str]) -> dict[str, str]:
    """`headers` without those called `names`."""
    lower = {name.lower() for name in names}
    return {name: value for name, value in headers.items() if name.lower() not in lower}


def _key_header(settings: HttpTarget) -> str:
    """The header of the idempotency key, "" where there is none or the user's own of that name stands in its place."""
    name = settings.idempotency_header
    return "" if name.lower() in {each.lower() for each in settings.headers} else name


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
