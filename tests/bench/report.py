"""What was measured, as Markdown and as JSON."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.bench.comparisons import Bar, Comparison
from tests.bench.measuring import Figure, figures, ratios
from tests.bench.process import Usage
from tests.bench.sides import Side


@dataclass(frozen=True)
class Outcome:
    """One comparison measured: figures by side, ratios of ours to the other, and whether each bar is met."""

    name: str
    title: str
    note: str
    pairs: int
    sides: dict[str, dict[str, Figure]]
    ratios: dict[str, Figure]
    bars: dict[str, tuple[float, bool]]
    or_else: str

    @property
    def met(self) -> bool:
        return all(met for _, met in self.bars.values())


def outcome(comparison: Comparison, sides: Sequence[Side], runs: dict[str, list[Usage]]) -> Outcome:
    """What the runs of a comparison say."""
    of_side = {side.label: figures(runs[side.label], side.rows) for side in sides}
    ours, theirs = sides[0], sides[-1]
    compared = ratios(runs[ours.label], runs[theirs.label], ours.rows, theirs.rows) if ours is not theirs else {}
    bars = {str(bar): _held(bar, of_side[ours.label], compared) for bar in comparison.bars}
    pairs = len(runs[ours.label])
    return Outcome(
        comparison.name, comparison.title, comparison.note, pairs, of_side, compared, bars, comparison.or_else
    )


def _held(bar: Bar, ours: dict[str, Figure], compared: dict[str, Figure]) -> tuple[float, bool]:
    value = (ours if bar.absolute else compared)[bar.metric].median
    return value, bar.is_met(value)


def suffices(one: Outcome, outcomes: Sequence[Outcome]) -> bool:
    """Whether its bars are met, or those of the comparison that stands for it, if that is among `outcomes`."""
    return one.met or any(each.met for each in outcomes if each.name == one.or_else)


def write(outcomes: Sequence[Outcome], folder: Path) -> Path:
    """`bench.md` and `bench.json` in `folder`; returns the first."""
    folder.mkdir(parents=True, exist_ok=True)
    machine = {"cores": os.cpu_count(), "system": platform.platform(), "python": platform.python_version()}
    data = {"machine": machine, "comparisons": [asdict(each) for each in outcomes]}
    (folder / "bench.json").write_text(json.dumps(data, indent=1) + "\n")
    path = folder / "bench.md"
    path.write_text("\n".join(_markdown(outcomes, f"{os.cpu_count()} cores, {platform.platform()}")) + "\n")
    return path


def _markdown(outcomes: Sequence[Outcome], machine: str) -> list[str]:
    lines = [f"Medians with ranges, of whole processes; {machine}.", ""]
    lines += ["| comparison | side | rows/s | CPU us/row | wall s | peak MB |", "|---|---|---|---|---|---|"]
    for each in outcomes:
        for label, shown in each.sides.items():
            cells = (_figure(shown[name]) for name in ("rows/s", "CPU us/row", "wall s", "peak MB"))
            lines.append(f"| {each.name} ({each.pairs}) | {label} | {' | '.join(cells)} |")
    lines += ["", "| comparison | what | bar | reached | |", "|---|---|---|---|---|"]
    for each in outcomes:
        for bar, (value, met) in each.bars.items():
            title = f"{each.title} ({each.note})" if each.note else each.title
            verdict = _verdict(each, met, outcomes)
            lines.append(f"| {each.name} | {title} | {bar} | {value:.3g} | {verdict} |")
    return lines


def _verdict(one: Outcome, met: bool, outcomes: Sequence[Outcome]) -> str:
    if met:
        return "met"
    return f"met by {one.or_else}" if suffices(one, outcomes) else "NOT MET"


def _figure(figure: Figure) -> str:
    return f"{_short(figure.median)} ({_short(figure.low)}-{_short(figure.high)})"


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
