"""The typed sections of a config: parsed and validated once, then passed on as values.

Durations are seconds as floats, sizes bytes as ints. 0 means "no limit" or "off" where the field's comment says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Input:
    format: Literal["auto", "jsonl", "csv", "tsv"] = "auto"
    header: bool = True
    columns: tuple[str, ...] = ()
    delimiter: str = ","  # one ASCII character; TSV files have a tab unless it is set
    quote: str = '"'  # one ASCII character, or "" for none
    null_words: tuple[str, ...] = ()
    max_row_bytes: int = 16 * 2**20


@dataclass(frozen=True, slots=True)
class FieldMapping:
    fields: Mapping[str, str] = field(default_factory=dict)  # field of the row -> name at the target
    null: Literal["unset", "null"] = "unset"
    extra: Literal["error", "ignore"] = "error"
    types: Mapping[str, str] = field(
        default_factory=dict
    )  # field -> type; for HTTP: string, integer, number, boolean, json
    timestamp: str | int = "run"
    ttl: str | int = 0


@dataclass(frozen=True, slots=True)
class Items:
    """Where the answer to a bulk request speaks of each row. Paths are dotted; `*` is the only member of an object.

    `lists` are tried in order; "" is the answer itself. `error` may name an object or a text.
    """

    lists: tuple[str, ...]
    status: str
    error: str


@dataclass(frozen=True, slots=True)
class Auth:
    """One of: basic (user and password), bearer (token), header (name and value). Never printed."""

    kind: Literal["none", "basic", "bearer", "header"] = "none"
    user: str = ""
    secret: str = field(default="", repr=False)
    header: str = ""


@dataclass(frozen=True, slots=True)
class HttpTarget:
    name: str  # the section's name, or "" for a bare URL
    url: str = field(repr=False)  # may hold {{field}} templates in path and query
    repeatable: bool = True
    fallback: str = ""  # the name of another target, "" for none
    method: Literal["POST", "PUT", "PATCH"] = "POST"
    body: Literal["array", "ndjson", "row"] = "array"
    wrapper: str = ""  # holds {{rows}} (around the whole body) or {{row}} (around each row)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    idempotency_header: str = "Idempotency-Key"  # "" turns it off
    auth: Auth = Auth()
    gzip: bool = False
    ca: str = ""
    cert: str = ""
    key: str = ""
    verify: bool = True
    proxy: str = field(default="", repr=False)  # "" takes it from the environment, "none" goes direct
    items: Items | None = None


@dataclass(frozen=True, slots=True)
class Batching:
    size: int = 1000
    max_bytes: int = 2**20
    max_wait: float = 1.0
    mode: Literal["replica_set", "partition", "none"] = "replica_set"  # Cassandra
    partitions: int = 10  # Cassandra


@dataclass(frozen=True, slots=True)
class Concurrency:
    max_in_flight: int = 100
    max_held: int = 64 * 2**20
    workers: int | Literal["auto"] = "auto"
    mode: Literal["adaptive", "fixed"] = "adaptive"


@dataclass(frozen=True, slots=True)
class Retry:
    max_retries: int = 5
    initial_backoff: float = 1.0
    factor: float = 2.0
    max_backoff: float = 60.0
    jitter: Literal["full", "none"] = "full"
    statuses: tuple[int, ...] = (408, 425, 429, 500, 502, 503, 504)


@dataclass(frozen=True, slots=True)
class Throttle:
    max_wait: float = 300.0


@dataclass(frozen=True, slots=True)
class BreakerSettings:
    threshold: int = 10  # 0 = off
    timeout: float = 300.0
    probes: int = 3
    give_up_after: float = 900.0


@dataclass(frozen=True, slots=True)
class Timeouts:
    connect: float = 10.0
    read: float = 30.0
    write: float = 30.0  # one whole attempt
    row: float = 0.0  # 0 = none
    run: float = 0.0  # 0 = none


@dataclass(frozen=True, slots=True)
class Errors:
    fail_on_first_error: bool = False
    max_errors: int = 0  # 0 = no limit
    max_error_ratio: float = 0.5
    min_rows: int = 1000
    alert_ratio: float = 0.1
    samples: int = 10


@dataclass(frozen=True, slots=True)
class Dlq:
    path: str = ""  # "" puts it into the run's folder


@dataclass(frozen=True, slots=True)
class CheckpointSettings:
    dir: str = ".loader/runs"
    every: float = 1.0


@dataclass(frozen=True, slots=True)
class Rate:
    rows: int = 0  # a second; 0 = no limit
    bytes: int = 0  # a second; 0 = no limit


@dataclass(frozen=True, slots=True)
class Config:
    """A whole valid config. `targets` are the `[target.NAME]` sections by name."""

    input: Input = Input()
    mapping: FieldMapping = FieldMapping()
    targets: Mapping[str, HttpTarget] = field(default_factory=dict)
    batch: Batching = Batching()
    concurrency: Concurrency = Concurrency()
    retry: Retry = Retry()
    throttle: Throttle = Throttle()
    breaker: BreakerSettings = BreakerSettings()
    timeouts: Timeouts = Timeouts()
    errors: Errors = Errors()
    dlq: Dlq = Dlq()
    checkpoint: CheckpointSettings = CheckpointSettings()
    rate: Rate = Rate()
