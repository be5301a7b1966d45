"""The [target.NAME] section of a Cassandra table."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from loader.config.auth import Auth, parse_auth, write_auth
from loader.config.declaration import key as declared
from loader.config.values import Kind, RefusedError, either, path, switch, text, word
from loader.targets.cassandra.settings.table_url import CASSANDRA_URL
from loader.targets.cassandra.settings.tls import TLS, Tls

Consistency = Literal[
    "ANY", "ONE", "TWO", "THREE", "QUORUM", "ALL", "LOCAL_ONE", "LOCAL_QUORUM", "EACH_QUORUM"
]  # for writes

_LOGIN = '{user = "...", password = "..."} or {basic = "user:password"}; {} for none'


def _parse_login(value: object) -> Auth:
    auth = parse_auth(value)
    if auth.kind not in ("none", "basic"):
        raise RefusedError.expected(_LOGIN)
    return auth


@dataclass(frozen=True, slots=True)
class CassandraTarget:
    """Which table rows go to, under a name for --to.

    `url` holds no user and password: these became `auth`.
    """

    name: str  # the section's name, or "" for a bare URL
    url: str = field(
        repr=False,
        metadata=declared(
            CASSANDRA_URL,
            "The table; user:password@ becomes auth; no host where a bundle names it.",
            secret=True,
            example="cassandra://127.0.0.1:9042/shop.orders",
        ),
    )
    repeatable: bool | Literal["auto"] = field(
        default="auto",
        metadata=declared(
            either('true, false or "auto"', switch(), word("auto")),
            'Whether rows that may have arrived may be sent again; "auto" goes by the statement.',
        ),
    )
    fallback: str = field(
        default="", metadata=declared(text(), 'Name of the target that takes rows while this one is down; "" for none.')
    )
    consistency: Consistency = field(
        default="LOCAL_QUORUM",
        metadata=declared(
            word("ANY", "ONE", "TWO", "THREE", "QUORUM", "ALL", "LOCAL_ONE", "LOCAL_QUORUM", "EACH_QUORUM"),
            "How many replicas must have taken a write.",
        ),
    )
    serial_consistency: Literal["SERIAL", "LOCAL_SERIAL"] = field(
        default="LOCAL_SERIAL",
        metadata=declared(word("SERIAL", "LOCAL_SERIAL"), "The same for the condition of a lightweight transaction."),
    )
    local_dc: str = field(
        default="",
        metadata=declared(text(), 'The data centre to write to; "" takes that of the first host that answers.'),
    )
    auth: Auth = field(
        default=Auth(),
        metadata=declared(
            Kind(_LOGIN, _parse_login, write_auth), '{user = "...", password = "..."}; {} for none.', secret=True
        ),
    )
    tls: Tls | None = field(
        default=None,
        metadata=declared(TLS, 'true, false, or {ca = "file", cert = "file", key = "file", verify = true}.'),
    )
    bundle: str = field(
        default="",
        metadata=declared(path(), 'Secure connect bundle (zip) that names hosts and certificates; "" for none.'),
    )
    query: str = field(
        default="",
        metadata=declared(
            text(), 'CQL of your own with named markers (:field) instead of the derived INSERT or UPDATE; "" for none.'
        ),
    )
