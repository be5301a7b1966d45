"""What goes out and what comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Request:
    """One request. `path` is path and query; header values hold what http.client sends as Latin-1."""

    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """One complete HTTP answer; header names are in lower case, the body is decoded."""

    status: int
    headers: Mapping[str, str]
    body: bytes
