"""What a real server receives: bodies, headers, credentials, keys and templates."""

from __future__ import annotations

from queue import SimpleQueue

import pytest

from loader.config.sections import Auth, Batching, FieldMapping
from loader.errors import UsageError
from loader.keys import row_key
from loader.outcomes import ACCEPTED, Result
from loader.rows import Batch
from loader.targets.http.settings.http_target import HttpTarget
from loader.targets.http.target import HttpEndpoint
from loader.texts.text_meaning import TextMeaning
from tests.targets.http.conftest import context, csv, jsonl
from tests.targets.http.servers import answer, keep_alive, read_request, serving

TWO = jsonl(b'{"id":1, "n":1.50}', b'{"id":2}')
ONE = jsonl(b'{"id":1, "n":1.50}')
BY_ONE = {"batching": Batching(size=1)}


@pytest.fixture
def server():
    with serving(keep_alive(lambda seen: answer(200))) as accepting:
        yield accepting


@pytest.fixture
def arrives(server, sending):
    """What arrives when rows are sent."""

    def send(rows, target=None, path="/", **changes):
        assert sending(server.url + path, rows, target, **changes) == ACCEPTED
        return server.requests[-1]

    return send


@pytest.mark.parametrize(
    ("rows", "target", "size", "body", "kind"),
    [
        (TWO, {}, 1000, b'[{"id":1, "n":1.50},{"id":2}]', "application/json"),
        (ONE, {}, 1000, b'[{"id":1, "n":1.50}]', "application/json"),
        (ONE, {}, 1, b'{"id":1, "n":1.50}', "application/json"),
        (ONE, {"body": "row"}, 1000, b'{"id":1, "n":1.50}', "application/json"),
        (TWO, {"body": "ndjson"}, 1000, b'{"id":1, "n":1.50}\n{"id":2}\n', "application/x-ndjson"),
        (ONE, {"body": "ndjson"}, 1, b'{"id":1, "n":1.50}\n', "application/x-ndjson"),
        (TWO, {"wrapper": '{"rows": {{rows}}}'}, 9, b'{"rows": [{"id":1, "n":1.50},{"id":2}]}', "application/json"),
        (TWO, {"wrapper": '{"r":{{row}}}'}, 9, b'[{"r":{"id":1, "n":1.50}},{"r":{"id":2}}]', "application/json"),
        (
            TWO,
            {"body": "ndjson", "wrapper": '{"index":{"_id":{{id}}}}\n{{row}}'},
            9,
            b'{"index":{"_id":1}}\n{"id":1, "n":1.50}\n{"index":{"_id":2}}\n{"id":2}\n',
            "application/x-ndjson",
        ),
        (
            ONE,
            {"wrapper": '{"key":{{n}},"all":{{rows}}}'},
            1,
            b'{"key":1.50,"all":{"id":1, "n":1.50}}',
            "application/json",
        ),
    ],
)
def test_bodies(arrives, rows, target, size, body, kind):
    seen = arrives(rows, target, batching=Batching(size=size))
    assert seen.body == body
    assert seen.headers["content-type"] == kind
    assert seen.headers["content-length"] == str(len(body))
    assert seen.method == "POST"


def test_delimited_rows_are_mapped(arrives):
    rows = csv(("id", "name"), ("1", "é"), ("2", "-"))
    mapping = FieldMapping(fields={"name": "Name"}, types={"id": "integer"})
    seen = arrives(rows, mapping=mapping, texts=TextMeaning(("-",)))
    assert seen.body.decode() == '[{"id":1,"Name":"é"},{"id":2,"Name":null}]'


def test_bodies_can_be_compressed(arrives):
    seen = arrives(TWO, {"gzip": True})
    assert seen.headers["content-encoding"] == "gzip"
    assert seen.text == b'[{"id":1, "n":1.50},{"id":2}]'


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_methods(arrives, method):
    assert arrives(ONE, {"method": method}).method == method


@pytest.mark.parametrize(
    ("auth", "name", "value"),
    [
        (Auth("basic", "mé", "s3cret"), "authorization", "Basic bcOpOnMzY3JldA=="),
        (Auth("bearer", secret="s3cret"), "authorization", "Bearer s3cret"),
        (Auth("header", secret="s3cret", header="X-Api-Key"), "x-api-key", "s3cret"),
    ],
)
def test_credentials(arrives, auth, name, value):
    assert arrives(ONE, {"auth": auth}).headers[name] == value


def test_no_credentials_are_taken_from_the_machine(arrives, monkeypatch, tmp_path):
    """requests would look for them in ~/.netrc."""
    (tmp_path / "netrc").write_text("machine localhost login me password s3cret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert "authorization" not in arrives(ONE).headers


def test_own_headers_replace_the_usual_ones_whatever_their_case(arrives):
    headers = {"content-TYPE": "application/vnd.api+json", "X-Name": "é", "user-agent": "mine"}
    seen = arrives(ONE, {"headers": headers})
    assert seen.headers["content-type"] == "application/vnd.api+json"
    assert seen.headers["user-agent"] == "mine"
    assert seen.headers["x-name"].encode("latin-1").decode() == "é"


def test_the_path_and_query_of_the_url_are_kept(arrives):
    assert arrives(ONE, path="/a%2Fb/c d?e=f&g=%20").target == "/a%2Fb/c%20d?e=f&g=%20"
    assert arrives(ONE, path="?x=y").target == "/?x=y"


def test_templates_in_url_headers_and_wrapper(arrives):
    rows = jsonl(b'{"id":"a/b ?","n":7,"deep":{"x":[1]}}')
    target = {"headers": {"X-N": "n={{n}}"}, "wrapper": '{"d":{{deep}},"all":{{row}}}'}
    seen = arrives(rows, target, path="/items/{{id}}?n={{n}}", **BY_ONE)
    assert seen.target == "/items/a%2Fb%20%3F?n=7"
    assert seen.headers["x-n"] == "n=7"
    assert seen.body == b'{"d":{"x":[1]},"all":' + rows.raw[0] + b"}"


def test_dots_in_a_value_reach_the_server_as_they_are(arrives):
    assert arrives(jsonl(b'{"id":"a..b"}'), path="/x/{{id}}", **BY_ONE).target == "/x/a..b"


def test_rows_that_do_not_fit_a_template_are_refused_and_not_sent(server, sender):
    rows = jsonl(b'{"id":1}', b"{}", b'{"id":".."}', b'{"id":null}', b'{"id":"x\\ny"}', b'{"id":2}')
    target = sender(f"{server.url}/{{{{id}}}}", {"headers": {"X-Id": "{{id}}"}}, **BY_ONE)
    cut = target.endpoint.batcher().add(rows)
    (refused,) = cut.unfit
    kinds = [(o, cause.error_type) for o, cause in zip(refused.rows.ordinals, refused.causes, strict=True)]
    assert kinds == [(1, "missing_field"), (2, "bad_value"), (3, "bad_value"), (4, "bad_value")]
    assert [target.send_batch(batch) for batch in cut.batches] == [ACCEPTED, ACCEPTED]
    assert [seen.target for seen in server.requests] == ["/1", "/2"]


@pytest.mark.parametrize(
    "settings",
    [
        {"url": "http://localhost/{{id}}"},
        {"url": "http://localhost/?a={{id}}"},
        {"headers": {"X": "{{id}}"}},
        {"wrapper": '{"id":{{id}},"all":{{rows}}}'},
    ],
)
def test_fields_outside_of_rows_need_one_row_a_request(settings):
    target = HttpTarget("api", **{"url": "http://localhost/", **settings})
    with pytest.raises(UsageError, match=r"target api: \w+ holds fields .* batch.size = 1"):
        HttpEndpoint(target, context())
    HttpEndpoint(target, context(**BY_ONE)).close()


@pytest.mark.parametrize("wrapper", ["{}", "{{row}}{{rows}}", "{{row}}{{row}}"])
def test_a_wrapper_holds_its_rows_once(wrapper):
    with pytest.raises(UsageError, match="wrapper must hold"):
        HttpEndpoint(HttpTarget("api", "http://localhost/", wrapper=wrapper), context())


def test_one_row_requests_carry_the_key_of_their_row(arrives):
    key = arrives(ONE).headers["idempotency-key"]
    assert key == row_key("run-1", 0, "rows.jsonl", 0)
    assert arrives(ONE).headers["idempotency-key"] == key, "a repetition has the same"
    assert arrives(jsonl(ONE.raw[0], first=1)).headers["idempotency-key"] != key, (
        "the same bytes elsewhere are another row"
    )


def test_requests_cut_otherwise_carry_other_keys(server, sender):
    target = sender(server.url)
    (batch,) = target.cut(TWO)
    for each in (batch, *batch.halves(), batch.take([1]), batch):
        target.send_batch(each)
    whole, first, second, taken, again = [seen.headers["idempotency-key"] for seen in server.requests]
    assert len({whole, first, second}) == 3
    assert taken == second == row_key("run-1", 0, "rows.jsonl", 100)
    assert again == whole


def test_the_header_of_the_key_can_be_named_or_left_out(arrives):
    assert "idempotency-key" not in arrives(ONE, {"idempotency_header": ""}).headers
    assert "x-key" in arrives(ONE, {"idempotency_header": "X-Key"}).headers


def test_one_row_requests_go_through_all_threads_and_each_is_answered_once(server, sender):
    target = sender(server.url, max_in_flight=8, **BY_ONE)
    batches = target.cut(jsonl(*[b'{"a":%d}' % i for i in range(200)]))
    answered: list[Result] = []
    for batch in batches[1:]:
        target.endpoint.submit(batch, answered.append)
    assert target.send_batch(batches[0]) == ACCEPTED
    while len(answered) < 199:
        target.send_batch(batches[0])
    assert answered == [ACCEPTED] * 199
    assert server.connections <= 8


def test_connections_that_end_after_some_answers_cost_nothing(sender):
    """Many at once, over connections that the server ends after every third answer, and says so."""

    def handle(server, connection):
        with connection.makefile("rb") as stream:
            for ending in ("keep-alive", "keep-alive", "close"):
                if (seen := read_request(stream)) is None:
                    return
                server.requests.append(seen)
                connection.sendall(answer(200, b"{}", f"Connection: {ending}"))

    with serving(handle) as server:
        target = sender(server.url, max_in_flight=8, **BY_ONE)
        batches = target.cut(jsonl(*[b'{"a":%d}' % i for i in range(120)]))
        answered: SimpleQueue[Result] = SimpleQueue()
        for batch in batches:
            target.endpoint.submit(batch, answered.put)
        assert [answered.get(timeout=60) for _ in batches] == [ACCEPTED] * 120
        assert len(server.requests) == 120
        assert 40 <= server.connections <= 48


def test_what_nobody_foresaw_is_answered_as_a_defect(server, sender):
    target = sender(server.url)
    (batch,) = target.cut(ONE)
    cause = target.send_batch(Batch(batch.rows, [None], [0])).cause
    assert cause.error_type == "defect"
    assert not cause.retryable
    assert "Traceback" in cause.hint
    assert target.send(ONE) == ACCEPTED, "the others go on"


def test_a_request_can_be_shown_without_its_secrets():
    auth = Auth("bearer", secret="s3cret")
    target = HttpTarget("", "http://localhost/a?token=hidden", headers={"X-Say": "s3cret é"}, auth=auth, gzip=True)
    endpoint = HttpEndpoint(target, context())
    shown = endpoint.preview.render(endpoint.batcher().add(TWO).batches[0])
    endpoint.close()
    assert shown.startswith("POST http://localhost/a?token=***\n")
    assert "Authorization: ***" in shown
    assert "X-Say: *** é" in shown
    assert shown.endswith('\n\n[{"id":1, "n":1.50},{"id":2}]')
    assert "s3cret" not in shown


def test_a_long_body_is_shown_in_part():
    endpoint = HttpEndpoint(HttpTarget("", "http://localhost/"), context())
    shown = endpoint.preview.render(endpoint.batcher().add(jsonl(b'{"a":"%s"}' % (b"x" * 5000))).batches[0])
    endpoint.close()
    assert shown.endswith("x... (5,010 bytes)")
    assert len(shown) < 2500


def test_facts_tell_what_will_be_sent():
    auth = Auth("basic", "me", "s3cret")
    endpoint = HttpEndpoint(HttpTarget("api", "http://localhost/a", auth=auth, body="ndjson"), context())
    facts = endpoint.preview.describe()
    endpoint.close()
    assert facts["request"] == "POST http://localhost/a"
    assert facts["body"] == "ndjson (application/x-ndjson), up to 1,000 rows or 1,048,576 bytes a request"
    assert facts["authentication"] == "basic"
    assert "s3cret" not in str(facts)
    assert endpoint.name == "api"
