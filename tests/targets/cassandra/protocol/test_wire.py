"""One attempt, one reply: answers that come, that come late, and that never come, over real connections."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from queue import SimpleQueue

import pytest

from loader.config.sections import Timeouts
from loader.targets.cassandra.protocol.frames import Framer
from loader.targets.cassandra.protocol.wire import Answered, Lost, Reply, TimedOut, Unprepared, Unsent, Wire
from loader.targets.cassandra.session import connect
from loader.targets.cassandra.settings.cassandra_target import CassandraTarget
from tests.targets.cassandra.proxy import HoldingProxy

WAIT = 20  # seconds for what comes at once, on a busy machine


class Sender:
    """Sends rows into a table of one column over a wire; replies come with the number of their row."""

    def __init__(self, proxy: HoldingProxy, table: str, timeout: float) -> None:
        self.link = connect(CassandraTarget("", f"cassandra://127.0.0.1:{proxy.port}/{table}"), Timeouts())
        query = f"INSERT INTO {table} (id) VALUES (?)"
        prepared = self.link.session.prepare(query)
        levels = {"consistency": "ONE", "serial_consistency": "SERIAL"}
        self._framer = Framer(prepared.query_id, 1, **levels, answers=False)
        self.wire = Wire(self.link.session, query, timeout)
        self.replies: SimpleQueue = SimpleQueue()

    def send(self, *numbers: int) -> None:
        for number in numbers:
            frame = self._framer.frame([b"\0\0\0\x04" + number.to_bytes(4, "big")])
            hosts = self.link.session.cluster.metadata.all_hosts()
            self.wire.send(frame, iter(hosts), partial(self._came, number))

    def _came(self, number: int, reply: Reply) -> None:
        self.replies.put((number, reply))

    def next(self, count: int = 1) -> dict:
        return dict(self.replies.get(timeout=WAIT) for _ in range(count))

    @property
    def connection(self):
        (pool,) = self.link.session._pools.values()
        return pool._connection

    def close(self) -> None:
        self.wire.close()
        self.link.close()


@pytest.fixture
def table(session, keyspace) -> str:
    session.execute(f"CREATE TABLE {keyspace}.numbers (id int PRIMARY KEY)")
    return f"{keyspace}.numbers"


@pytest.fixture
def proxy(cassandra) -> Iterator[HoldingProxy]:
    made = HoldingProxy(cassandra.host, cassandra.port)
    yield made
    made.close()


@pytest.fixture
def open_sender(proxy, table):
    made: list[Sender] = []

    def make(timeout: float = WAIT) -> Sender:
        made.append(Sender(proxy, table, timeout))
        return made[-1]

    yield make
    for sender in made:
        sender.close()


def stored(session, table: str) -> set[int]:
    return {row.id for row in session.execute(f"SELECT id FROM {table}")}


def test_every_request_is_answered_once(open_sender, session, table):
    sender = open_sender()
    sender.send(*range(500))
    replies = sender.next(500)
    assert set(replies.values()) == {Answered(None)}
    assert replies.keys() == stored(session, table) == set(range(500))
    assert sender.replies.empty()


def test_an_answer_that_does_not_come_in_time_leaves_the_row_in_doubt(open_sender, proxy, session, table):
    sender = open_sender(timeout=0.3)
    proxy.hold()
    sender.send(1, 2)
    assert sender.next(2) == {1: TimedOut(sent=True), 2: TimedOut(sent=True)}
    assert stored(session, table) == {1, 2}


def test_a_late_answer_answers_no_other_request(open_sender, proxy, session, table):
    """Its stream is not used again before it has come, and nobody is told of it."""
    sender = open_sender(timeout=0.3)
    proxy.hold()
    sender.send(1)
    assert sender.next() == {1: TimedOut(sent=True)}
    orphans = set(sender.connection.orphaned_request_ids)
    assert len(orphans) == 1
    sender.send(2)
    assert not orphans & sender.connection._requests.keys()
    proxy.release()
    assert 2 in sender.next()
    sender.send(*range(3, 200))
    assert sender.next(197).keys() == set(range(3, 200))
    assert sender.connection.orphaned_request_ids == set()
    assert sender.connection.in_flight == 0
    assert sender.replies.empty()


def test_a_connection_that_breaks_loses_what_was_under_way_and_is_mended(open_sender, proxy):
    sender = open_sender()
    proxy.hold()
    sender.send(1, 2, 3)
    sender.connection.close()
    replies = sender.next(3)
    assert {type(reply) for reply in replies.values()} == {Lost}
    proxy.release()
    number = 10
    while True:  # until the driver has connected again
        sender.send(number)
        (reply,) = sender.next().values()
        if reply == Answered(None):
            break
        assert isinstance(reply, Unsent | Lost)
        number += 1


def test_without_a_connection_nothing_is_sent(open_sender, proxy, session, table):
    sender = open_sender()
    proxy.close()
    replies: list[Reply] = []
    while not replies or not isinstance(replies[-1], Unsent):
        sender.send(len(replies))
        replies += sender.next().values()
    assert "127.0.0.1" in str(replies[-1].errors)
    assert len(replies) - 1 not in stored(session, table)


def test_a_statement_that_the_server_forgot_is_prepared_again(open_sender, session, table):
    sender = open_sender()
    session.execute(f"ALTER TABLE {table} ADD note text")  # the server drops what it prepared for the table
    sender.send(1)
    assert sender.next() == {1: Answered(None)}
    assert stored(session, table) == {1}


def test_a_statement_that_is_not_taken_again_is_told(open_sender, session, table):
    sender = open_sender()
    session.execute(f"DROP TABLE {table}")
    sender.send(1)
    (reply,) = sender.next().values()
    assert isinstance(reply, Unprepared)
    assert "numbers" in reply.message.message
