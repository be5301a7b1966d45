"""Answers that speak of each row: the list, and status and error of one entry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from loader.config.sections import Items
from loader.outcomes import Cause, Ending, Result
from loader.targets.http.classify import Classifier
from loader.targets.http.request import Answer

_MISSING = object()
_SHOWN = 300  # characters of an entry's error that stand in a cause
_REFUSED = 400  # stands for the status of an entry that has none, but an error
_as_key = msgspec.json.Encoder(enc_hook=repr).encode  # of what was decoded from JSON, and _MISSING
_HINT = "check target.items against what the API answers"


class _Bulk(msgspec.Struct):
    """How Elasticsearch says that all went well, without a look at each entry."""

    errors: bool
    items: list[msgspec.Raw]


class ItemReader:
    """Reads the fate of each row from an answer by the paths of `items`. Pure; thread-safe."""

    def __init__(self, items: Items, classifier: Classifier) -> None:
        self._lists = [_steps(path) for path in items.lists]
        self._status = _steps(items.status)
        self._error = _steps(items.error)
        self._classifier = classifier
        self._has_summary = ("items",) in self._lists and self._status[:1] == ("*",)
        self._decode_bulk = msgspec.json.Decoder(_Bulk).decode

    def read(self, answer: Answer, count: int, wall: float) -> Result:
        """What an answer to `count` rows says of each.

        A list of exactly `count` entries decides, whatever the status. Without one a 2xx cannot be matched to the rows,
        and any other status speaks for the whole request, as it does where an entry has no status of its own.
        """
        cause = self._classifier.cause(answer, wall)
        if cause is None and self._has_summary and self._all_accepted(answer.body, count):
            return Result()
        entries = self._entries(answer.body)
        if entries is None or len(entries) != count:
            return Result(cause or _mismatch(answer, f"does not speak of exactly {count:,} rows"))
        if cause is not None and not all(isinstance(_at(entry, self._status), int) for entry in entries):
            return Result(cause)
        return Result(rows=self._failures(entries, answer, wall))

    def _all_accepted(self, body: bytes, count: int) -> bool:
        try:
            bulk = self._decode_bulk(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return False
        return not bulk.errors and len(bulk.items) == count

    def _entries(self, body: bytes) -> Sequence[Any] | None:
        try:
            document = msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        found = (_at(document, path) for path in self._lists)
        return next((entries for entries in found if isinstance(entries, list)), None)

    def _failures(self, entries: Sequence[Any], answer: Answer, wall: float) -> dict[int, Cause]:
        """Why rows were not accepted, by index. Rows of which the same is said share their cause."""
        failures, told = dict[int, Cause](), dict[bytes, Cause | None]()
        for i, entry in enumerate(entries):
            status = _at(entry, self._status)
            if type(status) is int and 200 <= status < 300:
                continue
            said = (status, _at(entry, self._error), isinstance(entry, dict))
            key = _as_key(said)
            if key not in told:
                told[key] = self._cause(*said, answer, wall)
            cause = told[key]
            if cause is not None:
                failures[i] = cause
        return failures

    def _cause(self, status: Any, error: Any, is_object: bool, answer: Answer, wall: float) -> Cause | None:
        """Why a row was not accepted. An entry without a status is judged by its error alone."""
        failed = error is not _MISSING and bool(error)
        if status is _MISSING or status is None:
            if status is _MISSING and not is_object:
                return _mismatch(answer, "has an entry that is no object")
            status = _REFUSED if failed else 200
        if not isinstance(status, int) or isinstance(status, bool):
            return _mismatch(answer, "has an entry whose status is no number")
        message, code = _reason(error) if failed else ("", None)
        return self._classifier.row_cause(status, message, code, answer, wall)


def _mismatch(answer: Answer, what: str) -> Cause:
    """An answer that cannot be matched to its rows: each of them may have been stored or not."""
    message = f"HTTP {answer.status}, but the answer {what}"
    return Cause("items_mismatch", message, Ending.AMBIGUOUS, retryable=True, status=answer.status, hint=_HINT)


def _steps(path: str) -> tuple[str, ...]:
    return tuple(path.split(".")) if path else ()


def _at(value: Any, steps: Sequence[str]) -> Any:
    """What stands at a path, `*` being the only member of an object; _MISSING where nothing does."""
    for step in steps:
        if not isinstance(value, dict):
            return _MISSING
        if step == "*":
            value = next(iter(value.values())) if len(value) == 1 else _MISSING
        else:
            value = value.get(step, _MISSING)
    return value


def _reason(error: Any) -> tuple[str, str | None]:
    """The text of an error, and its code where it has one."""
    if isinstance(error, str):
        return error[:_SHOWN], None
    shown = error
    code = None
    if isinstance(error, Mapping):
        code = error.get("type") or error.get("code")
        shown = error.get("reason") or error.get("message") or error.get("detail") or error
    text = shown if isinstance(shown, str) else msgspec.json.encode(shown).decode()
    return text[:_SHOWN], None if code is None else str(code)[:_SHOWN]
