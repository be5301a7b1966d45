"""Moves rows from files into a target, quickly, and can always say what became of every row.

The map of the parts; data goes one way, imports too (each part knows only those named above it):

    rows, outcomes, errors, clock, collector, keys, shortage, files, signals, epochs    shared by all, nothing else
    events       what is worth telling while a load runs
    config       TOML and flags -> typed, validated sections
    resilience   backoff, Retry-After gate, breaker, rate, error limits: values and small state machines
    sources      files and streams -> chunks -> rows
    dlq          dead letters: written, read back, replayed, looked into
    checkpoint   the run folder and its append-only record of what was settled
    mapping      fields -> names, types and templates; mapping.cql: rows -> CQL bytes
    targets      where rows go: http, dry run
    workers      several processes that parse, map, cut and send; the parent decides
    report       totals, breakdown, progress, run log
    engine       chunks -> intake -> PUMP -> target -> judge -> ledger (the law of rows) -> journal, report
    local        a real Cassandra on loopback, for trying, rehearsing and testing
    rehearsal    a load into a scratch copy of its table on the local Cassandra, read back and compared
    sink, demo   a local target that can misbehave, and the whole story in ten seconds
    cli          commands: parse, call, exit code

The law: read = delivered + rejected + unknown; rows in the input = read + untouched.
"""

__version__ = "0.1.0"
