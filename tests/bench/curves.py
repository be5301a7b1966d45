"""Curves of loader alone: the cost of a row by the number of rows, and by workers and requests in flight.

Start-up is what a push of one row takes under the same settings; without it the cost of a row should be flat.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from statistics import median

from tests.bench import rows as files
from tests.bench.comparisons import ONE_ROW, Bench
from tests.bench.measuring import run
from tests.bench.process import Usage

SCALE = (10**4, 10**5, 10**6, 10**7)
WORKERS = (1, 2, 3, 4)
IN_FLIGHT = (1, 2, 4, 8, 16, 32, 64)
GRID_ROWS = 10**5
RUNS = 3


def scale(bench: Bench) -> Iterator[str]:
    """10^4 to 10^7 rows over HTTP at the default setting."""
    start_up = _used(bench, 1, "")
    yield f"Medians of {RUNS} runs. Start-up (a push of one row): {start_up.wall:.3f} s, {start_up.cpu:.3f} s of CPU."
    yield ""
    yield _line("rows", "rows/s", "wall us/row", "less start-up", "CPU us/row", "less start-up", "peak MB")
    yield _line(*["---"] * 7)
    for count in map(bench.rows, SCALE):
        used = _used(bench, count, "")
        seconds = (used.wall, used.wall - start_up.wall, used.cpu, used.cpu - start_up.cpu)
        costs = (f"{each / count * 1e6:.2f}" for each in seconds)
        yield _line(f"{count:,}", f"{count / used.wall:,.0f}", *costs, f"{used.peak / 1e6:.1f}")


def grid(bench: Bench) -> Iterator[str]:
    """Workers by requests in flight, fixed, one row a request; and for each number of workers the adaptive limit."""
    count = bench.rows(GRID_ROWS)
    yield f"{count:,} rows, one a request, single runs. By requests in flight: wall us/row / CPU us/row, both less"
    yield f"start-up (a push of one row with as many workers, median of {RUNS})."
    yield ""
    yield _line("workers", "start-up: wall s / CPU s", *map(str, IN_FLIGHT), "adaptive")
    yield _line(*["---"] * (len(IN_FLIGHT) + 3))
    for workers in WORKERS:
        settings = f"{ONE_ROW}[concurrency]\nworkers = {workers}\n"
        start_up = _used(bench, 1, settings)
        limits = [f'max_in_flight = {number}\nmode = "fixed"\n' if number >= workers else None for number in IN_FLIGHT]
        cells = (_cell(bench, count, settings, limit, start_up) for limit in (*limits, ""))
        yield _line(str(workers), f"{start_up.wall:.2f} / {start_up.cpu:.2f}", *cells)


def _cell(bench: Bench, count: int, settings: str, limit: str | None, start_up: Usage) -> str:
    """Empty where there is no limit to measure: fewer requests than workers."""
    if limit is None:
        return ""
    used = _used(bench, count, settings + limit, runs=1)
    return " / ".join(f"{each / count * 1e6:.1f}" for each in (used.wall - start_up.wall, used.cpu - start_up.cpu))


def _used(bench: Bench, count: int, settings: str, runs: int = RUNS) -> Usage:
    """The medians of what some runs took."""
    side = bench.http("curve", files.jsonl(count), count, settings)
    used = [run(side, bench.folder) for _ in range(runs)]
    return Usage(
        median(each.wall for each in used), median(each.cpu for each in used), round(median(each.peak for each in used))
    )


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


CURVES: dict[str, Callable[[Bench], Iterator[str]]] = {"scale": scale, "grid": grid}
