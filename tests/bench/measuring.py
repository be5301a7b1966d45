"""Two sides in turns: what a machine does besides meets both alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.bench.process import Usage, measure
from tests.bench.sides import Side

METRICS: dict[str, Callable[[Usage, int], float]] = {
    "rows/s": lambda used, rows: rows / used.wall,
    "wall s": lambda used, rows: used.wall,
    "CPU us/row": lambda used, rows: used.cpu / rows * 1e6,
    "peak MB": lambda used, rows: used.peak / 1e6,
}


@dataclass(frozen=True)
class Figure:
    """The median of one figure over all runs of a side, and its range."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Figure:
        return cls(median(values), min(values), max(values))


def run(side: Side, folder: Path) -> Usage:
    """One whole run, its target made ready before and looked at afterwards."""
    side.prepare()
    used = measure(side.argv, folder / f"{side.label.replace(' ', '-')}.out", side.env, side.codes)
    side.check()
    return used


def in_turns(sides: Sequence[Side], pairs: int, folder: Path, tell: Callable[[str], None]) -> dict[str, list[Usage]]:
    """`pairs` runs of each side, one after the other; the one that begins changes from round to round."""
    runs: dict[str, list[Usage]] = {side.label: [] for side in sides}
    for number in range(pairs):
        for side in sides if number % 2 == 0 else reversed(sides):
            used = run(side, folder)
            runs[side.label].append(used)
            tell(
                f"  {side.label}: {side.rows / used.wall:,.0f} rows/s, {used.cpu / side.rows * 1e6:.2f} us/row, "
                f"{used.peak / 1e6:.1f} MB"
            )
    return runs


def figures(runs: Sequence[Usage], rows: int) -> dict[str, Figure]:
    """All figures of one side."""
    return {name: Figure.of([of(used, rows) for used in runs]) for name, of in METRICS.items()}


def ratios(ours: Sequence[Usage], theirs: Sequence[Usage], ours_rows: int, theirs_rows: int) -> dict[str, Figure]:
    """Each figure of ours divided by theirs, pair by pair."""
    pairs = list(zip(ours, theirs, strict=True))
    return {
        name: Figure.of([of(one, ours_rows) / of(other, theirs_rows) for one, other in pairs])
        for name, of in METRICS.items()
    }
