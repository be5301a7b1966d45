"""Snapshots and the final report of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from loader import __version__
from loader.clock import Clock
from loader.engine.coordinator import End
from loader.engine.lanes.lane import Lane
from loader.engine.pump import Pump
from loader.engine.stop import Stop
from loader.exit_codes import ExitCode, gravest
from loader.ledger.ledger import Ledger, Totals
from loader.outcomes import Skip
from loader.report.counters import EventCounters
from loader.report.final import Report, ReportedSample, Unread
from loader.report.snapshot import Snapshot, TargetState
from loader.resilience.aggregation import ErrorTotals, Sample
from loader.rows import Source
from loader.run.plan import Plan
from loader.run.run_files import RunFiles
from loader.targets.base import Target
from loader.targets.preview import preview_of


def snapshot(sources: Sequence[Source], ledger: Ledger, pump: Pump, clock: Clock, elapsed: float) -> Snapshot:
    """The state of the run of these inputs now."""
    sizes = [source.size for source in sources]
    known = [size for size in sizes if size is not None]
    index, position = ledger.place
    totals, pending = ledger.totals, ledger.states.pending
    read = sum(size for size in sizes[:index] if size is not None) + position
    # Of what was read only the settled share counts as done: a large chunk is read long before it is sent.
    done = read * (ledger.taken - pending) // ledger.taken if ledger.taken else 0
    done_here = read * ledger.settled_here // ledger.taken if ledger.taken else 0
    retrying = sum(len(pending) for lane in pump.lanes for pending in lane.queue if pending.history.attempts)
    return Snapshot(
        elapsed,
        done,
        sum(known) if len(known) == len(sizes) else None,
        totals.delivered,
        totals.rejected,
        totals.unknown,
        retrying,
        len(pump.flights),
        tuple(_target_state(lane, clock) for lane in pump.lanes),
        pending,
        pump.state.held,
        done - done_here,
        _skipped(totals),
        totals.mended,
    )


def _skipped(totals: Totals) -> int:
    """Rows and letters that are left out; what comes after the limit is not looked at."""
    return totals.skipped.total() - totals.skipped[Skip.LIMIT]


def _target_state(lane: Lane, clock: Clock) -> TargetState:
    now = clock.now()
    probe_in = None if lane.breaker.next_probe_at is None else max(0.0, lane.breaker.next_probe_at - now)
    return TargetState(
        lane.name,
        lane.breaker.state.value,
        probe_in,
        None if probe_in is None else clock.wall() + probe_in,
        max(0.0, lane.gate.closed_until - now),
        lane.in_flight,
        lane.limit.limit,
    )


def final_report(
    plan: Plan,
    run_id: str,
    files: RunFiles,
    ledger: Ledger,
    counters: EventCounters,
    end: End,
    targets: Sequence[Target],
    *,
    elapsed: float,
) -> Report:
    """How the load into `targets` ended."""
    totals, errors, worst = ledger.totals, ledger.errors, ledger.shares.worst
    report = Report(
        run_id=run_id,
        status="complete" if end.stop is None else end.stop.status,
        read=totals.read,
        delivered=0 if plan.dry_run else totals.delivered,
        rejected=totals.rejected,
        unknown=totals.unknown,
        untouched=None,
        handed_back_in_doubt=end.in_doubt,
        elapsed_seconds=round(elapsed, 3),
        rows_per_second=round((totals.read - ledger.before.read) / elapsed, 1) if elapsed else 0.0,
        by_type=errors.by_type(),
        samples={kind: _by_place(samples) for kind, samples in errors.samples().items()},
        dlq=str(files.dlq) if files.dlq is not None and (totals.errors or totals.mended) else None,
        exit_code=_exit_code(ledger, end.stop),
        by_column=errors.by_column(),
        by_status=_by_status(errors),
        by_target={} if plan.dry_run else dict(totals.by_target),
        unreadable=totals.unreadable,
        mended=totals.mended,
        skipped=_skipped(totals),
        skipped_because={why: count for why, count in totals.skipped.items() if why != Skip.LIMIT},
        inputs=tuple(plan.input_names),
        target=plan.target_url,
        worst_minute=None if worst is None else round(worst, 4),
        dry_run=plan.dry_run,
        would_deliver=totals.delivered if plan.dry_run else None,
        version=__version__,
    )
    report = _with_untouched(report, plan, ledger, end.rest)
    report = replace(report, unread=tuple(_unread(plan, ledger)))
    report = _with_repetition(report, ledger, targets)
    report = _with_events(report, counters, plan.config.secrets.mask)
    return report if end.stop is None else _with_reason(report, end.stop, plan.config.secrets.mask)


def _exit_code(ledger: Ledger, stop: Stop | None) -> int:
    codes = [ExitCode.DEAD_LETTERS if ledger.totals.errors else ExitCode.OK]
    return int(gravest(codes if stop is None else [*codes, stop.exit_code]))


def _by_place(samples: Iterable[Sample]) -> tuple[ReportedSample, ...]:
    """Samples by source and line: answers come in another order each time."""
    ordered = sorted(samples, key=lambda sample: (sample.source, sample.line))
    return tuple(ReportedSample(each.source, each.line, each.error) for each in ordered)


def _by_status(errors: ErrorTotals) -> dict[str, int]:
    """Failed rows by status; those without one are left out."""
    counts: Counter[str] = Counter()
    for (_, status), rows in errors.by_status().items():
        if status is not None:
            counts[str(status)] += rows
    return dict(counts)


def _with_untouched(report: Report, plan: Plan, ledger: Ledger, rest: int | None) -> Report:
    """Rows of the input, less those settled: a resume that stops early has not read again all that was settled."""
    if any(source.stream for source in plan.inputs.sources):
        return report
    if rest is None:
        return replace(report, untouched_about=_about_untouched(plan, ledger))
    return replace(report, untouched=rest + ledger.handed_back)


def _unread(plan: Plan, ledger: Ledger) -> Iterator[Unread]:
    """What this part left of inputs that were out of reach."""
    for left in ledger.left_here:
        source = plan.inputs.sources[left.source]
        yield Unread(plan.input_names[left.source], left.offset, None if source.stream else source.size)


def _about_untouched(plan: Plan, ledger: Ledger) -> int | None:
    """How many rows are untouched, by the size of what was not read; None where nothing was."""
    index, position = ledger.place
    sizes = [source.size or 0 for source in plan.inputs.sources]
    read = sum(sizes[:index]) + position - sum(sizes[each.source] - each.offset for each in ledger.left_here)
    # Where earlier parts left inputs, these come last, and the place tells nothing of the others.
    if read <= 0 or not ledger.taken or len(ledger.left) > len(ledger.left_here):
        return None
    meant, limit = ledger.taken - ledger.totals.skipped.total(), plan.config.input.limit
    about = ledger.handed_back + (sum(sizes) - read) * meant // read
    return min(about, limit - ledger.totals.read) if limit else about


def _with_repetition(report: Report, ledger: Ledger, targets: Sequence[Target]) -> Report:
    """What was sent again, and where that may not be."""
    totals = ledger.totals
    means = {target.name: preview_of(target).repetition for target in targets}
    not_repeatable = [each.name for each in targets if not each.repeatable] if totals.unknown else []
    return replace(
        report,
        not_repeatable=tuple(dict.fromkeys(not_repeatable)),
        sent_again_in_doubt=totals.sent_again.total(),
        sent_again_means=tuple(dict.fromkeys(means[name] for name in totals.sent_again if name in means)),
    )


def _with_events(report: Report, counters: EventCounters, mask: Callable[[str], str]) -> Report:
    """What happened on the way."""
    return replace(
        report,
        retries=counters.retries,
        splits=counters.splits,
        partial_answers=counters.partial_answers,
        breaker_openings=counters.breaker_openings,
        throttled_seconds=round(counters.throttled_seconds, 3),
        failed_over=counters.failed_over,
        warnings=tuple(map(mask, counters.warnings)),
    )


def _with_reason(report: Report, stop: Stop, mask: Callable[[str], str]) -> Report:
    """Why it ended early, and what to do next."""
    until = stop.parked_until
    return replace(
        report,
        reason=mask(stop.message),
        hint=stop.hint,
        parked_until=None if until is None else datetime.fromtimestamp(until, UTC).isoformat(timespec="seconds"),
    )
