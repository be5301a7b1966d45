"""What the tests of the command line ask for: the command, and a sink to load into."""

from __future__ import annotations

import pytest

from tests.command import Loader
from tests.sinks import Sink, rows, sink

__all__ = ["Sink", "rows", "sink"]


@pytest.fixture
def loader(tmp_path) -> Loader:
    return Loader(tmp_path)
