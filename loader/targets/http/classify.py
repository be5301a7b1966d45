"""Classification of complete HTTP answers: accepted, refused, retryable, or a fault of the target."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from loader.error_types import ErrorType
from loader.outcomes import Cause, Ending, Fault
from loader.resilience.retry_after import limit_reset, retry_after
from loader.targets.http.error_types import REDIRECTED, STATUSES, status_name
from loader.targets.http.request import Response

_PACE = frozenset((403, 429))  # what APIs answer where a rate limit is used up
_LIMITS = ("x-ratelimit", "ratelimit", "x-rate-limit")  # what headers about rate limits begin with
_DOUBTFUL = frozenset((500, 502, 504))  # the server, or one before it, may have done its part
_CERTAIN = frozenset((401, 407))
_SUSPECTED = frozenset((403, 404, 405, 501))
_SHOWN = 500  # characters of an answer's body that stand in an error


@dataclass(frozen=True, slots=True)
class Classifier:
    """Classes answers by status. `repeatable`: whether rows that may have arrived may be sent again."""

    retry_statuses: frozenset[int]
    repeatable: bool

    def cause(self, answer: Response, wall: float) -> Cause | None:
        """Why the request was not accepted; None for 2xx. `wall` is the time in seconds since the epoch."""
        status = answer.status
        if 200 <= status < 300:
            return None
        wait = _wait(answer, wall)
        paced = wait is not None and status == HTTPStatus.FORBIDDEN
        again = paced or status in self.retry_statuses
        return Cause(
            status_name(status),
            _message(answer),
            self._ending(status),
            retryable=again,
            fault=Fault.NONE if again else _fault(status),
            status=status,
            # A wait of 0, or until a time that is over, asks for nothing.
            retry_after=(wait or None) if again else None,
            throttled=paced or (again and (status == HTTPStatus.TOO_MANY_REQUESTS or bool(wait))),
            too_large=status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            hint=_hint(HTTPStatus.TOO_MANY_REQUESTS if paced else status),
        )

    def row_cause(self, status: int, message: str, code: str | None, answer: Response, wall: float) -> Cause | None:
        """Why one row of a bulk request was not accepted; None for 2xx. It never speaks of the target.

        A row that is refused for pace waits as long as the whole `answer` asks for.
        """
        if 200 <= status < 300:
            return None
        throttled = status == HTTPStatus.TOO_MANY_REQUESTS and status in self.retry_statuses
        return Cause(
            status_name(status),
            f"HTTP {status}: {message}" if message else f"HTTP {status}",
            self._ending(status),
            retryable=status in self.retry_statuses,
            status=status,
            code=code,
            retry_after=(_wait(answer, wall) or None) if throttled else None,
            throttled=throttled,
            hint=_hint(status),
        )

    def _ending(self, status: int) -> Ending:
        """Any complete answer is a refusal, but for what may not be repeated some leave a doubt."""
        return Ending.AMBIGUOUS if not self.repeatable and status in _DOUBTFUL else Ending.REFUSED


def misfit(error_type: ErrorType, answer: Response, what: str, hint: str, fault: Fault = Fault.NONE) -> Cause:
    """A complete 2xx answer that does not say what became of the rows: each of them may have been stored or not."""
    shown = _start(answer)
    message = f"HTTP {answer.status}, but {what}" + (f": {shown}" if shown else "; it is empty")
    return Cause(
        error_type.name, message, Ending.AMBIGUOUS, retryable=True, fault=fault, status=answer.status, hint=hint
    )


def shortened(text: str) -> str:
    """The start of what an answer says, on one line."""
    return " ".join(text[: 4 * _SHOWN].split())[:_SHOWN]


def _start(answer: Response) -> str:
    return shortened(answer.body[: 4 * _SHOWN].decode("utf-8", "replace"))


def _wait(answer: Response, wall: float) -> float | None:
    """The seconds that an answer asks to wait, None if it speaks of no wait at all.

    An empty rate limit, as GitHub tells it, asks to wait until it is filled again: 0 where it does not say when.
    """
    headers, date = answer.headers, answer.headers.get("date")
    wait = retry_after(headers.get("retry-after"), date, wall)
    empty = [name for name in _LIMITS if headers.get(f"{name}-remaining", "").strip() == "0"]
    if wait is None and answer.status in _PACE and empty:
        wait = limit_reset(headers.get(f"{empty[0]}-reset"), date, wall) or 0.0
    return wait


def _fault(status: int) -> Fault:
    if status in _CERTAIN:
        return Fault.CERTAIN
    return Fault.SUSPECTED if status in _SUSPECTED or 300 <= status < 400 else Fault.NONE


def _hint(status: int) -> str | None:
    if REDIRECTED.covers(status_name(status)):
        return REDIRECTED.what_to_do
    return STATUSES[status].what_to_do if status in STATUSES else None


def _message(answer: Response) -> str:
    try:
        phrase = f" {HTTPStatus(answer.status).phrase}"
    except ValueError:
        phrase = ""
    shown = _start(answer)
    where = f" to {answer.headers['location'][:_SHOWN]}" if "location" in answer.headers else ""
    return f"HTTP {answer.status}{phrase}{where}" + (f": {shown}" if shown else "")
