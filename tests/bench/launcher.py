"""`python -I -S launcher.py OUTPUT PROGRAM ARGUMENT...`: run a program and print, as JSON, what it used.

A process of its own because on Linux a child's peak memory starts with that of the process it was forked from
(`exec_mmap` in `fs/exec.c`), by fork and by posix_spawn alike. This one is small, so no program is counted with what
the benchmark holds; one that needs less than the launcher's own 10 MB is counted with those.
"""

import json
import os
import sys
import time


def main(output: str, *argv: str) -> None:
    """Prints `status` as of wait, `wall` and `cpu` in seconds, `peak` in bytes: the largest process waited for."""
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    started = time.perf_counter()
    pid = os.posix_spawnp(argv[0], argv, os.environ, file_actions=actions)
    _, status, used = os.wait4(pid, 0)
    wall = time.perf_counter() - started
    cpu = used.ru_utime + used.ru_stime
    print(json.dumps({"status": status, "wall": wall, "cpu": cpu, "peak": used.ru_maxrss * 1024}))


if __name__ == "__main__":
    main(*sys.argv[1:])
