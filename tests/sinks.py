"""Sinks to load into, in the process of the test."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from loader.sink import FaultSettings, SinkServer, SinkSettings, Store


@dataclass
class Sink:
    store: Store
    url: str


@pytest.fixture
def sink() -> Iterator[Callable[..., Sink]]:
    """Starts sinks with the faults given; all are stopped in the end."""
    opened: list[tuple[SinkServer, Store]] = []

    def start(**faults: Any) -> Sink:
        store = Store()
        server = SinkServer(SinkSettings(faults=FaultSettings(**faults)), store)
        server.start()
        opened.append((server, store))
        return Sink(store, f"{server.url}/rows")

    yield start
    for server, store in opened:
        server.stop()
        store.close()


def rows(count: int, start: int = 0) -> str:
    return "".join(json.dumps({"id": i, "name": f"row {i}"}) + "\n" for i in range(start, start + count))
