from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import requests

from loader.sink import FaultSettings, SinkServer, SinkSettings, Store


@pytest.fixture
def store() -> Iterator[Store]:
    with Store() as store:
        yield store


@pytest.fixture
def start(store) -> Iterator[Callable[..., SinkServer]]:
    """Starts a sink over `store` with the faults given as keywords, and stops it at the end of the test."""
    with ExitStack() as stack:

        def start(**faults: Any) -> SinkServer:
            return stack.enter_context(SinkServer(SinkSettings(faults=FaultSettings(**faults)), store))

        yield start


@pytest.fixture
def http() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session
