"""Curves of loader alone: cost by the number of rows, and speed by workers and requests in flight."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tests.bench import rows as files
from tests.bench.comparisons import ONE_ROW, Bench
from tests.bench.measuring import run

SCALE = (10**4, 10**5, 10**6, 10**7)
WORKERS = (1, 2, 3, 4)
IN_FLIGHT = (1, 2, 4, 8, 16, 32, 64)
GRID_ROWS = 10**5


def scale(bench: Bench, tell: Callable[[str], None]) -> Sequence[str]:
    """10^4 to 10^7 rows over HTTP at the default setting: the cost of a row must be flat."""
    lines = ["| rows | rows/s | CPU us/row | peak MB |", "|---|---|---|---|"]
    for count in map(bench.rows, SCALE):
        used = run(bench.http(f"scale {count}", files.jsonl(count), count, ""), bench.folder)
        cells = (f"{count:,}", f"{count / used.wall:,.0f}", f"{used.cpu / count * 1e6:.2f}", f"{used.peak / 1e6:.1f}")
        lines.append(f"| {' | '.join(cells)} |")
        tell(lines[-1])
    return lines


def grid(bench: Bench, tell: Callable[[str], None]) -> Sequence[str]:
    """Workers by requests in flight, fixed, one row a request; and for each number of workers the adaptive limit."""
    lines = [f"| workers | {' | '.join(map(str, IN_FLIGHT))} | adaptive |", "|---" * (len(IN_FLIGHT) + 2) + "|"]
    count = bench.rows(GRID_ROWS)
    for workers in WORKERS:
        settings = [f'max_in_flight = {number}\nmode = "fixed"' for number in IN_FLIGHT if number >= workers] + [""]
        speeds = [_speed(bench, count, workers, each) for each in settings]
        blank = [""] * (len(IN_FLIGHT) + 1 - len(speeds))
        lines.append(f"| {workers} | {' | '.join(blank + [f'{speed:,.0f}' for speed in speeds])} |")
        tell(lines[-1])
    return lines


def _speed(bench: Bench, count: int, workers: int, concurrency: str) -> float:
    settings = f"{ONE_ROW}[concurrency]\nworkers = {workers}\n{concurrency}\n"
    return count / run(bench.http("grid", files.jsonl(count), count, settings), bench.folder).wall


CURVES = {"scale": scale, "grid": grid}
