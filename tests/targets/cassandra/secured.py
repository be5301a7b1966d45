"""A node that asks for certificates, passwords and permissions, and has guardrails."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import trustme
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import NoHostAvailable, Session
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from tests.command import wait_for
from tests.targets.cassandra.nodes import Contact, connected

WRITER = ("writer", "w-S3cret-Pass")  # may write
READER = ("reader", "r-S3cret-Pass")  # may read alone


@dataclass(frozen=True)
class Secured:
    """`contact` speaks TLS, `session` is that of the superuser; the node trusts the client of `cert` and `key`."""

    contact: Contact
    session: Session
    ca: Path
    cert: Path
    key: Path

    @property
    def tls(self) -> str:
        """The value of `tls` in a config that has all that the node asks for."""
        return f'{{ca = "{self.ca}", cert = "{self.cert}", key = "{self.key}"}}'


def make_certificates(folder: Path) -> None:
    """Of an authority, a node at 127.0.0.1 and a client."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    client = authority.issue_cert("client.example.com")
    client.cert_chain_pems[0].write_to_path(folder / "client.pem")
    client.private_key_pem.write_to_path(folder / "client.key")
    node = authority.issue_cert("127.0.0.1")
    key = load_pem_private_key(node.private_key_pem.bytes(), None)
    # Java reads PKCS#8 alone.
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "node.pem").write_bytes(text + node.cert_chain_pems[0].bytes())


def settings(folder: Path, port: int) -> dict[str, object]:
    """The keys of cassandra.yaml: TLS at `port`, with the certificates in `folder`."""
    return {
        "native_transport_port_ssl": port,
        "client_encryption_options": {
            "enabled": True,
            "optional": False,
            "require_client_auth": True,
            "ssl_context_factory": {"class_name": "org.apache.cassandra.security.PEMBasedSslContextFactory"},
            "keystore": str(folder / "node.pem"),
            "truststore": str(folder / "ca.pem"),
        },
        "authenticator": "PasswordAuthenticator",
        "authorizer": "CassandraAuthorizer",
        "role_manager": "CassandraRoleManager",
        # Guardrails hold those who are no superusers.
        "column_value_size_fail_threshold": "2KiB",
        "materialized_views_enabled": True,
    }


@contextmanager
def as_superuser(contact: Contact) -> Iterator[Session]:
    """A session of the role that a node makes for itself shortly after its start; it has made the other two."""
    login = PlainTextAuthProvider("cassandra", "cassandra")

    def may_enter() -> bool:
        try:
            with connected(contact, auth_provider=login):
                return True
        except NoHostAvailable:
            return False

    wait_for(may_enter)
    with connected(contact, auth_provider=login) as session:
        for name, password in (WRITER, READER):
            session.execute(f"CREATE ROLE {name} WITH PASSWORD = '{password}' AND LOGIN = true")
        yield session
