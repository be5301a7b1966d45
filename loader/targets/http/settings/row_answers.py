"""Settings of answers row by row: where a bulk answer holds the status and error of each row."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from loader.config.values import Kind, Refusal, RefusedError, nearest, toml


@dataclass(frozen=True, slots=True)
class Items:
    """Where the answer to a bulk request speaks of each row. Paths are dotted; `*` is the only member of an object.

    `lists` are tried in order; "" is the answer itself. `status` and `error` are looked up in one entry of the list.
    At `status` stands a status of HTTP, true or false; None says that entries have none, and that one is accepted
    unless it has an error. `error` may name an object or a text.
    """

    lists: tuple[str, ...]
    status: str | None
    error: str


ELASTICSEARCH = Items(lists=("items",), status="*.status", error="*.error")
MULTI_STATUS = Items(lists=("", "items", "results", "responses"), status="status", error="error")
PRESETS = {"elasticsearch": ELASTICSEARCH, "multi-status": MULTI_STATUS}

_PATH = re.compile(r"(?:[^.]+(?:\.[^.]+)*)?")
_MEMBERS = ("list", "status", "error")
_REQUIRED = ("list", "error")
_EXPECTED = (
    '"elasticsearch", "multi-status", {list = "path", status = "path", error = "path"} (status may be left out), '
    'or "" for none'
)


def is_path(value: object) -> bool:
    """Whether `value` is a dotted path into JSON; "" is the whole."""
    return isinstance(value, str) and _PATH.fullmatch(value) is not None


def parse_items(value: object) -> Items | None:
    """A preset by name, a table of paths, or "" for none. Raises `RefusedError`."""
    if value == "":
        return None
    if isinstance(value, str) and value in PRESETS:
        return PRESETS[value]
    if not isinstance(value, Mapping):
        raise RefusedError(Refusal(f"expected {_EXPECTED}", nearest(value, PRESETS) if isinstance(value, str) else ""))
    refusals = [Refusal("unknown key", nearest(name, _MEMBERS), (name,)) for name in value if name not in _MEMBERS]
    refusals += [Refusal(f'"{name}" is missing; expected {_EXPECTED}') for name in _REQUIRED if name not in value]
    lists = value.get("list")
    lists = tuple(lists) if isinstance(lists, list | tuple) else (lists,)
    paths = [("list", path) for path in lists or (None,)] + [(name, value.get(name)) for name in ("status", "error")]
    refusals += [
        Refusal('expected a dotted path like "*.status"', at=(name,))
        for name, path in paths
        if name in value and not is_path(path)
    ]
    if refusals:
        raise RefusedError(*refusals)
    return Items(lists, value.get("status"), value["error"])


def _write(items: Items | None) -> str:
    if items is None:
        return toml("")
    presets = {preset: name for name, preset in PRESETS.items()}
    status = {} if items.status is None else {"status": items.status}
    return toml(presets.get(items, {"list": items.lists, **status, "error": items.error}))


ITEMS = Kind(_EXPECTED, parse_items, _write)
