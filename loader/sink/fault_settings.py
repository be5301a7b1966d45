"""Fault settings of the sink, each parsed from a short command-line text.

All `parse` methods raise `ValueError` with a sentence that says what was expected.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import Any, Literal, Self, cast, get_args

from loader.config.values import RefusedError, duration
from loader.sink.http1 import http_date

ItemsMode = Literal["none", "elasticsearch", "multi-status"]
Hangup = Literal["close", "refuse"]

_SECONDS = duration()
_STATUS = re.compile(r"[45][0-9][0-9]")
_WHOLE = re.compile(r"[0-9]{1,9}")


def parse_share(text: str) -> float:
    """A share from 0 to 1."""
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise ValueError(f'expected a share from 0 to 1 like "0.1", not {text!r}')
    return share


@dataclass(frozen=True, slots=True)
class StatusShare:
    """A share of requests, or of items, that is answered `status` (4xx or 5xx) and not stored."""

    status: int
    share: float

    @classmethod
    def parse(cls, text: str) -> Self:
        """`STATUS:SHARE`, as in "503:0.1"."""
        status, colon, share = text.partition(":")
        if not colon or _STATUS.fullmatch(status) is None:
            raise ValueError(f'expected a status of 4xx or 5xx and a share like "503:0.1", not {text!r}')
        return cls(int(status), parse_share(share))


@dataclass(frozen=True, slots=True)
class Slow:
    """A share of requests that are answered only after `seconds`; what they carry is stored at once."""

    share: float = 0.0
    seconds: float = 0.0

    @classmethod
    def parse(cls, text: str) -> Self:
        """`SHARE:DURATION`, as in "0.1:2s"."""
        share, colon, wait = text.partition(":")
        if not colon:
            raise ValueError(f'expected a share and a duration like "0.1:2s", not {text!r}')
        return cls(parse_share(share), _parse_seconds(wait))


@dataclass(frozen=True, slots=True)
class RetryAfter:
    """The wait that injected 429 and 503 answers ask for, as whole seconds or as an HTTP date."""

    seconds: int
    as_date: bool = False

    @classmethod
    def parse(cls, text: str) -> Self:
        """`SECONDS` or `date:SECONDS`, as in "2" and "date:2"."""
        as_date = text.startswith("date:")
        seconds = text.removeprefix("date:")
        if _WHOLE.fullmatch(seconds) is None:
            raise ValueError(f'expected whole seconds like "2" or "date:2", not {text!r}')
        return cls(int(seconds), as_date)

    def header(self, now: float) -> str:
        """The value of the header in an answer dated `now`, seconds since the epoch."""
        return http_date(int(now) + self.seconds) if self.as_date else str(self.seconds)


@dataclass(frozen=True, slots=True)
class Rule:
    """Matches rows of which `field` equals `text`, or contains it; values that are no texts count as their JSON."""

    field: str
    text: str
    contains: bool = False

    @classmethod
    def parse(cls, text: str) -> Self:
        """`FIELD=TEXT` or `FIELD~TEXT`, as in "status=bad" and "note~spam"; the first of the two signs counts."""
        match = re.fullmatch(r"([^=~]+)([=~])(.*)", text, re.DOTALL)
        if match is None:
            raise ValueError(f'expected a rule like "status=bad" or "note~spam", not {text!r}')
        return cls(match[1], match[3], match[2] == "~")

    def __str__(self) -> str:
        return f"{self.field}{'~' if self.contains else '='}{self.text}"

    def matches(self, row: Mapping[str, Any]) -> bool:
        if self.field not in row:
            return False
        value = row[self.field]
        found = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), ensure_ascii=False)
        return self.text in found if self.contains else self.text == found


@dataclass(frozen=True, slots=True)
class Outage:
    """From the request after the first `after` on nothing is stored, for `seconds` and at most `requests` requests.

    Time runs from the arrival of the first request it hits. `answer` is a status; or "close": the connection is closed
    without an answer; or "refuse": that too, and new connections are refused until the time is over.
    """

    after: int = 0
    seconds: float = inf
    requests: float = inf
    answer: int | Hangup = 503

    def __post_init__(self) -> None:
        if self.answer == "refuse" and (self.seconds == inf or self.requests != inf):
            raise ValueError('an outage that refuses connections takes "for", and no "requests": it sees none')

    @classmethod
    def parse(cls, text: str) -> Self:
        """`after=N,for=DURATION,requests=N,answer=STATUS|close|refuse`; each may be left out.

        As in "after=200,for=5s", "after=100,requests=20,answer=close", "for=3s,answer=refuse".
        """
        parts = dict(part.partition("=")[::2] for part in text.split(","))
        if not text or parts.keys() - {"after", "for", "requests", "answer"}:
            raise ValueError(f'expected an outage like "after=200,for=5s,answer=503", not {text!r}')
        return cls(
            _parse_whole(parts.get("after", "0")),
            _parse_seconds(parts["for"]) if "for" in parts else inf,
            _parse_whole(parts["requests"]) if "requests" in parts else inf,
            _parse_answer(parts.get("answer", "503")),
        )


@dataclass(frozen=True, slots=True)
class FaultSettings:
    """All misbehaviour of a sink. The shares of what happens to a request as a whole add up to at most 1.

    `statuses`: shares answered so, nothing stored; `reset_before`, `reset_after`: shares of which the connection is
    reset before or after the rows were stored, without an answer; `reject_batches`: share answered 400, nothing stored,
    if they carry several rows. `slow` comes on top of any of them. A row that matches `refuse` is refused (422; a
    request of several rows as a whole, 400), one that matches `fail_forever` gets 503, the whole request with it. Where
    `items` is not "none" the answer speaks of each row: only the rows that match get these statuses, the others are
    stored, and `item_statuses` are shares of rows answered so.
    """

    seed: int = 0
    statuses: tuple[StatusShare, ...] = ()
    retry_after: RetryAfter | None = None
    slow: Slow = Slow()
    reset_before: float = 0.0
    reset_after: float = 0.0
    reject_batches: float = 0.0
    refuse: tuple[Rule, ...] = ()
    fail_forever: tuple[Rule, ...] = ()
    items: ItemsMode = "none"
    item_statuses: tuple[StatusShare, ...] = ()
    outages: tuple[Outage, ...] = ()

    def __post_init__(self) -> None:
        """Raises `ValueError` for shares that add up to more than 1, and for shares of items without item answers."""
        alone = self.reset_before + self.reset_after + self.reject_batches
        if alone + _total(self.statuses) > 1 + 1e-9 or _total(self.item_statuses) > 1 + 1e-9:
            raise ValueError("shares of requests, or of items, add up to more than 1")
        if self.items not in get_args(ItemsMode):
            raise ValueError(f"expected an items mode of {', '.join(get_args(ItemsMode))}, not {self.items!r}")
        if self.item_statuses and self.items == "none":
            raise ValueError('shares of items need an items mode: "elasticsearch" or "multi-status"')


def _total(shares: tuple[StatusShare, ...]) -> float:
    return sum(share.share for share in shares)


def _parse_seconds(text: str) -> float:
    try:
        return _SECONDS.parse(text)
    except RefusedError as error:
        raise ValueError(f"{error}, not {text!r}") from error


def _parse_whole(text: str) -> int:
    if _WHOLE.fullmatch(text) is None:
        raise ValueError(f"expected a whole number, not {text!r}")
    return int(text)


def _parse_answer(text: str) -> int | Hangup:
    if text in get_args(Hangup):
        return cast(Hangup, text)
    if _STATUS.fullmatch(text) is None:
        raise ValueError(f'expected a status of 4xx or 5xx, "close" or "refuse", not {text!r}')
    return int(text)
