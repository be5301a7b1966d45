"""Target settings from the keys of a [target.NAME] section or a bare URL, with logins and secrets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from loader.config.auth import Auth, basic
from loader.config.declaration import keys
from loader.config.secrets import Secrets, basic_credentials
from loader.config.target_kind import S, TargetSection
from loader.config.urls import Login, secret_query_values, split_login
from loader.config.values import Refusal, RefusedError


def build_target(kind: TargetSection[S], name: str, given: Mapping[str, Any]) -> S:
    """A target from the keys that were set, already parsed. Raises `RefusedError` where two of them contradict."""
    url, login = split_login(given["url"])
    settings = {**given, "url": url}
    if login is not None:
        _check_takes_login(kind)
        if "auth" in given and given["auth"] != Auth():
            raise RefusedError(Refusal("expected a URL without user and password where auth is set", at=("url",)))
        settings["auth"] = basic(login.user, login.password, at=("url",))
    return kind.settings(name, settings)


def with_login(kind: TargetSection[Any], target: S, login: Login) -> S:
    """`target` with the user and password of a URL for its `auth`. Raises `RefusedError`."""
    _check_takes_login(kind)
    changed: S = replace(target, auth=basic(login.user, login.password))  # type: ignore[type-var]
    return changed


def _check_takes_login(kind: TargetSection[Any]) -> None:
    if "auth" not in keys(kind.section):
        raise RefusedError.expected("a URL without user and password, as targets of this kind have no auth", ("url",))


def target_secrets(kind: TargetSection[S], target: S) -> Secrets:
    """What must not be shown of a target."""
    auth = getattr(target, "auth", None)
    credentials = _auth_secrets(auth) if isinstance(auth, Auth) else ()
    return kind.secrets(target) | url_secrets(target.url) | Secrets.of((), credentials)


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
