"""Frames over real sockets: nothing blocks, nothing is lost, the end comes last."""

from __future__ import annotations

import os
import socket
import threading

import msgspec
import pytest

from loader.workers.channel import Channel, Hangup
from loader.workers.channel_inbox import ChannelInbox

decode = msgspec.msgpack.Decoder(list).decode


@pytest.fixture
def inbox():
    made = ChannelInbox()
    yield made
    made.close()


@pytest.fixture
def ends():
    first, second = socket.socketpair()
    with first, second:
        yield first, second


def channel(sock: socket.socket, inbox: ChannelInbox, **more) -> Channel:
    made = Channel(sock, decode, inbox.put, **more)
    inbox.add(made)
    return made


def received(inbox: ChannelInbox, count: int) -> list:
    return [inbox.get(5.0) for _ in range(count)]


def test_messages_come_in_order_and_those_of_one_write_share_a_frame(inbox, ends):
    ours = channel(ends[0], inbox)
    for i in range(3):
        ours.send(["m", i])
    inbox.get(0.0)
    frame = ends[1].recv(1000)
    assert decode(frame[4:]) == [["m", 0], ["m", 1], ["m", 2]]
    ends[1].sendall(frame + frame)
    assert received(inbox, 6) == [["m", 0], ["m", 1], ["m", 2]] * 2


def test_a_frame_may_come_byte_by_byte(inbox, ends):
    channel(ends[0], inbox)
    frame = msgspec.msgpack.encode([["hello"]])
    for byte in len(frame).to_bytes(4, "big") + frame:
        assert inbox.get(0.0) is None
        ends[1].sendall(bytes((byte,)))
    assert inbox.get(5.0) == ["hello"]


def test_a_reader_that_does_not_read_blocks_nobody_and_gets_everything_later(inbox, ends):
    ours = channel(ends[0], inbox, opening=b"first")
    data = os.urandom(3_000_000)
    for i in range(5):
        ours.send([i, data])
        assert inbox.get(0.0) is None
    other = ChannelInbox()
    assert ends[1].recv(5, socket.MSG_WAITALL) == b"first"
    reading = threading.Thread(target=lambda: channel(ends[1], other), daemon=True)
    reading.start()
    reading.join(5.0)
    found: list[object] = []
    while len(found) < 5:
        inbox.get(0.0)
        if (message := other.get(0.01)) is not None:
            found.append(message)
    assert found == [[i, data] for i in range(5)]
    other.close()


def test_the_hangup_comes_once_and_after_all_that_was_said(inbox, ends):
    channel(ends[0], inbox)
    frame = msgspec.msgpack.encode([["last"]])
    ends[1].sendall(len(frame).to_bytes(4, "big") + frame)
    ends[1].close()
    assert inbox.get(5.0) == ["last"]
    assert isinstance(inbox.get(5.0), Hangup)
    assert inbox.get(0.05) is None


def test_writing_to_a_dead_end_raises_nothing(inbox, ends):
    ours = channel(ends[0], inbox)
    ends[1].close()
    ours.send(["m"])
    assert isinstance(inbox.get(5.0), Hangup)
    ours.send(["m"])
    assert not ours.has_news


def test_a_message_from_a_thread_ends_the_wait(inbox):
    thread = threading.Timer(0.05, inbox.put, ["late"])
    thread.start()
    assert inbox.get(10.0) == "late"
    thread.join()


def test_messages_of_many_threads_all_arrive(inbox):
    threads = [threading.Thread(target=lambda n=n: [inbox.put((n, i)) for i in range(500)]) for n in range(8)]
    for thread in threads:
        thread.start()
    found = received(inbox, 4000)
    for thread in threads:
        thread.join()
    assert sorted(found) == [(n, i) for n in range(8) for i in range(500)]
    assert inbox.get(0.0) is None


def test_a_message_after_the_end_of_an_interrupted_wait_writes_to_no_other_file(monkeypatch):
    inbox = ChannelInbox()

    def interrupted(_timeout: float) -> list:
        raise KeyboardInterrupt

    monkeypatch.setattr(inbox._selector, "select", interrupted)
    with pytest.raises(KeyboardInterrupt):
        inbox.get(5.0)
    inbox.close()
    pipes = [os.pipe() for _ in range(3)]  # the first of them have the numbers of the inbox now
    inbox.put("late")
    for reading, writing in pipes:
        os.set_blocking(reading, False)
        with pytest.raises(BlockingIOError):
            os.read(reading, 1)
        os.close(reading)
        os.close(writing)
