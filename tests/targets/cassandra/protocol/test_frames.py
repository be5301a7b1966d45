"""Requests byte by byte, as the driver itself would write them (native protocol v4)."""

from __future__ import annotations

import io

import pytest
from cassandra import ConsistencyLevel
from cassandra.protocol import BatchMessage, ExecuteMessage, ProtocolHandler
from cassandra.query import BatchType

from loader.targets.cassandra.protocol.frames import Framer, encode

QUERY_ID = bytes(range(16))
VALUES = [(b"\0\0\0\x01", None), (b"", b"text"), (b"\0\0\0\x02", b"\xff" * 300)]


def cells(values) -> bytes:
    return b"".join(b"\xff\xff\xff\xff" if value is None else len(value).to_bytes(4, "big") + value for value in values)


def framer(
    consistency: str = "LOCAL_QUORUM", serial_consistency: str = "LOCAL_SERIAL", *, answers: bool = False
) -> Framer:
    return Framer(QUERY_ID, 2, consistency=consistency, serial_consistency=serial_consistency, answers=answers)


def driver_bytes(message, stream: int) -> bytes:
    return ProtocolHandler.encode_message(message, stream, 4, None, False)


@pytest.mark.parametrize("stream", [0, 1, 32_767])
def test_one_row_is_an_execute(stream):
    message = ExecuteMessage(QUERY_ID, VALUES[0], ConsistencyLevel.LOCAL_QUORUM)
    assert encode(framer().frame([cells(VALUES[0])]), stream, 4) == driver_bytes(message, stream)


def test_a_lightweight_transaction_asks_for_columns_and_brings_its_serial_consistency():
    message = ExecuteMessage(QUERY_ID, VALUES[1], ConsistencyLevel.ALL, ConsistencyLevel.SERIAL)
    made = framer(consistency="ALL", serial_consistency="SERIAL", answers=True)
    assert encode(made.frame([cells(VALUES[1])]), 7, 4) == driver_bytes(message, 7)


def test_several_rows_are_an_unlogged_batch():
    queries = [(True, QUERY_ID, values) for values in VALUES]
    message = BatchMessage(BatchType.UNLOGGED, queries, ConsistencyLevel.ONE)
    made = framer(consistency="ONE")
    assert encode(made.frame([cells(values) for values in VALUES]), 7, 4) == driver_bytes(message, 7)


def test_overhead_is_what_a_row_takes_besides_its_values():
    body = io.BytesIO()
    BatchMessage(BatchType.UNLOGGED, [(True, QUERY_ID, VALUES[0])] * 3, ConsistencyLevel.ONE).send_body(body, 4)
    made = framer(consistency="ONE")
    rows = 3 * (made.overhead + len(cells(VALUES[0])))
    assert len(body.getvalue()) == rows + 3 + 3  # type and count before, consistency and flags behind
