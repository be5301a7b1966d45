"""What tests of sources load into."""

from __future__ import annotations

from tests.sinks import sink

__all__ = ["sink"]
