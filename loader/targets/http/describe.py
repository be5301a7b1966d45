"""Descriptions of requests and settings, with secrets masked."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from loader.config.secrets import MASK, looks_secret
from loader.config.sections import Batching
from loader.config.urls import public_url
from loader.targets.http.request import Request
from loader.targets.http.request_builder import Form
from loader.targets.http.settings.http_target import HttpTarget
from loader.targets.http.settings.row_answers import ELASTICSEARCH
from loader.targets.http.urls import split_origin

_SHOWN = 2000  # characters of a body


def facts(settings: HttpTarget, batching: Batching, form: Form, proxy: str, transport: str) -> Mapping[str, str]:
    """What requests will look like, as label and text."""
    most = "1 row" if form.rows == 1 else f"up to {form.rows:,} rows or {batching.max_bytes:,} bytes"
    shown = {
        "request": f"{settings.method} {public_url(settings.url)}",
        "body": f"{settings.body} ({form.content_type}), {most} a request",
        "may be repeated": "yes" if settings.repeatable else "no: rows without an answer are unknown",
        "idempotency key": settings.idempotency_header or "none",
        "authentication": settings.auth.kind,
        "answers": _answers(settings),
        "proxy": proxy or "none",
        "sent by": transport,
    }
    if urlsplit(settings.url).scheme.lower() == "https":
        shown["certificate"] = "verified" if settings.verify else "NOT VERIFIED"
    if settings.gzip:
        shown["compression"] = "gzip"
    if settings.fallback:
        shown["fallback"] = settings.fallback
    return shown


def _answers(settings: HttpTarget) -> str:
    if settings.items is not None:
        return "row by row"
    return "by status" if settings.accept is None else "by status and what a whole answer says (accept)"


def repetition(settings: HttpTarget, key_header: str) -> str:
    """What it may mean that rows were sent again; `key_header` carries the idempotency key, "" if nothing does."""
    if settings.items == ELASTICSEARCH:
        if '"_id"' in settings.wrapper:
            return "rows with an _id of their own stand there once"
        return (
            "they may stand there twice: Elasticsearch knows no idempotency keys; give each row an _id of its own in "
            'the wrapper, like {"index":{"_id": {{id}} }}, and the later takes the place of the first'
        )
    if settings.method == "PUT" and "{{" in settings.url:
        return "PUT to the URL of a row puts it in the place of what is there, so none stands there twice"
    if key_header:
        return (
            f"with the same {key_header}, unless their request was split: a target that honours it has them once, any "
            "other may have them twice"
        )
    return "they may stand there twice, as no idempotency key goes with them"


def request_text(settings: HttpTarget, request: Request) -> str:
    """A request as it would go out but for gzip, secrets in headers masked, the body cut to 2,000 characters."""
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
