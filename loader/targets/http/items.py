"""Answers that speak of each row: the list, and status and error of one entry."""

from __future__ import annotations

from typing import Any

import msgspec

from loader.config.sections import Items
from loader.outcomes import Cause, Ending
from loader.targets.http.classify import Answer, Classifier

_MISSING = object()
_SHOWN = 300


class ItemReader:
    """Reads the fate of each row from an answer by the paths of `items`."""

    def __init__(self, items: Items, classifier: Classifier) -> None:
        self._lists = [_steps(path) for path in items.lists]
        self._status = _steps(items.status)
        self._error = _steps(items.error)
        self._classifier = classifier

    def causes(self, answer: Answer, count: int) -> dict[int, Cause] | None:
        """Why rows were not accepted, by index; None if the answer does not speak of exactly `count` rows."""
        entries = self._entries(answer.body)
        if entries is None or len(entries) != count:
            return None
        causes: dict[int, Cause] = {}
        for i, entry in enumerate(entries):
            status, error = _at(entry, self._status), _at(entry, self._error)
            if not isinstance(status, int) and (status is not _MISSING or error is _MISSING):
                return None
            failed = error not in (_MISSING, None, "", False)
            # An entry without a status is judged by its error alone.
            code = status if isinstance(status, int) else 400 if failed else 200
            if (cause := self._classifier.row_cause(code, *_reason(error))) is not None:
                causes[i] = cause
        return causes

    def _entries(self, body: bytes) -> list[Any] | None:
        try:
            document = msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        found = (_at(document, path) for path in self._lists)
        return next((entries for entries in found if isinstance(entries, list)), None)


def mismatch(answer: Answer, count: int) -> Cause:
    """An answer that cannot be matched to the rows sent: each of them may have been stored or not."""
    message = f"HTTP {answer.status}, but the answer does not speak of exactly {count} rows"
    hint = "check target.items against what the API answers"
    return Cause("items_mismatch", message, Ending.AMBIGUOUS, retryable=True, status=answer.status, hint=hint)


def _steps(path: str) -> tuple[str, ...]:
    return tuple(path.split(".")) if path else ()


def _at(value: Any, steps: tuple[str, ...]) -> Any:
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
    if error in (_MISSING, None):
        return "", None
    if not isinstance(error, dict):
        return str(error)[:_SHOWN], None
    code = error.get("type") or error.get("code")
    text = error.get("reason") or error.get("message") or error.get("detail")
    shown = text if isinstance(text, str) else msgspec.json.encode(error).decode()
    return shown[:_SHOWN], None if code is None else str(code)[:100]
