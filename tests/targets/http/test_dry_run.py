"""What a dry run shows; that nothing is sent, and all of it answered, is for the suite over every target."""

from __future__ import annotations

from loader.config.sections import Batching
from loader.targets.dry_run import DryRun
from loader.targets.http.settings.http_target import HttpTarget
from loader.targets.http.target import HttpEndpoint
from tests.targets.http.conftest import context, jsonl


def test_the_first_three_requests_are_shown():
    shown: list[str] = []
    endpoint = HttpEndpoint(HttpTarget("api", "http://no-such-host.invalid/"), context(batching=Batching(size=1)))
    dry = DryRun(endpoint, shown.append)
    for batch in dry.batcher().add(jsonl(*[b'{"a":%d}' % i for i in range(5)])).batches:
        dry.submit(batch, lambda _result: None)
    dry.close()
    assert [text.splitlines()[-1] for text in shown] == ['{"a":0}', '{"a":1}', '{"a":2}']
