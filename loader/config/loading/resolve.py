"""Resolution of --to: the name of a target in the config, or a URL."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from loader.config.declaration import keys
from loader.config.loading.checks import fallbacks_of
from loader.config.loading.targets import build_target, target_secrets, url_secrets, with_login
from loader.config.problems import ConfigError, Problem
from loader.config.sections import Config
from loader.config.target_kind import TargetSettings
from loader.config.target_kinds import TargetKinds
from loader.config.urls import split_login
from loader.config.values import RefusedError, nearest

_FLAG = "--to"


def resolve_target(config: Config, text: str, kinds: TargetKinds[Any]) -> tuple[Config, TargetSettings]:
    """The target `text` means, and the config with its secrets added.

    `text` is the name of a [target.NAME] section, or a URL of one of `kinds`. A URL takes the settings of the section
    that has the same one, else defaults; user and password in it beat the `auth` of that section. Raises `ConfigError`,
    also where the section, or one it falls back to, is incomplete.
    """
    config, target = _resolved(config, text, kinds)
    used = (target.name, *fallbacks_of(target.name, config))
    if lacking := [problem for name in used for problem in config.incomplete.get(name, ())]:
        raise ConfigError(*lacking)
    return config, target


def _resolved(config: Config, text: str, kinds: TargetKinds[Any]) -> tuple[Config, TargetSettings]:
    if text in config.targets:
        return config, config.targets[text]
    if "://" not in text:
        raise _error(
            f"expected {', '.join(kinds.forms)}, or the name of a target in the config ({_names(config)})",
            nearest(text, config.targets),
        )
    try:
        target = _at_url(config, text, kinds)
        kind = kinds.of(target)
        wrong = next((found.refusal for found in kind.contradictions(target)), None)
    except RefusedError as refused:
        wrong = refused.refusals[0]
    if wrong is not None:
        raise _error(wrong.message, wrong.nearest)
    return replace(config, secrets=config.secrets | url_secrets(text) | target_secrets(kind, target)), target


def _at_url(config: Config, text: str, kinds: TargetKinds[Any]) -> TargetSettings:
    kind = kinds.of_url(text)
    checked = keys(kind.section)["url"].kind.parse(text)
    url, login = split_login(checked)
    same = [target for target in config.targets.values() if target.url == url]
    if not same:
        target: TargetSettings = build_target(kind, "", {"url": checked})
        return target
    if len(same) > 1:
        names = ", ".join(target.name for target in same)
        raise _error(f"expected the name of a target, as several have this URL: {names}")
    return same[0] if login is None else with_login(kind, same[0], login)


def _names(config: Config) -> str:
    return ", ".join(config.targets) or "it has none"


def _error(message: str, close: str = "") -> ConfigError:
    return ConfigError(Problem("", None, _FLAG, message, close))
