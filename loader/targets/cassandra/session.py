"""Session: a connected cluster, with all retries of the driver off."""

from __future__ import annotations

import logging
import ssl
from dataclasses import dataclass
from typing import Any

from cassandra import ConsistencyLevel, DriverException, UnresolvableContactPoints
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile
from cassandra.policies import ConstantReconnectionPolicy, DCAwareRoundRobinPolicy, FallthroughRetryPolicy

from loader.config.sections import Timeouts
from loader.config.target_kind import shown_name
from loader.errors import UsageError
from loader.targets.base import TargetDownError
from loader.targets.cassandra.classify import DOWN, connect_cause, unresolved
from loader.targets.cassandra.protocol.connection import QuickConnection
from loader.targets.cassandra.settings.cassandra_target import CassandraTarget
from loader.targets.cassandra.settings.table_url import TableAddress, address_of
from loader.targets.cassandra.settings.tls import Tls

_PROTOCOL = 4  # the fifth adds checksums, which cost time for each byte, and nothing that a load needs
_RECONNECT = 1.0  # seconds between two tries to reach a host that went down
_HEARTBEAT = 10  # seconds of silence after which a connection is asked whether it is alive

# What the driver has to say is said by us, where it matters; it must not reach the screen by itself.
logging.getLogger("cassandra").addHandler(logging.NullHandler())


@dataclass(frozen=True, slots=True)
class SessionLink:
    """A session of the driver, and the data centre that it writes to."""

    session: Any
    local_dc: str

    def close(self) -> None:
        """Does not wait for answers. Idempotent."""
        self.session.cluster.shutdown()


def connect(settings: CassandraTarget, timeouts: Timeouts) -> SessionLink:
    """Raises UsageError for files that cannot be used, TargetDownError where no host answers as it should."""
    policy = DCAwareRoundRobinPolicy(settings.local_dc)
    cluster = _opened(settings, timeouts, policy)
    try:
        session = cluster.connect()
    except DOWN as error:
        cluster.shutdown()
        _require_data_centre(settings, cluster)
        raise TargetDownError(connect_cause(error)) from error
    return SessionLink(session, policy.local_dc or "")


def _require_data_centre(settings: CassandraTarget, cluster: Cluster) -> None:
    """Raises UsageError for a `local_dc` that the cluster, as far as it answered, has not."""
    known = sorted({host.datacenter for host in cluster.metadata.all_hosts() if host.datacenter})
    if settings.local_dc and known and settings.local_dc not in known:
        there = f"there is {known[0]}" if len(known) == 1 else f"there are {', '.join(known)}"
        raise UsageError(
            f'target {shown_name(settings)}: local_dc: the cluster has no data centre "{settings.local_dc}"; {there}'
        )


def _opened(settings: CassandraTarget, timeouts: Timeouts, policy: Any) -> Cluster:
    """A cluster whose hosts are known; nothing is connected yet, but for what a bundle asks."""
    address = address_of(settings.url)
    try:
        return _cluster(settings, address, timeouts, policy)
    except UnresolvableContactPoints as error:
        raise TargetDownError(unresolved(host.name for host in address.hosts)) from error
    except DriverException as error:
        raise TargetDownError(connect_cause(error)) from error
    except (OSError, ValueError, KeyError) as error:  # only a bundle is read by the driver itself
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"target {shown_name(settings)}: bundle: {reason}") from error


def _cluster(settings: CassandraTarget, address: TableAddress, timeouts: Timeouts, policy: Any) -> Cluster:
    profile = ExecutionProfile(
        load_balancing_policy=policy,
        retry_policy=FallthroughRetryPolicy(),
        consistency_level=ConsistencyLevel.LOCAL_ONE,  # of what is asked at the start; writes bring their own
        request_timeout=timeouts.read,
    )
    return Cluster(
        **_way(settings, address),
        auth_provider=_login(settings),
        execution_profiles={EXEC_PROFILE_DEFAULT: profile},
        protocol_version=_PROTOCOL,
        compression=False,
        connection_class=QuickConnection,
        connect_timeout=timeouts.connect,
        control_connection_timeout=timeouts.connect,
        reconnection_policy=ConstantReconnectionPolicy(_RECONNECT, max_attempts=None),
        idle_heartbeat_interval=_HEARTBEAT,
        idle_heartbeat_timeout=timeouts.connect,
    )


def _way(settings: CassandraTarget, address: TableAddress) -> dict[str, Any]:
    """How the hosts are found and what secures the way to them."""
    if settings.bundle:
        return {"cloud": {"secure_connect_bundle": settings.bundle}}
    points = {"contact_points": [tuple(host) for host in address.hosts], "port": address.hosts[0].port}
    return points if settings.tls is None else points | {"ssl_context": _context(settings, settings.tls)}


def _context(settings: CassandraTarget, tls: Tls) -> ssl.SSLContext:
    """Certificates are verified, host names too, unless the user said otherwise."""
    try:
        context = ssl.create_default_context(cafile=tls.ca or None)
        if tls.cert:
            # An encrypted key would ask for its password in the middle of a load.
            context.load_cert_chain(tls.cert, tls.key, password=b"")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"target {shown_name(settings)}: tls: {reason}") from error
    if not tls.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _login(settings: CassandraTarget) -> PlainTextAuthProvider | None:
    if settings.auth.kind == "none":
        return None
    return PlainTextAuthProvider(settings.auth.user, settings.auth.secret)
