"""A real Apache Cassandra on loopback, for trying, rehearsing and testing.

errors          what can be wrong, named by what to do about it
waiting         waits for what nobody announces, and for other processes
address         where a Cassandra listens, and whether it answers
ports           free ports for servers that listen a little later
java            finds a Java 17
jars            Cassandra's jars, fetched once by Maven into a cache
jvm             the command line of a node, and the files it reads
launch          a script that becomes the server: nobody's child, and tethered to who started it
folder_process  the one process of a folder, whoever started it
node            one node: started, waited for, stopped, killed, started again
runner          a way to run the user's local Cassandra; java_runner and engine are two
state           what is remembered of it between commands
service         brings it up, looks at it, takes it down
cql             runs CQL statements there
"""

from __future__ import annotations

from loader.local.address import Address
from loader.local.errors import MissingError, NodeError

__all__ = ["Address", "MissingError", "NodeError", "running"]


def running() -> Address | None:
    """Where the user's local Cassandra answers, if it is up (`loader local up`). Raises NodeError."""
    from loader.local.service import LocalCassandra
    from loader.local.state import state_folder

    status = LocalCassandra(state_folder(), lambda _: None).status()
    return status.address if status else None
