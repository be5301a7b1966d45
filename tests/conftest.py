"""What every test may ask for: a real Cassandra, see `tests/cassandra/fixtures.py`."""

from __future__ import annotations

pytest_plugins = ["tests.cassandra.fixtures"]
