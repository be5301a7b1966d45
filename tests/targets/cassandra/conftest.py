"""The command, and tables to load into."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest
from cassandra.cluster import Session

from loader.local.ports import free_ports
from tests.command import Loader
from tests.targets.cassandra.nodes import Contact, running_nodes
from tests.targets.cassandra.secured import Secured, as_superuser, make_certificates, settings

_READ = re.compile(r"Read (\d+) live rows and (\d+) tombstone cells", re.IGNORECASE)


@dataclass(frozen=True)
class Table:
    """A table, and the way to load it; `name` is as CQL spells it."""

    session: Session
    contact: Contact
    keyspace: str
    name: str

    @property
    def path(self) -> str:
        return f"{self.keyspace}.{self.name}"

    @property
    def url(self) -> str:
        return self.contact.url(quote(self.path))

    def rows(self, columns: str = "*") -> list[tuple]:
        """All rows, sorted."""
        return sorted(tuple(row) for row in self.session.execute(f"SELECT {columns} FROM {self.path}"))

    def tombstones(self) -> int:
        """How many tombstone cells the server says that it passed over to read all rows."""
        result = self.session.execute(f"SELECT * FROM {self.path}", trace=True)
        events = [event.description for event in result.get_query_trace(max_wait_sec=30).events]
        return sum(int(found[2]) for event in events if (found := _READ.search(event)))


@pytest.fixture
def loader(tmp_path) -> Loader:
    return Loader(tmp_path)


@pytest.fixture
def table(session, cassandra, keyspace) -> Callable[..., Table]:
    """Makes a table of columns like "id int PRIMARY KEY, name text"."""
    numbers = itertools.count(1)

    def make(columns: str, name: str = "", options: str = "") -> Table:
        made = Table(session, cassandra, keyspace, name or f"t{next(numbers)}")
        session.execute(f"CREATE TABLE {made.path} ({columns}) {options}")
        return made

    return make


def jsonl(rows: Iterable[Mapping[str, Any]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


@pytest.fixture(scope="module")
def secured(tmp_path_factory, installation) -> Iterator[Secured]:
    """A node that asks for certificates and passwords, and has guardrails."""
    folder = tmp_path_factory.mktemp("certificates")
    make_certificates(folder)
    (port,) = free_ports(1)
    yaml = settings(folder, port)
    with running_nodes(1, tmp_path_factory.mktemp("secured"), installation, yaml) as nodes:
        plain = nodes.contact()
        with as_superuser(plain) as session:
            secure = Contact(plain.host, port, plain.node)
            yield Secured(secure, session, folder / "ca.pem", folder / "client.pem", folder / "client.key")
