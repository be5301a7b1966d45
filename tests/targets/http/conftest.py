from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from loader.config.sections import Batching, FieldMapping, Retry, Timeouts
from loader.contents import RawJson, TextColumns
from loader.outcomes import Result
from loader.rows import Batch, Layout, Rows, Source
from loader.targets.context import Context
from loader.targets.http.settings.http_target import HttpTarget
from loader.targets.http.target import HttpEndpoint
from loader.texts.text_meaning import TextMeaning


def jsonl(*raw: bytes, first: int = 0) -> Rows:
    """Rows of a JSONL file; each offset is the row's place times 100."""
    source = Source(0, "rows.jsonl", Layout("jsonl"), stream=False, size=None)
    at = range(first, first + len(raw))
    return Rows(source, source.layout, list(at), [i + 1 for i in at], [100 * i for i in at], RawJson(list(raw)))


def csv(columns: tuple[str, ...], *fields: tuple[str, ...]) -> Rows:
    layout = Layout("csv", columns)
    source = Source(0, "rows.csv", layout, stream=False, size=None)
    at = range(len(fields))
    raw = [",".join(row).encode() for row in fields]
    return Rows(
        source,
        layout,
        list(at),
        [i + 2 for i in at],
        [100 * i for i in at],
        TextColumns(layout.names, raw, list(fields)),
    )


def context(**changes: Any) -> Context:
    known: dict[str, Any] = {
        "run_id": "run-1",
        "started_us": 0,
        "batching": Batching(),
        "timeouts": Timeouts(),
        "retry": Retry(),
        "mapping": FieldMapping(),
        "texts": TextMeaning(),
        "max_in_flight": 4,
        "wall": lambda: 1_700_000_000.0,
        "mask": lambda text: text.replace("s3cret", "***"),
    }
    return Context(**known | changes)


@dataclass
class Sender:
    """An endpoint with a way to send and wait."""

    endpoint: HttpEndpoint

    def cut(self, rows: Rows) -> list[Batch]:
        cut = self.endpoint.batcher().add(rows)
        assert not cut.unfit
        return list(cut.batches)

    def send(self, rows: Rows) -> Result:
        (batch,) = self.cut(rows)
        return self.send_batch(batch)

    def send_batch(self, batch: Batch) -> Result:
        results: list[Result] = []
        arrived = threading.Event()

        def done(result: Result) -> None:
            results.append(result)
            arrived.set()

        self.endpoint.submit(batch, done)
        assert arrived.wait(60)
        return results[0]


@pytest.fixture(autouse=True)
def _no_proxies_of_this_machine(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture(params=["urllib3", "libcurl"])
def transport(request, monkeypatch):
    """What small requests are sent by; whatever a test says of sending holds for both."""
    if request.param == "urllib3":
        monkeypatch.setitem(sys.modules, "pycurl", None)  # as if it were not installed
    return request.param


@pytest.fixture
def sender(transport):
    """Makes endpoints: `sender(url, context changes..., target={settings})`."""
    with contextlib.ExitStack() as stack:

        def make(url: str, target: dict[str, Any] | None = None, **changes: Any) -> Sender:
            endpoint = HttpEndpoint(HttpTarget("", url, **target or {}), context(**changes))
            stack.callback(endpoint.close)
            return Sender(endpoint)

        yield make


@pytest.fixture
def sending(sender) -> Callable[..., Result]:
    """Sends rows once: `sending(url, rows, ...)`."""
    return lambda url, rows, *args, **more: sender(url, *args, **more).send(rows)
