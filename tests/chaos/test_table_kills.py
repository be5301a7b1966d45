"""The same against a real Cassandra, over connections that break: every row is in the table or in the queue."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from loader.checkpoint.folder import read_manifest
from tests.chaos.conftest import TIMES
from tests.chaos.inputs import Maker
from tests.chaos.story import Killer, compare, policies
from tests.chaos.targets import TableTarget

REFUSED = "refusé"  # no ASCII, which the column wants

pytestmark = pytest.mark.timeout(300 * TIMES)


@pytest.fixture
def table(cassandra, session, keyspace, chance) -> Iterator[TableTarget]:
    made = TableTarget(cassandra, session, keyspace, chance)
    yield made
    made.close()


def test_a_load_that_is_killed_leaves_every_row_in_the_table_or_in_the_queue(loader, table, chance, tally):
    maker, rows = Maker(chance, REFUSED), 3000 * TIMES
    loader.write("a.jsonl", maker.jsonl("a.jsonl", rows))
    loader.write("b.jsonl.gz", maker.gzip("b.jsonl.gz", rows))
    loader.write("loader.toml", table.config + policies(chance, size=1000, backoff=0.05))
    # Half of the requests that there are at least, so that the load does not end before the last kill.
    killer = Killer(loader, table, chance, 5 * TIMES, rows // 10)
    command = ("push", "a.jsonl", "b.jsonl.gz", "--to", table.to, "--dlq", "dead.jsonl", "--resume")
    killer.run(*command)
    done = loader(*command)
    assert (done.code, killer.codes) == (1, []), done.err
    compare(maker.truth, table, loader.letters())
    report = done.report
    assert report["read"] == maker.truth.rows == report["delivered"] + report["rejected"]
    assert report["delivered"] == len(maker.truth.good)
    (run,) = (loader.folder / ".loader" / "runs").iterdir()
    started = read_manifest(run).started_us
    # A row has the timestamp of its place in the input, however often and by whichever process it was sent.
    places = {row_id: stamp - started for row_id, stamp in table.timestamps().items()}
    assert sorted(places, key=places.__getitem__) == sorted(places)
    assert all(0 <= place < maker.truth.rows for place in places.values())
    tally.kills += len(killer.times)
    tally.faults += table.faults()
    tally.rows += maker.truth.rows
