"""Many distant inputs looked at together, and the beginnings that are kept of them."""

from __future__ import annotations

import threading

import pytest

from loader.config.sections import InputSettings
from loader.sources import InputError, chunks, expand, open_inputs
from loader.sources.locations.access import Budget
from tests.sinks import rows
from tests.sources.locations.test_web import access, time
from tests.sources.locations.web_server import Asked, Reply, serving

__all__ = ["access", "time"]


def test_small_inputs_are_asked_for_once_and_several_at_a_time(access):
    together = threading.Barrier(8)

    def meet(asked: Asked, reply: Reply) -> Reply:
        if asked.is_probe:
            together.wait(30)
        return reply

    contents = {f"/{number}.jsonl": rows(10, 10 * number).encode() for number in range(8)}
    with serving(contents, twist=meet) as web:
        found = expand([f"{web.url}{path}" for path in contents], access=access)
        with open_inputs(found, InputSettings()) as inputs:
            assert [chunk.data for chunk in chunks(inputs, max_wait=1.0)] == list(contents.values())
        assert len(web.asked) == 2 * len(contents)  # facts, and all of it


def test_the_first_that_cannot_be_read_is_told(access):
    with serving({"/0.jsonl": rows(1).encode()}) as web, pytest.raises(InputError, match=r"/1\.jsonl: cannot be read"):
        expand([f"{web.url}/{number}.jsonl" for number in range(40)], access=access)


def test_beginnings_are_kept_as_long_as_there_is_room_for_them():
    budget = Budget(10)
    assert [budget.take(size) for size in (6, 5, 4, 1)] == [True, False, True, False]
