"""Target settings from the keys of a [target.NAME] section or a bare URL, with derived defaults and secrets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from loader.config.auth import basic
from loader.config.items import ELASTICSEARCH
from loader.config.secrets import Secrets, basic_credentials, looks_secret
from loader.config.sections import Auth, CassandraTarget, HttpTarget, TargetSettings
from loader.config.urls import secret_query_values, split_login
from loader.config.values import Refusal, RefusedError

_BULK_WRAPPER = '{"index":{}}\n{{row}}'


def build_target(section: type[TargetSettings], name: str, given: Mapping[str, Any]) -> TargetSettings:
    """A target from the keys that were set, already parsed. Raises `RefusedError` where two of them contradict."""
    settings = _with_login(given)
    if section is CassandraTarget:
        return CassandraTarget(name=name, **settings)
    return _http_target(name, settings)


def _with_login(given: Mapping[str, Any]) -> dict[str, Any]:
    """The keys with user and password taken out of the URL."""
    url, login = split_login(given["url"])
    settings = {**given, "url": url}
    if login is not None:
        if "auth" in given and given["auth"] != Auth():
            raise RefusedError(Refusal("expected a URL without user and password where auth is set", at=("url",)))
        settings["auth"] = basic(login.user, login.password, at=("url",))
    return settings


def _http_target(name: str, settings: dict[str, Any]) -> HttpTarget:
    """With the defaults that some keys have where others are set."""
    # The preset itself, not a table that says the same: only its name asks for the form of the body.
    if settings.get("items") is ELASTICSEARCH:
        settings.setdefault("body", "ndjson")
        if settings["body"] == "ndjson":
            settings.setdefault("wrapper", _BULK_WRAPPER)
    if settings.get("method") == "PUT":
        settings.setdefault("idempotency_header", "")
    return HttpTarget(name=name, **settings)


def with_files_in(folder: Path, target: TargetSettings) -> TargetSettings:
    """`target` with the names of the files it needs taken relative to `folder`."""

    def within(name: str) -> str:
        return str(folder / name) if name else ""

    if isinstance(target, HttpTarget):
        return replace(target, ca=within(target.ca), cert=within(target.cert), key=within(target.key))
    tls = target.tls
    if tls is not None:
        tls = replace(tls, ca=within(tls.ca), cert=within(tls.cert), key=within(tls.key))
    return replace(target, tls=tls, bundle=within(target.bundle))


def target_secrets(target: TargetSettings) -> Secrets:
    """What must not be shown of a target."""
    if isinstance(target, CassandraTarget):
        return Secrets.of((), _auth_secrets(target.auth)) | url_secrets(target.url)
    values = [value for name, value in target.headers.items() if looks_secret(name)]
    # "Bearer TOKEN": the token alone is the secret too.
    values += [value.partition(" ")[2] for value in values]
    return Secrets.of(values, _auth_secrets(target.auth)) | url_secrets(target.url) | url_secrets(target.proxy)


def url_secrets(url: str) -> Secrets:
    """What must not be shown of a URL: its password, and query values whose names look secret."""
    _, login = split_login(url)
    if login is None:
        return Secrets.of(secret_query_values(url))
    user, _, password = login.text.partition(":")
    return Secrets.of(secret_query_values(url), [password or user, *basic_credentials(login.user, login.password)])


def whole_url_secrets(url: str) -> Secrets:
    """What must not be shown of a URL that is a secret as a whole; errors of connections tell it without the host."""
    _, slash, path = url.partition("://")[2].partition("/")
    return Secrets.of((url, slash + path))


def _auth_secrets(auth: Auth) -> Iterator[str]:
    if auth.kind == "basic":
        yield from basic_credentials(auth.user, auth.secret)
    else:
        yield auth.secret
