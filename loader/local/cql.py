"""Runs CQL statements at a local Cassandra."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from cassandra import DriverException
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile, NoHostAvailable
from cassandra.policies import WhiteListRoundRobinPolicy
from cassandra.query import dict_factory

from loader.errors import UsageError
from loader.local.address import Address
from loader.local.errors import NodeError
from loader.statements import Statement

_SECONDS = 60  # for one statement; a change of the schema may take long on a slow disk


def run_statements(address: Address, statements: Iterable[Statement]) -> Iterator[dict[str, Any]]:
    """Run them one after the other; yields the rows that they answer, as column -> value.

    Raises UsageError, with the line, for one that is refused: those before it were run. NodeError if none can be sent.
    """
    profile = ExecutionProfile(
        WhiteListRoundRobinPolicy([address.host]), request_timeout=_SECONDS, row_factory=dict_factory
    )
    with Cluster([address.host], address.port, execution_profiles={EXEC_PROFILE_DEFAULT: profile}) as cluster:
        try:
            session = cluster.connect()
        except NoHostAvailable as error:
            raise NodeError(f"the Cassandra at {address} cannot be connected to: {error}") from error
        for statement in statements:
            try:
                yield from session.execute(statement.text)
            except (DriverException, NoHostAvailable) as error:
                raise UsageError(f"line {statement.line}: {error}") from error
