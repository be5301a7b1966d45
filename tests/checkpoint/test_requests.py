"""Which rows the requests under way hold: the last that had a row counts, and what is torn is not relied on."""

from __future__ import annotations

from loader.checkpoint.requests import OpenRequests, RequestLog, SentRequest, read_requests


def test_a_request_takes_the_place_of_those_that_had_any_of_its_rows():
    whole, other = SentRequest("api", [(0, 10)]), SentRequest("api", [(10, 10)])
    half, rest = SentRequest("api", [(0, 5)]), SentRequest("api", [(11, 1), (13, 2)])
    requests = OpenRequests([whole, other, half, rest])
    assert list(requests) == [half, rest]
    assert requests.among(0, 10) == [half]
    assert requests.among(12, 2) == [rest]
    assert requests.among(5, 6) == []


def test_requests_whose_rows_lie_between_each_other_stay_apart():
    odd, even = SentRequest("api", [(1, 1), (3, 1)]), SentRequest("api", [(0, 1), (2, 1)])
    requests = OpenRequests([odd, even])
    assert requests.among(0, 4) == [even, odd]
    requests.remove(even)
    assert list(requests) == [odd]


def test_what_was_noted_before_a_torn_line_is_read(tmp_path):
    path = tmp_path / "requests"
    log = RequestLog(path)
    log.send("api", [[(0, 10)], [(10, 10)]], ())
    log.accept("api", [(0, 3)])
    log.flush()
    log.close()
    path.write_bytes(path.read_bytes() + b"\0" * 30)
    noted = read_requests(path)
    assert [request.runs for request in noted.requests] == [[(0, 10)], [(10, 10)]]
    assert noted.accepted == dict.fromkeys((0, 1, 2), "api")


def test_a_restart_keeps_what_is_open_alone(tmp_path):
    path = tmp_path / "requests"
    log = RequestLog(path)
    log.send("api", [[(n, 10)] for n in range(0, 1000, 10)], ())
    log.restart((), {}, [SentRequest("api", [(990, 10)])])
    log.send("api", [[(1000, 10)]], ())
    assert [request.runs for request in read_requests(path).requests] == [[(990, 10)], [(1000, 10)]]
    log.restart((), {}, ())
    log.close()
    assert path.read_bytes() == b""
    assert path.stat().st_mode & 0o777 == 0o600
