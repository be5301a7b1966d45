"""Threads that send, where the system gives only so many."""

from __future__ import annotations

import threading
from functools import partial
from queue import SimpleQueue

import pytest

from loader.targets.http.threads import SenderThreads


@pytest.fixture
def few(monkeypatch):
    """Lets a number of threads start, and no more."""
    left: list[bool] = []
    start = threading.Thread.start

    def limited(thread):
        if not left:
            raise RuntimeError("can't start new thread")
        left.pop()
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", limited)
    return lambda count: left.extend([True] * count)


def test_where_no_more_threads_can_be_started_the_others_do_all_jobs(few):
    few(2)
    threads = SenderThreads(10, "test")
    done: SimpleQueue[int] = SimpleQueue()
    for number in range(20):
        threads.submit(partial(done.put, number))
    assert sorted(done.get(timeout=30) for _ in range(20)) == list(range(20))
    threads.close()


def test_where_none_can_be_started_the_job_is_refused_and_never_done_later(few):
    threads = SenderThreads(10, "test")
    done: SimpleQueue[str] = SimpleQueue()
    with pytest.raises(RuntimeError):
        threads.submit(lambda: done.put("refused"))
    few(1)
    threads.submit(lambda: done.put("taken"))
    assert done.get(timeout=30) == "taken"
    assert done.empty()
    threads.close()
