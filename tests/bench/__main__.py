"""`python -m tests.bench [NAME...]`: the named comparisons and curves, else all comparisons."""

from __future__ import annotations

import argparse
import contextlib
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from tests.bench.comparisons import COMPARISONS, Bench, Comparison
from tests.bench.curves import CURVES
from tests.bench.measuring import in_turns
from tests.bench.process import FailedError
from tests.bench.report import Outcome, outcome, suffices, write


def main() -> int:
    """Measure, write the report, and say whether all bars are met."""
    asked = _arguments()
    known = {each.name: each for each in COMPARISONS}
    names = asked.names or list(known)
    if unknown := set(names) - set(known) - set(CURVES):
        _tell(f"no such comparison: {', '.join(sorted(unknown))}; there are {', '.join((*known, *CURVES))}")
        return 2
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="loader-bench-")))
        bench = Bench(folder, stack, asked.scale)
        for name in filter(CURVES.__contains__, names):
            _draw(CURVES[name](bench), asked.out / f"{name}.md")
        wanted = [known[name] for name in names if name in known]
        outcomes = [done for each in wanted if (done := _tried(each, bench, asked.pairs)) is not None]
    if outcomes:
        print(write(outcomes, asked.out).read_text())
    met = all(suffices(each, outcomes) for each in outcomes)
    return 0 if met and len(outcomes) == len(wanted) else 1


def _draw(lines: Iterable[str], path: Path) -> None:
    """Each line as soon as it is measured: what came before a failure is kept."""
    with path.open("w") as file:
        for line in lines:
            _tell(line)
            print(line, file=file, flush=True)


def _tried(comparison: Comparison, bench: Bench, pairs: int) -> Outcome | None:
    """None where a side failed, which is told and does not lose what the others took an hour to measure."""
    try:
        return _measured(comparison, bench, pairs)
    except (FailedError, AssertionError, RuntimeError, subprocess.CalledProcessError, OSError) as error:
        _tell(f"{comparison.name} FAILED: {error}")
        return None


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--pairs", type=int, default=5, help="runs of each side, at most")
    parser.add_argument("--scale", type=float, default=1.0, help="a share of the rows, for trying")
    parser.add_argument("--out", type=Path, default=Path("bench-results"), help="where the report goes")
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    return asked


def _measured(comparison: Comparison, bench: Bench, pairs: int) -> Outcome:
    _tell(f"{comparison.name}: {comparison.title}")
    pairs = min(pairs, comparison.pairs or pairs)
    sides = comparison.sides(bench)
    return outcome(comparison, sides, in_turns(sides, pairs, bench.folder, _tell))


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
