"""HTTP endpoints as a kind of target."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from loader.config.auth import Auth
from loader.config.contradiction import Contradiction, missing_files, target_key
from loader.config.loading.targets import url_secrets
from loader.config.secrets import Secrets, looks_secret
from loader.config.sections import Batching
from loader.error_types import declared_in
from loader.targets.base import Target
from loader.targets.context import Context
from loader.targets.http import error_types
from loader.targets.http.settings.endpoint_url import SCHEMES, is_bulk
from loader.targets.http.settings.http_target import HttpTarget
from loader.targets.http.settings.row_answers import ELASTICSEARCH
from loader.targets.kind import ONE_ROW, SEVERAL_ROWS, TargetKind

_BULK_WRAPPER = '{"index":{}}\n{{row}}'


class HttpKind(TargetKind[HttpTarget]):
    """`http://` and `https://`: rows as JSON in requests. Opening connects to nothing."""

    schemes = SCHEMES
    forms = ("https://host/path", "http://host/path")
    section = HttpTarget
    title = "HTTP"
    error_types = tuple(declared_in(error_types))
    example = "example"

    def settings(self, name: str, given: Mapping[str, Any]) -> HttpTarget:
        settings = dict(given)
        # The preset itself, not a table that says the same: only its name asks for the form of the body.
        if settings.get("items") is ELASTICSEARCH:
            settings.setdefault("body", "ndjson")
            if settings["body"] == "ndjson":
                settings.setdefault("wrapper", _BULK_WRAPPER)
        if settings.get("method") == "PUT":
            settings.setdefault("idempotency_header", "")
        return HttpTarget(name=name, **settings)

    def files_in(self, folder: Path, settings: HttpTarget) -> HttpTarget:
        def within(name: str) -> str:
            return str(folder / name) if name else ""

        return replace(settings, ca=within(settings.ca), cert=within(settings.cert), key=within(settings.key))

    def contradictions(self, settings: HttpTarget) -> Iterator[Contradiction]:
        def at(name: str) -> tuple[str, ...]:
            return target_key(settings.name, name)

        if settings.cert and not settings.key:
            yield Contradiction.of("expected a private key too: cert and key go together", at("key"), at("cert"))
        if settings.key and not settings.cert:
            yield Contradiction.of("expected a certificate too: cert and key go together", at("cert"), at("key"))
        yield from missing_files(settings.name, [(name, getattr(settings, name)) for name in ("ca", "cert", "key")])
        sent = settings.auth.header or "Authorization"
        if settings.auth != Auth() and sent.lower() in map(str.lower, settings.headers):
            yield Contradiction.of(f"expected no {sent} header, as auth sends it", at("headers"), at("auth"))
        yield from _answers(settings)
        if "{{rows}}" in settings.wrapper and "{{row}}" in settings.wrapper:
            yield Contradiction.of("expected only one of {{rows}} and {{row}}", at("wrapper"))

    def secrets(self, settings: HttpTarget) -> Secrets:
        values = [value for name, value in settings.headers.items() if looks_secret(name)]
        # "Bearer TOKEN": the token alone is the secret too.
        values += [value.partition(" ")[2] for value in values]
        return Secrets.of(values) | url_secrets(settings.proxy)

    def compared(self, settings: HttpTarget) -> Mapping[str, str]:
        return {"method": settings.method, "body": settings.body, "wrapper": settings.wrapper}

    def rows_a_request(self, settings: HttpTarget, batching: Batching) -> str:
        if not settings.idempotency_header:
            return ""
        return ONE_ROW if settings.body == "row" or batching.size == 1 else SEVERAL_ROWS

    def open(self, settings: HttpTarget, context: Context) -> Target:
        from loader.targets.http.target import HttpEndpoint

        return HttpEndpoint(settings, context)


HTTP = HttpKind()


def _answers(settings: HttpTarget) -> Iterator[Contradiction]:
    """Rules about where answers say what became of rows."""
    items, accept = target_key(settings.name, "items"), target_key(settings.name, "accept")
    if settings.items is not None and settings.accept is not None:
        message = "expected only one of items, which looks into each entry, and accept, which looks at the whole answer"
        yield Contradiction.of(message, accept, items)
    if settings.items is None and settings.accept is None and is_bulk(settings.url):
        message = (
            'expected items = "elasticsearch" in the [target.NAME] section of this URL: /_bulk answers 200 for rows '
            "that it refused, too (accept = {...} is for another API of that name)"
        )
        yield Contradiction.of(message, items, target_key(settings.name, "url"))
