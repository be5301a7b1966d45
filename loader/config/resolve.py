"""Resolution of --to: the name of a target in the config, or a URL."""

from __future__ import annotations

from dataclasses import replace

from loader.config.auth import basic
from loader.config.cassandra_url import CASSANDRA_URL, is_cassandra
from loader.config.checks import contradictions_of, fallbacks_of
from loader.config.problems import ConfigError, Problem
from loader.config.sections import Config, TargetSettings, target_section
from loader.config.targets import build_target, target_secrets, url_secrets
from loader.config.urls import parse_url, split_login
from loader.config.values import RefusedError, nearest

_FLAG = "--to"


def resolve_target(config: Config, text: str) -> tuple[Config, TargetSettings]:
    """The target `text` means, and the config with its secrets added.

    `text` is the name of a [target.NAME] section, or a URL. A URL takes the settings of the section that has the same
    one, else defaults; user and password in it beat the `auth` of that section. Raises `ConfigError`, also where the
    section, or one it falls back to, is incomplete.
    """
    config, target = _resolved(config, text)
    used = (target.name, *fallbacks_of(target.name, config))
    if lacking := [problem for name in used for problem in config.incomplete.get(name, ())]:
        raise ConfigError(*lacking)
    return config, target


def _resolved(config: Config, text: str) -> tuple[Config, TargetSettings]:
    if text in config.targets:
        return config, config.targets[text]
    if "://" not in text:
        raise _error(
            "expected https://host/path, http://host/path, cassandra://host/keyspace.table, "
            f"or the name of a target in the config ({_names(config)})",
            nearest(text, config.targets),
        )
    try:
        target = _at_url(config, CASSANDRA_URL.parse(text) if is_cassandra(text) else parse_url(text))
        wrong = next((found.refusal for found in contradictions_of(target)), None)
    except RefusedError as refused:
        wrong = refused.refusals[0]
    if wrong is not None:
        raise _error(wrong.message, wrong.nearest)
    return replace(config, secrets=config.secrets | url_secrets(text) | target_secrets(target)), target


def _at_url(config: Config, text: str) -> TargetSettings:
    url, login = split_login(text)
    same = [target for target in config.targets.values() if target.url == url]
    if not same:
        return build_target(target_section(text), "", {"url": text})
    if len(same) > 1:
        names = ", ".join(target.name for target in same)
        raise _error(f"expected the name of a target, as several have this URL: {names}")
    return same[0] if login is None else replace(same[0], auth=basic(login.user, login.password))


def _names(config: Config) -> str:
    return ", ".join(config.targets) or "it has none"


def _error(message: str, close: str = "") -> ConfigError:
    return ConfigError(Problem("", None, _FLAG, message, close))
