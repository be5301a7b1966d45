"""A process that is nobody's child: found, ended, and tethered to who launched it. Real processes, no Cassandra."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from loader.local.errors import NodeError
from loader.local.folder_process import Process
from loader.local.waiting import wait_for

_SLEEP = ["/bin/sh", "-c", "echo started; exec sleep 600"]
_DEAF = [
    sys.executable,
    "-c",
    "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('started', flush=True); signal.pause()",
]
_LAUNCHER = """\
import sys
from pathlib import Path
from loader.local.folder_process import Process
folder = Path(sys.argv[1])
process = Process(folder)
process.launch(["/bin/sleep", "600"], folder / "log")
exec(sys.argv[2])
print(process.pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def process(tmp_path):
    process = Process(tmp_path)
    yield process
    process.kill()


def _launch(process, folder, command):
    process.launch(command, folder / "log")
    assert wait_for(lambda: "started" in (folder / "log").read_text(), 20)


def _launch_elsewhere(folder, then):
    """A process that launched one in `folder`, and its id."""
    command = [sys.executable, "-c", _LAUNCHER, str(folder), then]
    other = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    return other, int(other.stdout.readline())


def test_a_process_is_known_by_its_folder_as_long_as_it_runs(process, tmp_path):
    assert Process(tmp_path).pid is None
    _launch(process, tmp_path, _SLEEP)
    pid = Process(tmp_path).pid
    os.kill(pid, 0)
    Process(tmp_path).stop()
    assert Process(tmp_path).pid is None
    assert (tmp_path / "lock").read_text() == f"{pid}\n", "the id that is left there is not believed"


def test_a_folder_has_one_process(process, tmp_path):
    _launch(process, tmp_path, _SLEEP)
    with pytest.raises(NodeError, match="runs there already"):
        Process(tmp_path).launch(_SLEEP, tmp_path / "log")


def test_a_process_that_does_not_obey_is_killed(process, tmp_path):
    _launch(process, tmp_path, _DEAF)
    process.stop(timeout=0.2)
    assert process.pid is None


def test_a_killed_process_can_be_launched_again(process, tmp_path):
    _launch(process, tmp_path, _SLEEP)
    os.kill(process.pid, signal.SIGKILL)
    assert wait_for(lambda: process.pid is None, 20)
    _launch(process, tmp_path, _SLEEP)
    assert process.pid


@pytest.mark.parametrize("end", ["kill", "communicate"])
def test_a_process_dies_with_who_launched_it(process, tmp_path, end):
    other, pid = _launch_elsewhere(tmp_path, "pass")
    with other:
        assert process.pid == pid
        getattr(other, end)()
    assert wait_for(lambda: process.pid is None, 20)


def test_a_process_that_was_let_go_outlives_who_launched_it_and_is_watched_no_more(process, tmp_path):
    other, pid = _launch_elsewhere(tmp_path, "process.let_go()")
    with other:
        other.kill()
    assert wait_for(lambda: _running_in(tmp_path) == [pid], 20)
    assert process.pid == pid


def _running_in(folder):
    """The ids of all processes whose working directory is `folder`."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it ended meanwhile, or is another user's
            if (entry / "cwd").readlink() == folder:
                found.append(int(entry.name))
    return found


def test_the_lock_and_the_log_are_private(process, tmp_path):
    _launch(process, tmp_path, _SLEEP)
    assert [(tmp_path / name).stat().st_mode & 0o777 for name in ("lock", "log")] == [0o600, 0o600]
