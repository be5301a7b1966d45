"""Answers row by row: the list, and status and error of one entry."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from loader.outcomes import ACCEPTED, Cause, Ending, Fault, Result
from loader.targets.http.classify import Classifier, misfit
from loader.targets.http.error_types import ITEMS_MISMATCH, REFUSED_IN_ANSWER
from loader.targets.http.json_paths import MISSING, as_text, at, document, steps
from loader.targets.http.request import Response
from loader.targets.http.settings.row_answers import Items

_SHOWN = 500  # characters of an entry's error that stand in a cause
_SUMMED_UP = (("*", "status"), ("*", "error"))  # where entries of Elasticsearch's kind have status and error
_OTHER_STATUS = re.compile(rb'"status"(?!\s*:\s*2\d\d\s*[,}])')
_as_key = msgspec.json.Encoder(enc_hook=repr).encode  # of what was decoded from JSON, and MISSING
_HINT = "check target.items against what the API answers; the rows that were sent may have arrived"
_NO_STATUS_HINT = (
    "name the field with the status of HTTP as target.items.status, or leave status out: then an entry without an "
    "error is accepted (target.accept looks at what whole answers say); the rows that were sent may have arrived"
)
_CONTRADICTION_HINT = (
    "look whether target.items.error names a field that is filled for accepted rows only where something is wrong; "
    "else ask those who run the API what such an answer means; the rows that were sent may have arrived"
)


class _Bulk(msgspec.Struct):
    """How Elasticsearch says that all went well, without a look at each entry."""

    errors: bool
    items: list[msgspec.Raw]


class ItemReader:
    """Reads the fate of each row from an answer by the paths of `items`. Pure; thread-safe."""

    def __init__(self, items: Items, classifier: Classifier) -> None:
        self._items = items
        self._lists = [steps(path) for path in items.lists]
        self._status = None if items.status is None else steps(items.status)
        self._error = steps(items.error)
        self._classifier = classifier
        self._has_summary = ("items",) in self._lists and (self._status, self._error) == _SUMMED_UP
        self._decode_bulk = msgspec.json.Decoder(_Bulk).decode

    def read(self, answer: Response, count: int, wall: float) -> Result:
        """What an answer to `count` rows says of each.

        A list of exactly `count` entries decides, whatever the status. Without one a 2xx cannot be matched to the rows,
        and any other status speaks for the whole request, as it does where an entry has no status of its own.
        """
        cause = self._classifier.cause(answer, wall)
        if cause is None and self._has_summary and self._all_accepted(answer.body, count):
            return ACCEPTED
        entries = self._entries(answer.body)
        if entries is None:
            return Result(cause or _unlike(answer, self._no_list(answer)))
        if len(entries) != count:
            what = f"the answer has entries for {len(entries):,} rows, not for the {count:,} that were sent"
            return Result(cause or _unlike(answer, what))
        if cause is not None and not all(self._has_status(entry) for entry in entries):
            return Result(cause)
        failures = self._failures(entries, answer, wall)
        if len(failures) == count and all(each.error_type == ITEMS_MISMATCH.name for each in failures.values()):
            return Result(msgspec.structs.replace(failures[0], fault=Fault.AT_START))
        return Result(rows=failures) if failures else ACCEPTED

    def _all_accepted(self, body: bytes, count: int) -> bool:
        """Whether the sum says so, and nothing in the answer speaks against it: then no entry is looked at."""
        if b'"error"' in body or _OTHER_STATUS.search(body):
            return False
        try:
            bulk = self._decode_bulk(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return False
        return not bulk.errors and len(bulk.items) == count

    def _entries(self, body: bytes) -> Sequence[Any] | None:
        said = document(body)
        found = (at(said, path) for path in self._lists)
        return next((entries for entries in found if isinstance(entries, list)), None)

    def _no_list(self, answer: Response) -> str:
        if document(answer.body) is MISSING:
            return "the answer is no JSON, and target.items is set"
        places = " or ".join(f'at "{path}"' if path else "as a whole" for path in self._items.lists)
        return f"target.items finds no list in the answer {places}"

    def _has_status(self, entry: Any) -> bool:
        status = MISSING if self._status is None else at(entry, self._status)
        return isinstance(status, bool) or _is_status(status)

    def _failures(self, entries: Sequence[Any], answer: Response, wall: float) -> dict[int, Cause]:
        """Why rows were not accepted, by index. Rows of which the same is said share their cause."""
        failures, told = dict[int, Cause](), dict[bytes, Cause | None]()
        for i, entry in enumerate(entries):
            status = MISSING if self._status is None else at(entry, self._status)
            error = at(entry, self._error)
            if _is_accepted(status) and not self._contradicts(error):
                continue
            # What has neither an error nor a status of HTTP is told by the whole entry.
            key = _as_key((status, error if _is_error(error) or _is_status(status) else entry))
            if key not in told:
                told[key] = self._cause(status, error, entry, answer, wall)
            cause = told[key]
            if cause is not None:
                failures[i] = cause
        return failures

    def _cause(self, status: Any, error: Any, entry: Any, answer: Response, wall: float) -> Cause | None:
        """Why a row was not accepted; None if it was. An entry without a status is judged by its error alone."""
        failed = _is_error(error)
        if status is MISSING or status is None:
            if not failed and (problem := self._says_nothing(entry)):
                return _unlike_entry(answer, problem, entry)
            return _refused(answer, error, entry) if failed else None
        if not isinstance(status, bool) and not _is_status(status):
            return self._no_status(answer, status, entry)
        if status is True or 200 <= status < 300:
            return self._contradiction(answer, entry) if self._contradicts(error) else None
        if status is False:
            return _refused(answer, error, entry)
        message, code = _reason(error) if failed else ("", None)
        return self._classifier.row_cause(int(status), message, code, answer, wall)

    def _contradicts(self, error: Any) -> bool:
        """Whether an accepted row has an error all the same; a whole entry as its own error says nothing of that."""
        return bool(self._error) and _is_error(error)

    def _contradiction(self, answer: Response, entry: Any) -> Cause:
        what = f'says at "{self._items.status}" that its row was accepted, and has an error at "{self._items.error}"'
        return _unlike_entry(answer, what, entry, _CONTRADICTION_HINT)

    def _no_status(self, answer: Response, status: Any, entry: Any) -> Cause:
        where = f'has at "{self._items.status}"'
        if not isinstance(status, int | float):
            return _unlike_entry(answer, f"{where} no number and neither true nor false", entry)
        what = f"{where} the number {status}, which is no status of HTTP (100 to 599)"
        return _unlike_entry(answer, what, entry, _NO_STATUS_HINT)

    def _says_nothing(self, entry: Any) -> str:
        """Why an entry without status and error is no word of success, "" if it is one."""
        if self._status is not None:
            return f'has neither a status at "{self._items.status}" nor an error at "{self._items.error}"'
        return "" if isinstance(entry, dict) or not self._error else "is no object"


def _is_accepted(status: Any) -> bool:
    return type(status) is int and 200 <= status < 300


def _is_status(status: Any) -> bool:
    """Whether it is a status of HTTP (RFC 9110, 15), as JSON may write it: 200.0 is 200."""
    if isinstance(status, bool) or not isinstance(status, int | float):
        return False
    return 100 <= status < 600 and status == int(status)


def _is_error(error: Any) -> bool:
    return error is not MISSING and bool(error)


def _unlike(answer: Response, what: str) -> Cause:
    """An answer that cannot be matched to its rows."""
    return misfit(ITEMS_MISMATCH, answer, what, _HINT, Fault.AT_START)


def _unlike_entry(answer: Response, what: str, entry: Any, hint: str = _HINT) -> Cause:
    """One entry that does not say what became of its row; it does not speak of the target."""
    body = msgspec.json.encode(entry)
    return misfit(ITEMS_MISMATCH, msgspec.structs.replace(answer, body=body), f"an entry of the answer {what}", hint)


def _refused(answer: Response, error: Any, entry: Any) -> Cause:
    """An entry that says no without a status of HTTP."""
    message, code = _reason(error if _is_error(error) else entry)
    shown = f"HTTP {answer.status}, refused in the answer: {message}"
    return Cause(
        REFUSED_IN_ANSWER.name,
        shown,
        Ending.REFUSED,
        status=answer.status,
        code=code,
        hint=REFUSED_IN_ANSWER.what_to_do,
    )


def _reason(error: Any) -> tuple[str, str | None]:
    """The text of an error, and its code where it has one."""
    shown, code = error, None
    if isinstance(error, Mapping):
        code = error.get("type") or error.get("code")
        shown = error.get("reason") or error.get("message") or error.get("detail") or error
    return as_text(shown)[:_SHOWN], None if code is None else str(code)[:_SHOWN]
