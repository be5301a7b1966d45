"""What the benchmark says a process used is what that process used."""

from __future__ import annotations

import sys

import pytest

from tests.bench.process import FailedError, measure

_MIB = 2**20
HOLDS = "import sys; held = b'x' * (int(sys.argv[1]) * 2**20)"
HAS_A_CHILD = (
    f"import subprocess, sys; subprocess.run([sys.executable, '-S', '-c', {HOLDS!r}, sys.argv[1]], check=True)"
)


def _peak(tmp_path, program: str, *arguments: object) -> int:
    argv = [sys.executable, "-S", "-c", program, *map(str, arguments)]
    return measure(argv, tmp_path / "out", {}).peak


def test_a_small_process_is_small_while_the_benchmark_holds_much(tmp_path):
    """Linux lets the peak of a child start with what its parent holds, even with posix_spawn."""
    held = b"x" * (300 * _MIB)
    assert _peak(tmp_path, "pass") < 40 * _MIB
    assert len(held) == 300 * _MIB


def test_the_peak_is_what_the_process_held_and_gave_back(tmp_path):
    assert 100 * _MIB < _peak(tmp_path, f"{HOLDS}; del held", 100) < 140 * _MIB


def test_the_peak_of_a_tree_is_that_of_its_largest_process(tmp_path):
    """Neither that of the first process alone nor the sum of all."""
    assert 100 * _MIB < _peak(tmp_path, HAS_A_CHILD, 100) < 140 * _MIB
    both = f"{HOLDS}; {HAS_A_CHILD}"
    assert 100 * _MIB < _peak(tmp_path, both, 100) < 140 * _MIB


def test_cpu_counts_children(tmp_path):
    burn = "import time\nwhile time.process_time() < 0.2: pass"
    program = f"import subprocess, sys; subprocess.run([sys.executable, '-S', '-c', {burn!r}], check=True)"
    used = measure([sys.executable, "-S", "-c", program], tmp_path / "out", {})
    assert used.cpu >= 0.2
    assert used.wall >= 0.2


def test_the_environment_is_passed_on(tmp_path):
    program = "import os; print(os.environ['OF_THE_SIDE'])"
    measure([sys.executable, "-c", program], tmp_path / "out", {"OF_THE_SIDE": "here"})
    assert (tmp_path / "out").read_text() == "here\n"


def test_an_exit_code_that_is_not_expected_is_told_with_what_the_process_said(tmp_path):
    argv = [sys.executable, "-c", "import sys; sys.exit('it went wrong')"]
    measure(argv, tmp_path / "out", {}, codes=(1,))
    with pytest.raises(FailedError, match=r"ended with 1:\nit went wrong"):
        measure(argv, tmp_path / "out", {})
