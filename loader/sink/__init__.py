"""A local HTTP target that stores rows in SQLite, so that they can be counted, and misbehaves on request.

http1            bytes <-> requests and replies
request_rows     request bodies -> rows
store            rows, requests and answers in SQLite
fault_settings   misbehaviour as values, read from short texts
faults           settings, chance and counts -> what a request gets
bulk_answers     answers that speak of each row
request_service  one request -> what to do with it
listener         a port that can refuse for a while
server           threads and connections
request_log      one JSON line a request
"""

from __future__ import annotations

from loader.sink.fault_settings import (
    FaultSettings,
    ItemsMode,
    Outage,
    RetryAfter,
    Rule,
    Slow,
    StatusShare,
    parse_share,
)
from loader.sink.request_log import RequestLog, json_lines
from loader.sink.server import SinkServer, SinkSettings
from loader.sink.store import RequestRecord, Store

__all__ = [
    "FaultSettings",
    "ItemsMode",
    "Outage",
    "RequestLog",
    "RequestRecord",
    "RetryAfter",
    "Rule",
    "SinkServer",
    "SinkSettings",
    "Slow",
    "StatusShare",
    "Store",
    "json_lines",
    "parse_share",
]
