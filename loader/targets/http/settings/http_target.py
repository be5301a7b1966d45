"""The [target.NAME] section of an HTTP endpoint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from loader.config.auth import AUTH, Auth
from loader.config.declaration import key as declared
from loader.config.values import path, switch, text, word
from loader.targets.http.settings.accept import ACCEPT, Accept
from loader.targets.http.settings.endpoint_url import PROXY, URL
from loader.targets.http.settings.headers import HEADERS, OPTIONAL_HEADER
from loader.targets.http.settings.row_answers import ITEMS, Items

_WRAPPER = text('a text that holds {{rows}} or {{row}}, or ""', r"(?s:.*\{\{rows?\}\}.*)?")


@dataclass(frozen=True, slots=True)
class HttpTarget:
    """Where rows go, under a name for --to; templates in url, headers and wrapper take {{field}} of the row.

    `url` holds no user and password: these became `auth`.
    """

    name: str  # the section's name, or "" for a bare URL
    url: str = field(
        repr=False,
        metadata=declared(
            URL,
            "Where requests go; user:password@ becomes basic auth.",
            secret=True,
            example="https://api.example.com/items",
        ),
    )
    repeatable: bool = field(
        default=True, metadata=declared(switch(), "Whether rows that may have arrived may be sent again.")
    )
    fallback: str = field(
        default="", metadata=declared(text(), 'Name of the target that takes rows while this one is down; "" for none.')
    )
    method: Literal["POST", "PUT", "PATCH"] = field(
        default="POST", metadata=declared(word("POST", "PUT", "PATCH"), "Method of the requests.")
    )
    body: Literal["array", "ndjson", "row"] = field(
        default="array",
        metadata=declared(
            word("array", "ndjson", "row"), "A JSON array of rows, one row a line, or one bare row a request."
        ),
    )
    wrapper: str = field(
        default="",
        metadata=declared(_WRAPPER, "Text around {{rows}}, the whole body, or around {{row}}, each of its rows."),
    )
    headers: Mapping[str, str] = field(
        default_factory=dict,
        repr=False,
        metadata=declared(HEADERS, 'Further headers: {X-Name = "value"}.', secret=True),
    )
    idempotency_header: str = field(
        default="Idempotency-Key",
        metadata=declared(
            OPTIONAL_HEADER,
            'Header that carries the idempotency key; "" for none, as with PUT unless this is set.',
        ),
    )
    auth: Auth = field(
        default=Auth(),
        metadata=declared(
            AUTH,
            '{basic = "user:password"}, {bearer = "token"} or {header = "X-Api-Key", value = "..."}; {} for none.',
            secret=True,
        ),
    )
    gzip: bool = field(default=False, metadata=declared(switch(), "Whether bodies are compressed."))
    ca: str = field(
        default="", metadata=declared(path(), 'File of certificates to trust; "" for the well-known authorities.')
    )
    cert: str = field(default="", metadata=declared(path(), 'File of the client certificate; "" for none.'))
    key: str = field(default="", metadata=declared(path(), "File of the client certificate's private key."))
    verify: bool = field(default=True, metadata=declared(switch(), "Whether the server's certificate is checked."))
    proxy: str = field(
        default="",
        repr=False,
        metadata=declared(PROXY, 'URL of a proxy; "" takes it from the environment, "none" goes direct.', secret=True),
    )
    items: Items | None = field(
        default=None,
        metadata=declared(
            ITEMS,
            '"elasticsearch", "multi-status" or {list, status, error}: where answers speak of each row; "" for none.',
        ),
    )
    accept: Accept | None = field(
        default=None,
        metadata=declared(
            ACCEPT,
            '{path, equals} or {absent}: what a whole 2xx answer must say, where a status alone is no success; "" for '
            "none.",
        ),
    )
