"""What targets tell people of themselves."""

from __future__ import annotations

import pytest

from loader.config.sections import Batching
from loader.targets.cassandra.batcher import BatchLimits
from loader.targets.cassandra.preview import TablePreview
from loader.targets.cassandra.settings.cassandra_target import CassandraTarget
from loader.targets.cassandra.statement import Statement
from loader.targets.cassandra.table_plan import TablePlan
from loader.targets.http.settings.http_target import HttpTarget
from loader.targets.http.settings.row_answers import ELASTICSEARCH
from loader.targets.http.target import HttpEndpoint
from tests.targets.http.conftest import context

BULK = {"items": ELASTICSEARCH, "body": "ndjson"}


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "with the same Idempotency-Key, unless their request was split"),
        ({"idempotency_header": "X-Key"}, "with the same X-Key"),
        ({"idempotency_header": ""}, "may stand there twice, as no idempotency key goes with them"),
        ({"headers": {"Idempotency-Key": "mine"}}, "no idempotency key"),
        ({"method": "PUT", "idempotency_header": ""}, "may stand there twice"),
        ({"url": "http://localhost/{{id}}", "method": "PUT", "idempotency_header": "", "body": "row"}, "none stands"),
        (BULK | {"wrapper": '{"index":{}}\n{{row}}'}, "may stand there twice: Elasticsearch knows no idempotency keys"),
        (BULK | {"wrapper": '{"index":{"_id": {{id}} }}\n{{row}}'}, "rows with an _id of their own stand there once"),
    ],
)
def test_http_targets_say_who_tells_a_row_from_its_repetition(settings, words):
    endpoint = HttpEndpoint(HttpTarget("", **{"url": "http://localhost/", **settings}), context())
    assert words in endpoint.preview.repetition
    endpoint.close()


@pytest.mark.parametrize(
    ("query", "lists", "words"),
    [
        ("", (), "none stands there twice"),
        ("", ("tags", "notes"), "tags, notes may hold elements twice"),
        ("UPDATE t SET a = :a WHERE b = :b", (), "the query ran for them again"),
    ],
)
def test_tables_say_what_the_repetition_of_a_row_does(query, lists, words):
    statement = Statement("", (), (), timestamped=True, is_conditional=False, alone=False, repeatable=True, lists=lists)
    settings = CassandraTarget("", "cassandra://h/k.t", query=query)
    plan = TablePlan(settings, context(), statement, bytes(16), BatchLimits.of(Batching()))
    assert words in TablePreview(plan).repetition
