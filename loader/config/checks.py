"""Rules between config keys; each is a generator of the contradictions it finds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from loader.config.cassandra_url import address_of
from loader.config.characters import AUTO
from loader.config.lines import KeyPath
from loader.config.sections import Auth, CassandraTarget, Config, HttpTarget, Input, TargetSettings
from loader.config.urls import is_bulk
from loader.config.values import Refusal, nearest
from loader.epochs import MICROSECONDS, moment, unclear


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Keys that do not go together, the one to change first, and what was expected of it.

    `is_missing_file` marks what is right elsewhere: a file that is not there matters where its target is used.
    """

    keys: tuple[KeyPath, ...]
    refusal: Refusal
    is_missing_file: bool = False


def contradictions(config: Config) -> Iterator[Contradiction]:
    """All of them, in no particular order."""
    return chain(
        contradictions_of_input(config.input),
        _mapping(config),
        _backoff(config),
        _fallbacks(config),
        *(contradictions_of(target) for target in config.targets.values()),
    )


def contradictions_of_input(section: Input) -> Iterator[Contradiction]:
    """Those between the keys of `[input]`."""
    usual = "" if section.format == "tsv" else ","
    if section.quote and section.quote == (usual if section.delimiter == AUTO else section.delimiter):
        yield _contradiction("expected delimiter and quote to differ", ("input", "quote"), ("input", "delimiter"))
    if section.escape and section.escape == (usual if section.delimiter == AUTO else section.delimiter):
        yield _contradiction("expected delimiter and escape to differ", ("input", "escape"), ("input", "delimiter"))
    if section.escape and section.escape == section.quote:
        message = 'expected quote and escape to differ; that two quotes stand for one needs no setting: escape = ""'
        yield _contradiction(message, ("input", "escape"), ("input", "quote"))
    if section.format in ("csv", "tsv") and not section.header and not section.columns:
        yield _contradiction(
            "expected the names of the columns, as there is no header",
            ("input", "columns"),
            ("input", "header"),
            ("input", "format"),
        )
    for name in _repeated(section.columns):
        yield _contradiction(f'expected each name once; "{name}" stands there again', ("input", "columns"))


def _mapping(config: Config) -> Iterator[Contradiction]:
    for name in _repeated(config.mapping.fields.values()):
        yield _contradiction(f'expected one field for each name; "{name}" has several', ("mapping", "fields"))
    stamp = config.mapping.timestamp
    if isinstance(stamp, int) and unclear(MICROSECONDS)(stamp):
        message = f"expected microseconds since 1970; {stamp} would be {moment(stamp, MICROSECONDS)}"
        yield _contradiction(message, ("mapping", "timestamp"))
    true_words = set(map(str.lower, config.mapping.true_words))
    for name in sorted(true_words.intersection(map(str.lower, config.mapping.false_words))):
        message = f'expected words that mean one thing; "{name}" would be true and false'
        yield _contradiction(message, ("mapping", "false_words"), ("mapping", "true_words"))


def _backoff(config: Config) -> Iterator[Contradiction]:
    if config.retry.max_backoff < config.retry.initial_backoff:
        yield _contradiction(
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
            yield _contradiction("expected targets that do not lead back to this one", key)


def fallbacks_of(name: str, config: Config) -> Sequence[str]:
    """The targets that `name` falls back to, directly or not, in their order."""
    reached: dict[str, None] = {}
    while name in config.targets and config.targets[name].fallback not in {*reached, ""}:
        name = config.targets[name].fallback
        reached[name] = None
    return list(reached)


def contradictions_of(target: TargetSettings) -> Iterator[Contradiction]:
    """Those between the keys of one target."""
    return _cassandra(target) if isinstance(target, CassandraTarget) else _http(target)


def _cassandra(target: CassandraTarget) -> Iterator[Contradiction]:
    files = [("bundle", target.bundle)]
    if target.tls is not None:
        files += [("tls", target.tls.ca), ("tls", target.tls.cert), ("tls", target.tls.key)]
    yield from _missing_files(target, files)
    if target.bundle and target.tls is not None:
        yield _contradiction("expected no tls beside a bundle, which brings its own", _key(target, "tls"))
    if target.url and bool(target.bundle) == bool(address_of(target.url).hosts):
        expected = "expected no host in the url beside a bundle" if target.bundle else "expected a host in the url"
        yield _contradiction(expected, _key(target, "url"))


def _missing_files(target: TargetSettings, files: Iterable[tuple[str, str]]) -> Iterator[Contradiction]:
    for name, path in files:
        if path and not Path(path).exists():
            refusal = Refusal(f"expected a file; there is none at {path}")
            yield Contradiction((_key(target, name),), refusal, is_missing_file=True)


def _http(target: HttpTarget) -> Iterator[Contradiction]:
    cert, key = _key(target, "cert"), _key(target, "key")
    if target.cert and not target.key:
        yield _contradiction("expected a private key too: cert and key go together", key, cert)
    if target.key and not target.cert:
        yield _contradiction("expected a certificate too: cert and key go together", cert, key)
    yield from _missing_files(target, (("ca", target.ca), ("cert", target.cert), ("key", target.key)))
    sent = target.auth.header or "Authorization"
    if target.auth != Auth() and sent.lower() in map(str.lower, target.headers):
        yield _contradiction(
            f"expected no {sent} header, as auth sends it", _key(target, "headers"), _key(target, "auth")
        )
    yield from _answers(target)
    if "{{rows}}" in target.wrapper and "{{row}}" in target.wrapper:
        yield _contradiction("expected only one of {{rows}} and {{row}}", _key(target, "wrapper"))


def _answers(target: HttpTarget) -> Iterator[Contradiction]:
    """Rules about where answers say what became of rows."""
    if target.items is not None and target.accept is not None:
        message = "expected only one of items, which looks into each entry, and accept, which looks at the whole answer"
        yield _contradiction(message, _key(target, "accept"), _key(target, "items"))
    if target.items is None and target.accept is None and is_bulk(target.url):
        message = (
            'expected items = "elasticsearch" in the [target.NAME] section of this URL: /_bulk answers 200 for rows '
            "that it refused, too (accept = {...} is for another API of that name)"
        )
        yield _contradiction(message, _key(target, "items"), _key(target, "url"))


def _key(target: TargetSettings, name: str) -> KeyPath:
    return ("target", target.name, name)


def _contradiction(message: str, *keys: KeyPath) -> Contradiction:
    return Contradiction(keys, Refusal(message))


def _repeated(names: Iterable[str]) -> Iterator[str]:
    seen: set[str] = set()
    repeated: dict[str, None] = {}
    for name in names:
        if name in seen:
            repeated[name] = None
        seen.add(name)
    return iter(repeated)
