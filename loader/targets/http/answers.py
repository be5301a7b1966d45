"""What the answer to a request says of its rows: by its status alone, by what it says as a whole, or row by row."""

from __future__ import annotations

from typing import Any, Protocol

from loader.outcomes import ACCEPTED, Cause, Ending, Fault, Result
from loader.targets.http.classify import Classifier, misfit, shortened
from loader.targets.http.error_types import ACCEPT_MISMATCH, ITEMS_MISSING, REFUSED_IN_ANSWER
from loader.targets.http.items import ItemReader
from loader.targets.http.json_paths import MISSING, as_text, at, document, steps
from loader.targets.http.request import Response
from loader.targets.http.settings.accept import Accept, Scalar
from loader.targets.http.settings.http_target import HttpTarget

_MULTI_STATUS = 207
_NO_ITEMS = (
    'say where the answer speaks of each row: items = "multi-status" in the section of the target, or a table of '
    "paths; the rows that were sent may have arrived"
)
_VALUE = 60  # characters of the value that decided
_ACCEPT = "check target.accept against what the API answers; the rows that were sent may have arrived"


class AnswerReader(Protocol):
    """Reads the fate of rows from an answer. Pure; thread-safe. Where all were accepted it gives `ACCEPTED` itself."""

    def read(self, answer: Response, count: int, wall: float) -> Result:
        """What `answer` says of the `count` rows that were sent; `wall` is in seconds since the epoch."""


def reader_of(settings: HttpTarget, classifier: Classifier) -> AnswerReader:
    """What the settings of a target ask to look into."""
    if settings.items is not None:
        return ItemReader(settings.items, classifier)
    if settings.accept is not None:
        return AcceptReader(settings.accept, classifier)
    return StatusReader(classifier)


class StatusReader:
    """The status speaks for all rows: 2xx is accepted, but for 207 (RFC 4918, 13), which says to look inside."""

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier

    def read(self, answer: Response, count: int, wall: float) -> Result:  # noqa: ARG002 - it speaks for any number
        cause = self._classifier.cause(answer, wall)
        if cause is None and answer.status == _MULTI_STATUS:
            what = "Multi-Status means that each row has a status of its own in the answer, and target.items is not set"
            cause = misfit(ITEMS_MISSING, answer, what, _NO_ITEMS, Fault.CERTAIN)
        return ACCEPTED if cause is None else Result(cause)


class AcceptReader:
    """A 2xx answer must also say what `accept` asks for; one that says otherwise refuses the request as a whole."""

    def __init__(self, accept: Accept, classifier: Classifier) -> None:
        self._accept = accept
        self._path = steps(accept.path)
        self._absent = steps(accept.absent)
        self._classifier = classifier

    def read(self, answer: Response, count: int, wall: float) -> Result:  # noqa: ARG002 - it speaks for any number
        cause = self._classifier.cause(answer, wall)
        if cause is None:
            cause = self._objection(answer)
        return ACCEPTED if cause is None else Result(cause)

    def _objection(self, answer: Response) -> Cause | None:
        """Why a 2xx answer is no success, None if it is."""
        said = document(answer.body)
        if not isinstance(said, dict):
            return _unlike(answer, "the answer is no JSON object, and target.accept is set")
        error = at(said, self._absent) if self._absent else MISSING
        if error is not MISSING and error:
            return _refused(answer, f"{self._accept.absent} is there", error)
        if not self._path:
            return None
        found = at(said, self._path)
        if found is MISSING:
            return _unlike(answer, f'target.accept finds no "{self._accept.path}" in the answer')
        if any(_is_same(found, expected) for expected in self._accept.equals):
            return None
        return _refused(answer, f"{self._accept.path} is {as_text(found)[:_VALUE]}", said)


def _unlike(answer: Response, what: str) -> Cause:
    return misfit(ACCEPT_MISMATCH, answer, what, _ACCEPT, Fault.AT_START)


def _refused(answer: Response, why: str, said: Any) -> Cause:
    message = f"HTTP {answer.status}, but {why}: {shortened(as_text(said))}"
    return Cause(
        REFUSED_IN_ANSWER.name, message, Ending.REFUSED, status=answer.status, hint=REFUSED_IN_ANSWER.what_to_do
    )


def _is_same(found: Any, expected: Scalar) -> bool:
    """Equal as JSON: true is not 1, and 1.0 is."""
    return isinstance(found, bool) is isinstance(expected, bool) and found == expected
