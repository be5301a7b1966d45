"""Bulk answers of the sink, row by row, in the forms that bulk endpoints use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from loader.sink.fault_settings import ItemsMode
from loader.sink.faults import RowFault
from loader.sink.http1 import Reply


def item_reply(mode: ItemsMode, rows: int, faults: Mapping[int, RowFault]) -> Reply:
    """The answer to a request of `rows` rows, of which those in `faults` were not stored. One item a row, same order.

    "elasticsearch": 200 and `{"errors": bool, "items": [{"index": {"status": ..., "error": {...}}}]}`.
    "multi-status": 207 (RFC 4918 section 13) and `{"items": [{"status": ..., "error": "..."}]}`.
    """
    if mode == "elasticsearch":
        items = [{"index": _elasticsearch_item(faults.get(index))} for index in range(rows)]
        return Reply(200, msgspec.json.encode({"took": 0, "errors": bool(faults), "items": items}))
    statuses = [_item(faults.get(index)) for index in range(rows)]
    return Reply(207, msgspec.json.encode({"items": statuses}))


def _item(fault: RowFault | None) -> dict[str, Any]:
    return {"status": 201} if fault is None else {"status": fault.status, "error": fault.reason}


def _elasticsearch_item(fault: RowFault | None) -> dict[str, Any]:
    if fault is None:
        return {"status": 201, "result": "created"}
    return {"status": fault.status, "error": {"type": fault.fault, "reason": fault.reason}}
