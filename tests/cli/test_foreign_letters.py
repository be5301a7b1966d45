"""Letters that another program or a person wrote need no more than the four keys that every letter has."""

from __future__ import annotations

import json

from tests.cli.test_push import ids


def test_rows_of_letters_without_a_place_are_sent_each_under_its_own_key(loader, sink):
    """Under one key a target that honours keys would take the first row, and answer for the others as for that."""
    shared = {"timestamp": "2026-11-24T10:15:00+00:00", "error": "no", "error_type": "http_503"}
    loader.write("dead.jsonl", "".join(json.dumps(shared | {"row": {"id": i}}) + "\n" for i in range(3)))
    loader.configure("[batch]\nsize = 1\n")
    target = sink()
    done = loader("replay", "dead.jsonl", "--to", target.url)
    assert (done.code, done.report["delivered"]) == (0, 3)
    assert ids(target) == [0, 1, 2]
    assert len({request.key for request in target.store.requests()}) == 3
