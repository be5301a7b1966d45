from __future__ import annotations

import threading

from loader.config.sections import Batching
from loader.outcomes import ACCEPTED
from loader.targets.dry_run import DryRun
from loader.targets.http.settings.http_target import HttpTarget
from loader.targets.http.target import HttpEndpoint
from tests.targets.http.conftest import context, jsonl


def test_everything_happens_but_the_write():
    """The first three requests are shown, all are accepted, and never within `submit`."""
    shown: list[str] = []
    answers: list[tuple[object, int]] = []
    arrived = threading.Semaphore(0)

    def done(result):
        answers.append((result, threading.get_ident()))
        arrived.release()

    endpoint = HttpEndpoint(HttpTarget("api", "http://no-such-host.invalid/"), context(batching=Batching(size=1)))
    dry = DryRun(endpoint, shown.append)
    batches = dry.batcher().add(jsonl(*[b'{"a":%d}' % i for i in range(5)])).batches
    for batch in batches:
        dry.submit(batch, done)
    assert all(arrived.acquire(timeout=60) for _ in batches)
    dry.close()
    assert [result for result, _ in answers] == [ACCEPTED] * 5
    assert threading.get_ident() not in {thread for _, thread in answers}
    assert [text.splitlines()[-1] for text in shown] == ['{"a":0}', '{"a":1}', '{"a":2}']
    assert dry.name == "api"
