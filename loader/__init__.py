"""Bulk loader: rows from files into a target, with the fate of every row accounted for.

For programs: `from loader import load, replay, check`.

The map of the parts; data goes one way, imports too (each part knows only those named above it):

    errors, exit_codes, error_types, registry, exact_json    shared values
    contents, rows, formats, outcomes, history    the same, of rows and what becomes of them
    texts        what texts of inputs mean: nulls, numbers
    clock, garbage_collection, keys, shortage, signals    what else all of them use
    events       facts of a load, told to observers
    durable      files that survive a crash: private, locked, checksummed
    config       TOML and flags -> typed, validated sections
    resilience   backoff, Retry-After gate, breaker, rate, error limits: values and small state machines
    sources      files and streams -> chunks -> rows
    choosing     which of the rows are meant
    dlq          dead letters: written, read back, replayed, inspected
    checkpoint   run folder, and the append-only record of what was settled
    mapping      fields -> names, types and templates; mapping.cql: rows -> CQL bytes
    targets      where rows go: http, cassandra, dry run
    preparation  chunks -> rows -> batches
    workers      the same in processes of their own, which send too; the parent decides
    report       totals, breakdown, progress, run log
    ledger       the law of rows: counts, row states, and their commit to disk
    engine       chunks -> admission -> PUMP -> target -> judge -> ledger
    run          a load from end to end: plan, resume, files, opening, report
    inference    rows -> a table and a config that load them, as a proposal
    local        a real Cassandra on loopback, for trying, rehearsing and testing
    rehearsal    a load into a scratch copy of its table on the local Cassandra, read back and compared
    sink, demo   a local target that can misbehave, and a scenario of ten seconds
    api          the same for programs: load, replay, check
    cli          commands: parse, call, exit code

The law: read = delivered + rejected + unknown; rows in the input = read + untouched.
"""

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from loader.api import Check, Report, Selection, Snapshot, StopToken, UsageError, check, load, replay

__all__ = ["Check", "Report", "Selection", "Snapshot", "StopToken", "UsageError", "check", "load", "replay"]


def __getattr__(name: str) -> Any:
    """Names of the library, imported when they are used: a command needs few of them."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from loader import api

    return getattr(api, name)
