"""Rules between config keys; each is a generator of the contradictions it finds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

from loader.config.contradiction import Contradiction
from loader.config.sections import Config, FieldMapping, InputSettings
from loader.config.target_kinds import TargetKinds
from loader.config.urls import public_url
from loader.config.values import Refusal, nearest
from loader.formats import AUTO, FORMATS
from loader.texts.epochs import MICROSECONDS, moment, unclear


def contradictions(config: Config, kinds: TargetKinds[Any]) -> Iterator[Contradiction]:
    """All of them, in no particular order."""
    return chain(
        contradictions_of_input(config.input),
        _mapping(config),
        _backoff(config),
        _fallbacks(config),
        *(kinds.of(target).contradictions(target) for target in config.targets.values()),
    )


def contradictions_of_input(section: InputSettings) -> Iterator[Contradiction]:
    """Those between the keys of `[input]`."""
    yield from FORMATS[FORMATS.usual if section.format == AUTO else section.format].contradictions(section)
    if section.decimal == section.thousands:
        yield Contradiction.of("expected decimal and thousands to differ", ("input", "thousands"), ("input", "decimal"))
    if section.path and section.format != AUTO and "path" not in FORMATS[section.format].keys:
        message = f"expected no path: rows of {section.format} lie in nothing that it could lead to; json takes it"
        yield Contradiction.of(message, ("input", "path"), ("input", "format"))
    yield from _mirrors(section)
    for name in _repeated(section.columns):
        yield Contradiction.of(f'expected each name once; "{name}" stands there again', ("input", "columns"))


def _mirrors(section: InputSettings) -> Iterator[Contradiction]:
    """A folder has folders for mirrors, and a file has files."""
    key = ("input", "mirrors")
    for begin, mirrors in section.mirrors.items():
        if any(each.endswith("/") != begin.endswith("/") for each in mirrors):
            yield Contradiction.of(
                f'expected all to end with a "/", or none, of "{public_url(begin)}" and its mirrors', key
            )


def _mapping(config: Config) -> Iterator[Contradiction]:
    for name in _repeated(config.mapping.fields.values()):
        yield Contradiction.of(f'expected one field for each name; "{name}" has several', ("mapping", "fields"))
    yield from _twice_given(config.mapping)
    stamp = config.mapping.timestamp
    if isinstance(stamp, int) and unclear(MICROSECONDS)(stamp):
        message = f"expected microseconds since 1970; {stamp} would be {moment(stamp, MICROSECONDS)}"
        yield Contradiction.of(message, ("mapping", "timestamp"))
    true_words = set(map(str.lower, config.mapping.true_words))
    for name in sorted(true_words.intersection(map(str.lower, config.mapping.false_words))):
        message = f'expected words that mean one thing; "{name}" would be true and false'
        yield Contradiction.of(message, ("mapping", "false_words"), ("mapping", "true_words"))


def _twice_given(mapping: FieldMapping) -> Iterator[Contradiction]:
    """Names that two keys speak of, where one of them would do nothing."""
    renamed = dict.fromkeys(mapping.fields, "fields")
    for name in mapping.drop:
        if name in renamed or name in mapping.only:
            other = renamed.get(name, "only")
            yield Contradiction.of(f'expected no field of mapping.{other}; "{name}" is one', ("mapping", "drop"))
    for key, before in (("set", ("fields",)), ("constants", ("fields", "set"))):
        for name in getattr(mapping, key):
            for other in before:
                given = getattr(mapping, other)
                if name in (given.values() if other == "fields" else given):
                    message = f'expected no name that mapping.{other} gives; "{name}" is one'
                    yield Contradiction.of(message, ("mapping", key))
    for name in mapping.defaults:
        if name in mapping.constants:
            yield Contradiction.of(f'expected no name of mapping.constants; "{name}" is one', ("mapping", "defaults"))


def _backoff(config: Config) -> Iterator[Contradiction]:
    if config.retry.max_backoff < config.retry.initial_backoff:
        yield Contradiction.of(
            "expected max_backoff to be at least initial_backoff",
            ("retry", "max_backoff"),
            ("retry", "initial_backoff"),
        )


def _fallbacks(config: Config) -> Iterator[Contradiction]:
    for name, target in config.targets.items():
        if not target.fallback:
            continue
        key = ("target", name, "fallback")
        others = [other for other in config.targets if other != name]
        if target.fallback not in others:
            refusal = Refusal("expected the name of another [target.NAME] section", nearest(target.fallback, others))
            yield Contradiction((key,), refusal)
        elif name in fallbacks_of(target.fallback, config):
            yield Contradiction.of("expected targets that do not lead back to this one", key)


def fallbacks_of(name: str, config: Config) -> Sequence[str]:
    """The targets that `name` falls back to, directly or not, in their order."""
    reached: dict[str, None] = {}
    while name in config.targets and config.targets[name].fallback not in {*reached, ""}:
        name = config.targets[name].fallback
        reached[name] = None
    return list(reached)


def _repeated(names: Iterable[str]) -> Iterator[str]:
    seen: set[str] = set()
    repeated: dict[str, None] = {}
    for name in names:
        if name in seen:
            repeated[name] = None
        seen.add(name)
    return iter(repeated)
