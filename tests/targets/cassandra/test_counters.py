"""Increments are never counted twice: what is in doubt is said to be, and left alone."""

from __future__ import annotations

from typing import Any

import pytest

from tests.command import law, wait_for
from tests.targets.cassandra.conftest import jsonl

_ROWS = 3000


def test_increments_are_exact_over_a_clean_run(loader, table):
    views = table("page text, day int, views counter, clicks counter, PRIMARY KEY ((page), day)")
    rows: list[dict[str, Any]] = [{"page": f"p{i % 7}", "day": i % 3, "views": i, "clicks": -1} for i in range(500)]
    del rows[0]["clicks"]
    loader.write("a.jsonl", jsonl(rows))
    loader.write("b.csv", "page,day,views\np0,0,5\np0,0,\n")
    done = loader("push", "a.jsonl", "b.csv", "--to", views.url)
    assert (done.code, done.report["delivered"]) == (0, 502), done.err
    expected = {(f"p{page}", day): [0, 0] for page in range(7) for day in range(3)}
    for row in rows:
        expected[row["page"], row["day"]][0] += row["views"]
        expected[row["page"], row["day"]][1] += row.get("clicks", 0)
    expected["p0", 0][0] += 5
    found = {(page, day): [viewed, clicked] for page, day, viewed, clicked in views.rows("page, day, views, clicks")}
    assert found == expected


def test_no_increment_is_counted_twice_over_a_kill_9_of_the_loader(loader, table):
    """A counter for each row, so that each can be looked at: 1 if delivered, 0 or 1 if unknown."""
    views = table("id int PRIMARY KEY, views counter")
    # What was under way at the kill is in doubt, and would be too large a share of the rows that the resume reads.
    loader.configure("[rate]\nrows = 2000\n[errors]\nmax_error_ratio = 1.0\n")
    loader.write("a.jsonl", jsonl({"id": i, "views": 1} for i in range(_ROWS)))
    with loader.start("push", "a.jsonl", "--to", views.url, "--dlq", "dead.jsonl") as process:
        wait_for(lambda: views.session.execute(f"SELECT id FROM {views.path} WHERE id = {_ROWS // 3}").one())
        process.kill()
        process.communicate()
    done = loader("push", "a.jsonl", "--to", views.url, "--dlq", "dead.jsonl", "--resume")
    assert done.code == 1, done.err
    law(done.report)
    assert done.report["read"] == _ROWS
    letters = loader.letters()
    assert {letter["class"] for letter in letters} == {"unknown"}
    doubtful = {letter["row"]["id"] for letter in letters}
    assert len(doubtful) == len(letters) == done.report["unknown"] > 0
    counted = dict(views.rows("id, views"))
    assert set(counted.values()) == {1}
    assert {i for i in range(_ROWS) if i not in counted} <= doubtful
    # A replay leaves them alone unless it is told otherwise.
    again = loader("replay", "dead.jsonl", "--to", views.url)
    assert (again.code, again.report["skipped"], again.report["read"]) == (0, len(letters), 0)
    assert dict(views.rows("id, views")) == counted


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("[mapping]\nttl = 60\n", "mapping.ttl"),
        ("[mapping]\ntimestamp = 5\n", "mapping.timestamp"),
        ('[target.t]\nurl = "{}"\nrepeatable = true\n', "repeatable"),
    ],
)
def test_what_counters_cannot_have_is_refused(loader, table, config, said):
    views = table("id int PRIMARY KEY, views counter")
    loader.configure(config.format(views.url))
    loader.write("a.jsonl", jsonl([{"id": 1, "views": 1}]))
    done = loader("push", "a.jsonl", "--to", views.url)
    assert (done.code, done.report) == (2, None)
    assert said in done.err
    assert views.rows() == []
