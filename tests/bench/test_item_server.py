"""The server that answers row by row, in its own process."""

from __future__ import annotations

import requests

from tests.bench.item_server import Came, item_server

ROW = b'{"id":1}\n'


def _refused(url: str, rows: int) -> int:
    items = requests.post(url, ROW * rows, timeout=10).json()["items"]
    assert len(items) == rows
    return sum(item["status"] == 422 for item in items)


def test_every_tenth_of_all_rows_is_refused_however_they_are_batched():
    with item_server(10) as server:
        assert [_refused(server.url, rows) for rows in (1, 9, 5, 10, 500)] == [1, 0, 1, 1, 50]


def test_it_tells_what_came_since_the_last_look():
    with item_server(0) as server:
        assert _refused(server.url, 3) == 0
        assert server.take() == Came(3, 3 * len(ROW))
        assert server.take() == Came(0, 0)
