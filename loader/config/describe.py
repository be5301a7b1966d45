"""Differences between a config and the defaults."""

from __future__ import annotations

from collections.abc import Iterator

from loader.config.declaration import defaults, keys
from loader.config.sections import SECTIONS, Config
from loader.config.values import toml_key


def describe(config: Config) -> list[tuple[str, str]]:
    """Every key that differs from its default, dotted, with its value as TOML; secrets are masked.

    Targets that are incomplete are left out: keys of them could not be read.
    """
    parts: list[tuple[str, object]] = [(name, getattr(config, name)) for name in SECTIONS]
    whole = {name: target for name, target in config.targets.items() if name not in config.incomplete}
    parts += [(f"target.{toml_key(name)}", target) for name, target in whole.items()]
    return [(key, config.secrets.mask(value)) for name, section in parts for key, value in _changed(name, section)]


def _changed(name: str, section: object) -> Iterator[tuple[str, str]]:
    usual = defaults(type(section))
    for key, declared in keys(type(section)).items():
        value = getattr(section, key)
        if key not in usual or value != usual[key]:
            yield f"{name}.{key}", declared.kind.write(value)
