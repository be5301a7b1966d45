"""What every test may ask for: a real Cassandra, see `tests/targets/cassandra/fixtures.py`."""

from __future__ import annotations

from hypothesis import settings

# How long an example takes says how busy the machine is.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")

pytest_plugins = ["tests.targets.cassandra.fixtures"]
