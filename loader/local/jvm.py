"""The command line of a node, and the files that it reads."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from loader.local.jars import Installation

# What Cassandra's own conf/jvm17-server.options opens.
_EXPORTS = [
    "java.base/jdk.internal.misc",
    "java.base/jdk.internal.ref",
    "java.base/sun.nio.ch",
    "java.management.rmi/com.sun.jmx.remote.internal.rmi",
    "java.rmi/sun.rmi.registry",
    "java.rmi/sun.rmi.server",
    "java.rmi/sun.rmi.transport.tcp",
    "java.sql/java.sql",
]
_OPENS = [
    "java.base/java.io",
    "java.base/java.lang",
    "java.base/java.lang.module",
    "java.base/java.nio",
    "java.base/java.util",
    "java.base/java.util.concurrent",
    "java.base/java.util.concurrent.atomic",
    "java.base/jdk.internal.loader",
    "java.base/jdk.internal.math",
    "java.base/jdk.internal.module",
    "java.base/jdk.internal.ref",
    "java.base/jdk.internal.reflect",
    "java.base/jdk.internal.util.jar",
    "java.base/sun.nio.ch",
    "jdk.management/com.sun.management.internal",
]

# A node alone on loopback waits for nobody; JMX is off as long as no cassandra.jmx.* port is set.
_PROPERTIES = {
    "cassandra-foreground": "yes",
    "cassandra.skip_wait_for_gossip_to_settle": "0",
    # Nodes gossip once a second: with less than that, a node that joins is taken for gone between two of its words.
    "cassandra.ring_delay_ms": "2000",
    "cassandra.superuser_setup_delay_ms": "0",
    "cassandra.shutdown_announce_in_ms": "0",
    # How often the size of a row is estimated at the start: the 100,000 times of the default take 1.5 s.
    "cassandra.memtable_row_overhead_computation_step": "100",
    "jdk.attach.allowAttachSelf": "true",
    "java.net.preferIPv4Stack": "true",
}

_LOGBACK = """\
<configuration>
  <appender name="stdout" class="ch.qos.logback.core.ConsoleAppender">
    <encoder><pattern>%-5level %date{ISO8601} %F:%L - %msg%n</pattern></encoder>
  </appender>
  <root level="INFO"><appender-ref ref="stdout"/></root>
</configuration>
"""


@dataclass(frozen=True, slots=True)
class NodeSettings:
    """What a node is; all its files are in `folder`, an absolute path.

    It listens at `address` alone, on `native_port` for clients and `storage_port` for other nodes. Drivers take it that
    all nodes of a cluster have one native port. `seeds` are "address:storage_port" of the nodes to join; none: itself.
    With `commitlog_sync` "periodic" a node that is killed forgets up to 100 ms of acknowledged writes, with "batch"
    none. `heap` is the JVM's maximum; `jvm_flags` choose its collector and compilers. `yaml` are further keys of
    cassandra.yaml; they beat those that are set here.
    """

    folder: Path
    native_port: int
    storage_port: int
    address: str = "127.0.0.1"
    commitlog_sync: Literal["periodic", "batch"] = "periodic"
    heap: str = "1g"
    seeds: tuple[str, ...] = ()
    jvm_flags: tuple[str, ...] = ("-XX:+UseG1GC",)
    yaml: Mapping[str, object] = field(default_factory=dict)


def command_line(settings: NodeSettings, installation: Installation) -> list[str]:
    """What to run, in the node's folder."""
    conf, data, tmp = (settings.folder / name for name in ("conf", "data", "tmp"))
    properties = _PROPERTIES | {
        "cassandra.config": (conf / "cassandra.yaml").as_uri(),
        "cassandra.storagedir": str(data),
        "logback.configurationFile": (conf / "logback.xml").as_uri(),
        # Native libraries are unpacked there; a killed node leaves them behind.
        "java.io.tmpdir": str(tmp),
        "jna.tmpdir": str(tmp),
    }
    return [
        str(installation.java),
        f"-Xmx{settings.heap}",
        *settings.jvm_flags,
        *("-Xss256k", "-XX:-UsePerfData", "-XX:+ExitOnOutOfMemoryError"),
        *(f"-D{name}={value}" for name, value in properties.items()),
        *(f"--add-exports={name}=ALL-UNNAMED" for name in _EXPORTS),
        *(f"--add-opens={name}=ALL-UNNAMED" for name in _OPENS),
        *("-cp", f"{installation.jars}/*"),
        "org.apache.cassandra.service.CassandraDaemon",
    ]


def write_files(settings: NodeSettings) -> None:
    """Make the node's folders, and write what it reads. Raises OSError."""
    shutil.rmtree(settings.folder / "tmp", ignore_errors=True)
    for name in ("conf", "data", "tmp"):
        (settings.folder / name).mkdir(parents=True, exist_ok=True)
    # JSON is YAML, and quotes whatever stands in a path.
    text = json.dumps(_cassandra_yaml(settings), indent=2, ensure_ascii=False)
    (settings.folder / "conf" / "cassandra.yaml").write_text(f"{text}\n")
    (settings.folder / "conf" / "logback.xml").write_text(_LOGBACK)


def _cassandra_yaml(settings: NodeSettings) -> dict[str, Any]:
    data = settings.folder / "data"
    seeds = settings.seeds or (f"{settings.address}:{settings.storage_port}",)
    sync = {"commitlog_sync_period": "10000ms"} if settings.commitlog_sync == "periodic" else {}
    return {
        "cluster_name": "loader",
        "num_tokens": 16,
        "partitioner": "org.apache.cassandra.dht.Murmur3Partitioner",
        "data_file_directories": [str(data / "data")],
        "commitlog_directory": str(data / "commitlog"),
        "saved_caches_directory": str(data / "saved_caches"),
        "hints_directory": str(data / "hints"),
        "cdc_raw_directory": str(data / "cdc"),
        "commitlog_sync": settings.commitlog_sync,
        **sync,
        "listen_address": settings.address,
        "rpc_address": settings.address,
        "native_transport_port": settings.native_port,
        "storage_port": settings.storage_port,
        "start_native_transport": True,
        "endpoint_snitch": "SimpleSnitch",
        "seed_provider": [
            {
                "class_name": "org.apache.cassandra.locator.SimpleSeedProvider",
                "parameters": [{"seeds": ",".join(seeds)}],
            }
        ],
        "authenticator": "AllowAllAuthenticator",
        "authorizer": "AllowAllAuthorizer",
        "auto_snapshot": False,
        "auto_bootstrap": False,
        **settings.yaml,
    }
