"""Loading of a config from file and flags; raises all problems at once."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from loader.config.declaration import keys
from loader.config.loading.checks import contradictions
from loader.config.loading.targets import build_target, target_secrets, url_secrets, whole_url_secrets
from loader.config.problems import Problems
from loader.config.secrets import Secrets
from loader.config.sections import SECTIONS, Config
from loader.config.target_kind import TargetSection, TargetSettings
from loader.config.target_kinds import TargetKinds
from loader.config.toml.document import Document, read_document, too_deep
from loader.config.toml.expansion import Expansion
from loader.config.toml.key_lines import KeyPath
from loader.config.values import Refusal, RefusedError, nearest
from loader.durable.files import is_text

_PROXY_VARIABLES = ("http_proxy", "https_proxy", "all_proxy")


def load(
    path: Path | None,
    flags: Mapping[str, object],
    kinds: TargetKinds[Any],
    environ: Mapping[str, str] = os.environ,
) -> Config:
    """The config of a run: the file at `path` with `flags` over it, and targets of `kinds`.

    `path` must exist; None means ./loader.toml if it is there, else defaults. `flags` holds the flags that were given:
    dotted key and value, checked like those of the file; nothing in them is expanded. Raises `ConfigError` with all
    problems at once.
    """
    return load_document(read_document(path), flags, kinds, environ)


def load_document(
    document: Document, flags: Mapping[str, object], kinds: TargetKinds[Any], environ: Mapping[str, str] = os.environ
) -> Config:
    """The same of a document that was read. Raises `ConfigError` with all problems at once."""
    given = {tuple(key.split(".")): value for key, value in flags.items()}
    try:
        return _Reading(document, given, kinds, environ).config()
    except RecursionError:
        raise too_deep(document.file) from None


class _Reading:
    """One config on its way from TOML to sections."""

    def __init__(
        self,
        document: Document,
        flags: Mapping[KeyPath, object],
        kinds: TargetKinds[Any],
        environ: Mapping[str, str],
    ) -> None:
        self._kinds = kinds
        self._of_no_kind: set[KeyPath] = set()  # targets whose URL has a scheme that there is not
        self._table = document.table
        self._flags = flags
        names = {path: _flag_name(path) for path in flags}
        self._folder = Path(document.file).parent
        self._problems = Problems(document.file, document.lines, names)
        self._missing = Problems(document.file, document.lines, names)  # matters where its target is used
        self._expansion = Expansion(environ, self._folder, self._problems, self._missing)
        # Errors about a proxy may tell its URL, wherever it was set.
        proxies = [url for name, url in environ.items() if name.lower() in _PROXY_VARIABLES]
        self._secrets = Secrets.union(map(url_secrets, proxies))

    def config(self) -> Config:
        for name in {**self._table, **{path[0]: None for path in self._flags}}:
            self._check_section(name)
        targets = {name: self._target(name) for name in self._target_names()}
        sections = {name: section(**self._section((name,), section)) for name, section in SECTIONS.items()}
        config = Config(**sections, targets=targets)
        self._check_whole(config)
        mirrors = [url for begin, others in config.input.mirrors.items() for url in (begin, *others)]
        secrets = Secrets.union((self._secrets, Secrets.of(self._expansion.secrets), *map(url_secrets, mirrors)))
        self._problems.raise_if_any(secrets)
        incomplete = {name: self._missing.within(("target", name), secrets) for name in targets}
        return replace(config, secrets=secrets, incomplete={name: found for name, found in incomplete.items() if found})

    def _check_section(self, name: str) -> None:
        is_table = isinstance(self._table.get(name, {}), Mapping)
        if name in SECTIONS or name == "target":
            if not is_table:
                self._problems.add((name,), Refusal(f"expected a section: [{_header(name)}]"))
            return
        homes = [f"{section}.{name}" for section, declared in SECTIONS.items() if name in keys(declared)]
        close = homes[0] if homes and not is_table else nearest(name, [*SECTIONS, "target"])
        names = ", ".join(f"[{_header(valid)}]" for valid in [*SECTIONS, "target"])
        message = "unknown section" if is_table else "unknown key; keys stand in sections"
        self._problems.add((name,), Refusal(message if close else f"{message}; expected one of {names}", close))

    def _target_names(self) -> Iterable[str]:
        names: dict[str, None] = {path[1]: None for path in self._flags if path[0] == "target" and len(path) == 3}
        for name, table in self._members(("target",)).items():
            if not name:
                self._problems.add(("target", name), Refusal("expected a name that is not empty"))
            if not isinstance(table, Mapping):
                self._problems.add(("target", name), Refusal("expected a section; targets have names: [target.NAME]"))
            else:
                names[name] = None
        return names

    def _target(self, name: str) -> TargetSettings:
        """The target of that name; where problems leave it none, its URL is "" for what else is checked."""
        path = ("target", name)
        kind = self._kind(path)
        given = self._section(path, kind.section)
        if "url" not in given and not self._is_wrong((*path, "url")):
            self._problems.add(path, Refusal(f'expected a url, like url = "{self._kinds.first.forms[0]}"'))
        url = given.setdefault("url", "")
        try:
            target: TargetSettings = build_target(kind, name, given)
        except RefusedError as refused:
            self._note(path, refused)
            target = build_target(kind, name, {**given, "url": ""})
        target = kind.files_in(self._folder, target)
        hidden = whole_url_secrets(target.url) if url in self._expansion.secrets else Secrets()
        self._secrets = Secrets.union((self._secrets, hidden, url_secrets(url), target_secrets(kind, target)))
        return target

    def _kind(self, path: KeyPath) -> TargetSection[Any]:
        """The kind of the target at `path` by its URL; of a scheme that no kind has, which is noted, the first."""
        url = (*path, "url")
        try:
            kind: TargetSection[Any] = self._kinds.of_url(
                self._expansion.peek(self._members(path).get("url"), url, secret=True)
            )
        except RefusedError as refused:
            self._note(url, refused)
            self._of_no_kind.add(path)
            kind = self._kinds.first
        return kind

    def _section(self, path: KeyPath, section: type) -> dict[str, Any]:
        """The keys of a section that are set and right, parsed; the others are noted as problems."""
        declared = keys(section)
        values: dict[str, Any] = {}
        for name, value in self._members(path).items():
            key = (*path, name)
            if name not in declared:
                self._refuse_unknown(key, declared)
                continue
            text = value if key in self._flags else self._expansion.expand(value, key, secret=declared[name].secret)
            if self._is_wrong(key):
                continue
            if not _is_text(text):
                self._problems.add(key, Refusal("expected UTF-8; what is no text can stand in no report and no letter"))
                continue
            try:
                values[name] = declared[name].kind.parse(text)
            except RefusedError as refused:
                self._note(key, refused)
        return values

    def _refuse_unknown(self, key: KeyPath, declared: Iterable[str]) -> None:
        """Of a target whose URL is not known, keys of any kind of target are none of its problems."""
        is_open = key[0] == "target" and (self._missing.touch((*key[:-1], "url")) or key[:-1] in self._of_no_kind)
        if not (is_open and self._kinds.has_key(key[-1])):
            self._problems.add(key, _unknown(key[-1], declared))

    def _is_wrong(self, key: KeyPath) -> bool:
        return self._problems.touch(key) or self._missing.touch(key)

    def _check_whole(self, config: Config) -> None:
        # A key that could not be read has its default here; what that contradicts is no news.
        found = [c for c in contradictions(config, self._kinds) if not any(map(self._is_wrong, c.keys))]
        for contradiction in found:
            given = [key for key in contradiction.keys if key[-1] in self._members(key[:-1])]
            problems = self._missing if contradiction.is_missing_file else self._problems
            problems.add((given or contradiction.keys)[0], contradiction.refusal)

    def _members(self, path: KeyPath) -> dict[str, Any]:
        """What the file says in the table at `path`, with the flags over it."""
        table: Any = self._table
        for name in path:
            table = table.get(name, {}) if isinstance(table, Mapping) else {}
        flags = {flag[-1]: value for flag, value in self._flags.items() if flag[:-1] == path}
        return {**(table if isinstance(table, Mapping) else {}), **flags}

    def _note(self, path: KeyPath, refused: RefusedError) -> None:
        for refusal in refused.refusals:
            self._problems.add(path, refusal)


def _flag_name(path: KeyPath) -> str:
    declared = keys(SECTIONS[path[0]]) if path[0] in SECTIONS else {}
    return (declared[path[-1]].flag if path[-1] in declared else "") or ".".join(path)


def _header(section: str) -> str:
    return "target.NAME" if section == "target" else section


def _unknown(name: str, valid: Iterable[str]) -> Refusal:
    close = nearest(name, valid)
    return Refusal("unknown key" if close else f"unknown key; expected one of {', '.join(valid)}", close)


def _is_text(value: object) -> bool:
    """Whether a value, or what a list holds, is no text that the system had no characters for."""
    return all(map(_is_text, value)) if isinstance(value, list) else not isinstance(value, str) or is_text(value)
