"""The story of every chaos test: load, be killed, resume, be killed again, and in the end compare row by row."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from math import inf
from random import Random

from tests.chaos.inputs import Truth
from tests.chaos.targets import ChaosTarget
from tests.command import Loader

_EARLY = 0.6  # seconds in which a process starts, opens its files and reads what it did before


@dataclass
class Killer:
    """Kills a command at random moments and starts it again, until it was killed often enough."""

    loader: Loader
    target: ChaosTarget
    chance: Random
    kills: int
    requests: int  # about how many the whole load takes
    times: list[float] = field(default_factory=list)
    codes: list[int] = field(default_factory=list)  # of parts that ended by themselves

    def run(self, *command: str, chunk_reader: Callable[[subprocess.Popen], None] | None = None) -> None:
        """Start `command` again and again; `feed` gives a process its standard input, or what else it reads."""
        while len(self.times) < self.kills:
            options = {"stdin": subprocess.PIPE if chunk_reader is not None else subprocess.DEVNULL}
            quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            with self.loader.start(*command, **options, **quiet) as process, _fed(process, chunk_reader):
                self._wait(process)
                process.kill()
                code = process.wait()
            self.target.settle()
            if code >= 0:
                self.codes.append(code)
                return
            self.times.append(time.time())

    def _wait(self, process: subprocess.Popen) -> None:
        """Until some requests came, or, for a kill within the start, a short time is over."""
        until = self.target.progress() + self.chance.randrange(max(1, self.requests // (self.kills + 1)))
        ends = time.monotonic() + (self.chance.uniform(0, _EARLY) if self.chance.random() < 0.3 else inf)
        while self.target.progress() < until and time.monotonic() < ends and process.poll() is None:
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.001)


@contextmanager
def _fed(process: subprocess.Popen, chunk_reader: Callable[[subprocess.Popen], None] | None) -> Iterator[None]:
    """While the process runs a thread feeds it; it ends with the process, which closes the other end."""
    if chunk_reader is None:
        yield
        return
    thread = threading.Thread(target=_chunk_reader, args=(chunk_reader, process))
    thread.start()
    try:
        yield
    finally:
        process.kill()
        thread.join()


def _chunk_reader(chunk_reader: Callable[[subprocess.Popen], None], process: subprocess.Popen) -> None:
    with suppress(BrokenPipeError):
        chunk_reader(process)


def pipe(data: bytes, chance: Random) -> Callable[[subprocess.Popen], None]:
    """Feeds standard input with `data` in pieces of any size, each time cut otherwise."""

    def chunk_reader(process: subprocess.Popen) -> None:
        start = 0
        # Written past the buffer of the file object, which could not be closed behind a process that was killed.
        fd = os.dup(process.stdin.fileno())
        process.stdin.close()
        try:
            while start < len(data):
                size = chance.choice((1, 100, 4096, len(data)))
                start += os.write(fd, data[start : start + size])
        finally:
            os.close(fd)

    return chunk_reader


def policies(chance: Random, *, size: int, backoff: float = 0.005, every: float | None = None) -> str:
    """Policies that let no good row fail for long, and differ where crashes may fall between other things.

    `backoff` is the first wait in seconds; 30 of them must be longer than the target is away. `every` is the time
    between two records of the checkpoint.
    """
    return (
        f"[batch]\nsize = {size}\nmax_wait = 0.05\n"
        f"[retry]\nmax_retries = 30\ninitial_backoff = {backoff}\nmax_backoff = {10 * backoff}\n"
        "[breaker]\nthreshold = 50\ntimeout = 0.1\n"
        f"[checkpoint]\nevery = {every or chance.choice((0.01, 0.1, 0.5))}\n"
        f"[concurrency]\nmax_in_flight = {chance.choice((1, 4, 16))}\n"
        "[errors]\nmax_error_ratio = 1.0\n"
    )


def compare(truth: Truth, target: ChaosTarget, letters: Sequence[dict], *, repeatable: bool = True) -> None:
    """Input = target + dead letter queue, row by row."""
    stored = _stored(truth, target)
    places = Counter((letter["source"], letter["line"]) for letter in letters)
    twice = {place: count for place, count in places.items() if count > 1}
    assert not twice, f"rows that have two letters: {twice}"
    broken = {place: _raw(letter) for letter in letters if (place := _place(letter)) in truth.broken}
    assert broken == truth.broken
    dead = {str(letter["row"]["id"]): letter for letter in letters if _place(letter) not in truth.broken}
    assert {i: dead[i]["row"] for i in dead} == {i: (truth.good | truth.refused)[i] for i in dead}
    assert truth.refused.keys() <= dead.keys()
    unexpected = dead.keys() - truth.refused.keys()
    if repeatable:
        assert not unexpected, f"good rows in the queue: {[dead[i] for i in sorted(unexpected)][:3]}"
        assert stored.keys() == truth.good.keys()
        doubled = {i: count for i, count in stored.items() if count > 1}
        assert not doubled, f"rows that a target which honours keys has more than once: {doubled}"
        return
    assert {dead[i]["class"] for i in unexpected} <= {"unknown"}
    assert stored.keys() | unexpected == truth.good.keys()
    assert set(stored.values()) <= {1}, "a row that may not be repeated arrived twice"


def _stored(truth: Truth, target: ChaosTarget) -> Counter[str]:
    stored: Counter[str] = Counter()
    for row in target.rows():
        assert row == truth.good.get(str(row["id"])), f"not a row that should arrive: {row}"
        stored[str(row["id"])] += 1
    return stored


def _place(letter: dict) -> tuple[str, int]:
    return letter["source"], letter["line"]


def _raw(letter: dict) -> bytes:
    assert letter["row"] is None
    return letter["raw"].encode()
