"""Runner protocol: a way to run the local Cassandra."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Protocol

How = Literal["java", "docker", "podman"]
Say = Callable[[str], None]


class Runner(Protocol):
    """A way to run a Cassandra. Its methods raise NodeError and OSError, unless more is said."""

    @property
    def how(self) -> How:
        """Its name, as it is remembered."""

    def prepare(self) -> None:
        """See whether it can be used, and get what it needs, before `up`. Raises MissingError."""

    def up(self, port: int) -> None:
        """Start it at `port` of loopback on the data it has, and wait until it answers."""

    def down(self, *, purge: bool) -> None:
        """Stop it; its data go too with `purge`. Nothing where it does not run."""

    def describe(self) -> dict[str, str] | None:
        """What runs, and where its data are; None where nothing runs."""
