"""Limits of the system that leave no thread, process or descriptor: a sentence, an exit code, and the report."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory

import pytest

from loader.sink import Slow
from tests.cli.conftest import rows
from tests.command import Loader, law

MANY = '[batch]\nsize = 1\n[concurrency]\nmax_in_flight = 64\nmode = "fixed"\n'
AS_NOBODY = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--inh-caps=+dac_read_search"]
AS_NOBODY += ["--ambient-caps=+dac_read_search"]
NOT_ROOT = pytest.mark.skipif(
    os.getuid() != 0 or which("setpriv") is None, reason="root has no limit of processes, and only root can be another"
)


def descriptors(count: int):
    """What lowers the limit of descriptors in a process that is about to start."""
    return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (count, count))


@pytest.mark.parametrize("length", [1, 20_000], ids=["libcurl", "urllib3"])
def test_a_load_without_a_descriptor_left_stops_with_the_reason_and_its_report(loader, sink, length):
    target = sink(slow=Slow.parse("1:0.2s"))
    loader.configure(MANY)
    loader.write("a.jsonl", rows(100).replace("row", "r" * length))
    arguments = ("push", "a.jsonl", "--to", target.url, "--report-json", "report.json")
    with loader.start(*arguments, preexec_fn=descriptors(26)) as process:
        _, said = process.communicate(timeout=60)
    assert process.returncode == 3, said
    assert b"stopped because: no file descriptor is left (ulimit -n is 26)" in said
    assert b"at fault" not in said
    done = loader("push", "a.jsonl", "--to", target.url, "--resume")
    assert (done.code, done.report["delivered"]) == (0, 100)
    law(done.report)


@pytest.mark.parametrize("count", range(9, 16))
def test_wherever_no_descriptor_is_left_the_limit_is_named(loader, sink, count):
    loader.write("a.jsonl", rows(10))
    with loader.start(
        "push", "a.jsonl", "--to", sink().url, "--workers", "1", preexec_fn=descriptors(count)
    ) as process:
        _, said = process.communicate(timeout=60)
    assert process.returncode in (0, 2, 3), said
    if process.returncode:
        assert f"ulimit -n is {count}".encode() in said, said
        assert b"mend the" not in said, said
        assert b"make room" not in said, said


@pytest.mark.parametrize("count", [7, 9, 12])
def test_without_descriptors_to_begin_with_nothing_is_read(loader, sink, count):
    loader.write("a.jsonl", rows(10))
    with loader.start(
        "push", "a.jsonl", "--to", sink().url, "--workers", "2", preexec_fn=descriptors(count)
    ) as process:
        _, said = process.communicate(timeout=60)
    assert process.returncode == 2, said
    assert b"descriptor" in said or b"Too many open files" in said
    assert b"Traceback" not in said


@NOT_ROOT
@pytest.mark.parametrize(
    ("count", "workers", "code", "kind"), [(1, 1, 2, "thread"), (2, 1, 3, "thread"), (1, 2, 2, "process")]
)
def test_where_no_thread_or_process_can_be_started_it_is_said(sink, count, workers, code, kind):
    with TemporaryDirectory() as name:
        folder = Path(name)
        loader = Loader(folder)
        loader.write("a.jsonl", rows(10))
        os.chown(folder, 65534, 65534)
        arguments = ["push", "a.jsonl", "--to", sink().url, "--workers", str(workers), "--report-json", "report.json"]
        done = subprocess.run(
            [*AS_NOBODY, which("prlimit") or "prlimit", f"--nproc={count}", sys.executable, "-m", "loader", *arguments],
            cwd=folder,
            env=loader.env,
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == code, done.stderr
        assert f"no {kind} can be started (ulimit -u is {count};".encode() in done.stderr
        assert b"Traceback" not in done.stderr
        assert (folder / "report.json").exists() is (code == 3)
