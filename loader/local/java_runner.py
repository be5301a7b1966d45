"""A Cassandra as a Java process of this user."""

from __future__ import annotations

import shutil
from pathlib import Path

from loader.durable import files
from loader.local.folder_process import Process
from loader.local.jars import CASSANDRA, Installation, install
from loader.local.jvm import NodeSettings
from loader.local.node import Node
from loader.local.ports import free_ports
from loader.local.runner import How, Say

# The node shares its machine with what loads into it, and nobody else waits for it.
_PATIENT = dict.fromkeys(
    (
        "read_request_timeout",
        "range_request_timeout",
        "write_request_timeout",
        "counter_write_request_timeout",
        "cas_contention_timeout",
        "truncate_request_timeout",
        "request_timeout",
        "native_transport_timeout",
    ),
    "120s",
)


class JavaRunner:
    """Runs it with everything in `folder`; it outlives this process as soon as it is ready."""

    how: How = "java"
    _installation: Installation

    def __init__(self, folder: Path, say: Say) -> None:
        self._folder = folder
        self._say = say

    def prepare(self) -> None:
        """Find Java and fetch the jars."""
        self._installation = install(self._say)

    def up(self, port: int) -> None:
        """Start it."""
        files.make_folder(self._folder)
        (storage,) = free_ports(1)
        node = Node(NodeSettings(self._folder, port, storage, yaml=_PATIENT), self._installation)
        self._say(f"starting Apache Cassandra {CASSANDRA} at {node.address}")
        node.start()
        node.let_go()

    def down(self, *, purge: bool) -> None:
        """Stop the process, and remove the folder with `purge`."""
        Process(self._folder).stop()
        if purge and self._folder.exists():
            shutil.rmtree(self._folder)

    def describe(self) -> dict[str, str] | None:
        """The process and the folder."""
        pid = Process(self._folder).pid
        if pid is None:
            return None
        return {"runs as": f"Java process {pid}, Apache Cassandra {CASSANDRA}", "data": str(self._folder)}
