"""Routes: the replicas of a partition, from the token ring as plain integers."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import repeat
from typing import Any

from cassandra.metadata import Murmur3Token


class Routes:
    """Tokens and replica sets of one keyspace, as the driver knows them; follows changes of the ring.

    Only hosts of the local data centre count. A replica set is a small integer; where tokens cannot be known (another
    partitioner than Murmur3, or no token metadata) all rows are of set 0, and any host may get them.
    """

    def __init__(self, session: Any, keyspace: str, local_dc: str) -> None:
        self._session = session
        self._metadata = session.cluster.metadata
        self._keyspace = keyspace
        self._local_dc = local_dc
        self._known: object = self  # the token map that what follows was made from
        self._ends: list[int] = []  # of the token ranges, ascending
        self._set_of_range: list[int] = [0]
        self._hosts_of_set: list[tuple[Any, ...]] = [()]
        self._turn = 0
        self._refresh()

    def sets_of(self, keys: Sequence[bytes]) -> Sequence[int]:
        """The replica set of each partition key."""
        self._refresh()
        if len(self._hosts_of_set) == 1:
            return [0] * len(keys)
        tokens = map(Murmur3Token.hash_fn, keys)
        return list(map(self._set_of_range.__getitem__, map(bisect_left, repeat(self._ends), tokens)))

    def hosts_for(self, key: bytes) -> Iterator[Any]:
        """Hosts for a request: the replicas of `key` first, in turns, then all others that are connected."""
        (of_set,) = self.sets_of((key,))
        replicas = self._hosts_of_set[of_set]
        self._turn += 1
        start = self._turn % len(replicas) if replicas else 0
        yield from (*replicas[start:], *replicas[:start])
        others = [host for host in self._hosts() if host not in replicas]
        start = self._turn % len(others) if others else 0
        yield from (*others[start:], *others[:start])

    def _refresh(self) -> None:
        token_map = self._metadata.token_map
        if token_map is self._known:
            return
        self._known = token_map
        if token_map is None or token_map.token_class is not Murmur3Token or not token_map.ring:
            self._ends, self._set_of_range, self._hosts_of_set = [], [0], [()]
            return
        numbers: dict[frozenset[Any], int] = {}
        hosts: list[tuple[Any, ...]] = []
        of_range = []
        for token in token_map.ring:
            local = [h for h in token_map.get_replicas(self._keyspace, token) if self._is_local(h)]
            number = numbers.setdefault(frozenset(local), len(hosts))
            if number == len(hosts):
                hosts.append(tuple(local))
            of_range.append(number)
        # What lies behind the last token belongs to the first (the ring closes).
        self._ends = [token.value for token in token_map.ring]
        self._set_of_range = [*of_range, of_range[0]]
        self._hosts_of_set = hosts

    def _hosts(self) -> list[Any]:
        return list(self._session._pools)

    def _is_local(self, host: Any) -> bool:
        return not self._local_dc or host.datacenter == self._local_dc
