"""Preview of an HTTP target: requests and settings as text, secrets masked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from urllib.parse import urlsplit

from loader.config.secrets import MASK, looks_secret
from loader.config.urls import public_url
from loader.mapping.absent_fields import absent_fields
from loader.outcomes import Cause
from loader.rows import Batch
from loader.targets.context import Context
from loader.targets.http.request import Request
from loader.targets.http.request_builder import Form
from loader.targets.http.settings.http_target import HttpTarget
from loader.targets.http.settings.row_answers import ELASTICSEARCH
from loader.targets.http.transport import Transport
from loader.targets.http.url_parts import split_origin
from loader.targets.preview import CONNECTED, Preview

_SHOWN = 2000  # characters of a body


class HttpPreview(Preview):
    """What an endpoint would be sent. It has no columns, and takes rows of any fields."""

    def __init__(
        self,
        settings: HttpTarget,
        context: Context,
        form: Form,
        transport: Transport,
        *,
        proxy: str,
        key_header: str,
        request_of: Callable[[Batch], Request],
    ) -> None:
        """`key_header` carries the idempotency key, "" if nothing does."""
        self._settings = settings
        self._context = context
        self._form = form
        self._transport = transport
        self._proxy = proxy
        self._key_header = key_header
        self._request_of = request_of

    @property
    def repetition(self) -> str:
        settings = self._settings
        if settings.items == ELASTICSEARCH:
            if '"_id"' in settings.wrapper:
                return "rows with an _id of their own stand there once"
            return (
                "they may stand there twice: Elasticsearch knows no idempotency keys; give each row an _id of its own "
                'in the wrapper, like {"index":{"_id": {{id}} }}, and the later takes the place of the first'
            )
        if settings.method == "PUT" and "{{" in settings.url:
            return "PUT to the URL of a row puts it in the place of what is there, so none stands there twice"
        if self._key_header:
            return (
                f"with the same {self._key_header}, unless their request was split: a target that honours it has them "
                "once, any other may have them twice"
            )
        return "they may stand there twice, as no idempotency key goes with them"

    def absent(self, texts: Collection[str], every: Collection[str] | None) -> Sequence[str]:
        return tuple(absent_fields(self._context.mapping, texts, every))

    def describe(self) -> Mapping[str, str]:
        return {label: self._context.mask(text) for label, text in self._facts().items()}

    def render(self, batch: Batch) -> str:
        """As it would go out but for gzip, the body cut to its first 2,000 characters."""
        return self._context.mask(_text(self._settings, self._request_of(batch)))

    def check(self) -> Cause | str:
        cause = self._transport.connect()
        return CONNECTED if cause is None else cause.masked(self._context.mask)

    def _facts(self) -> Mapping[str, str]:
        settings = self._settings
        shown = {
            "request": f"{settings.method} {public_url(settings.url)}",
            "body": f"{settings.body} ({self._form.content_type}), {self._most()} a request",
            "may be repeated": "yes" if settings.repeatable else "no: rows without an answer are unknown",
            "idempotency key": settings.idempotency_header or "none",
            "authentication": settings.auth.kind,
            "answers": _answers(settings),
            "proxy": self._proxy or "none",
            "sent by": self._transport.description,
        }
        if urlsplit(settings.url).scheme.lower() == "https":
            shown["certificate"] = "verified" if settings.verify else "NOT VERIFIED"
        if settings.gzip:
            shown["compression"] = "gzip"
        if settings.fallback:
            shown["fallback"] = settings.fallback
        return shown

    def _most(self) -> str:
        rows = self._form.rows
        return "1 row" if rows == 1 else f"up to {rows:,} rows or {self._context.batching.max_bytes:,} bytes"


def _answers(settings: HttpTarget) -> str:
    if settings.items is not None:
        return "row by row"
    return "by status" if settings.accept is None else "by status and what a whole answer says (accept)"


def _text(settings: HttpTarget, request: Request) -> str:
    origin = split_origin(settings.url)[0]
    head = [f"{settings.method} {public_url(origin + request.path)}"]
    head += [f"{name}: {_header(settings, name, value)}" for name, value in request.headers.items()]
    body = request.body.decode("utf-8", "replace")
    shown = body if len(body) <= _SHOWN else f"{body[:_SHOWN]}... ({len(request.body):,} bytes)"
    return "\n".join((*head, "", shown))


def _header(settings: HttpTarget, name: str, value: str) -> str:
    is_secret = looks_secret(name) and name.lower() != settings.idempotency_header.lower()
    if is_secret or name.lower() == settings.auth.header.lower():
        return MASK
    return value.encode("latin-1").decode("utf-8", "replace")
