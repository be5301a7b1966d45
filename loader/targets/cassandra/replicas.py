"""Whether a cluster has the replicas that a consistency asks for: what its nodes rule out is known at the start."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_COUNTS = {"ONE": 1, "LOCAL_ONE": 1, "TWO": 2, "THREE": 3}
_LOCAL = frozenset(("LOCAL_ONE", "LOCAL_QUORUM", "LOCAL_SERIAL"))
_WRITES = ("ALL", "EACH_QUORUM", "QUORUM", "LOCAL_QUORUM", "THREE", "TWO", "ONE", "LOCAL_ONE")
_ANYWHERE = ""  # the data centre of a keyspace that does not tell them apart


@dataclass(frozen=True, slots=True)
class Replication:
    """How many replicas of each row a keyspace keeps, and how many nodes there are for them, up or down.

    Both are by data centre; where the keyspace does not tell these apart (SimpleStrategy) they stand under "".
    """

    keyspace: str
    replicas: Mapping[str, int]
    nodes: Mapping[str, int]

    @classmethod
    def of(cls, metadata: Any, keyspace: str) -> Replication | None:
        """What the driver knows of a keyspace; None where its strategy keeps another count."""
        strategy, hosts = metadata.keyspaces[keyspace].replication_strategy, metadata.all_hosts()
        if (factors := getattr(strategy, "dc_replication_factors_info", None)) is not None:
            replicas = {name: factor.all_replicas for name, factor in factors.items()}
            return cls(keyspace, replicas, Counter(host.datacenter for host in hosts))
        if (factor := getattr(strategy, "replication_factor_info", None)) is not None:
            return cls(keyspace, {_ANYWHERE: factor.all_replicas}, {_ANYWHERE: len(hosts)})
        return None

    def shortage(self, consistency: str, local_dc: str) -> str | None:
        """Why `consistency` cannot be had with all nodes up; None if it can."""
        for where in self._scopes(consistency, local_dc):
            kept = sum(self.replicas.get(name, 0) for name in where)
            there = sum(min(self.replicas.get(name, 0), self.nodes.get(name, 0)) for name in where)
            needed = kept if consistency == "ALL" else _COUNTS.get(consistency, kept // 2 + 1)
            if needed > there:
                nodes = sum(self.nodes.get(name, 0) for name in where)
                place = f"data centre {where[0]}" if len(where) == 1 and where[0] else "the cluster"
                return (
                    f"{consistency} asks for {needed} replicas of each row in {place}; keyspace {self.keyspace} keeps "
                    f"{kept} there, and it has {nodes} node{'' if nodes == 1 else 's'}"
                )
        return None

    def possible(self, local_dc: str) -> list[str]:
        """The consistencies of writes that can be had, the strictest first."""
        return [each for each in _WRITES if self.shortage(each, local_dc) is None]

    def _scopes(self, consistency: str, local_dc: str) -> list[tuple[str, ...]]:
        """The data centres that must have enough replicas: each of these groups by itself."""
        if consistency == "ANY":
            return []  # a hint will do
        if _ANYWHERE in self.replicas:
            return [(_ANYWHERE,)]
        if consistency in _LOCAL:
            return [(local_dc,)]
        everywhere = tuple(self.replicas)
        return [(name,) for name in everywhere] if consistency == "EACH_QUORUM" else [everywhere]
