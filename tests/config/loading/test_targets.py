"""What the keys of a [target.NAME] section hold: URLs, headers, auth, items, derived defaults."""

from __future__ import annotations

import tomllib

import pytest

from loader.config.auth import AUTH, Auth
from loader.config.loading.targets import build_target
from loader.config.urls import public_url
from loader.config.values import RefusedError
from loader.targets.http.kind import HttpKind
from loader.targets.http.settings.accept import ACCEPT, Accept
from loader.targets.http.settings.endpoint_url import PROXY, URL
from loader.targets.http.settings.headers import HEADERS, OPTIONAL_HEADER
from loader.targets.http.settings.row_answers import ITEMS, Items


def refusals(kind, value) -> list[tuple[str, str]]:
    with pytest.raises(RefusedError) as refused:
        kind.parse(value)
    return [(".".join(r.at), r.message) for r in refused.value.refusals]


@pytest.mark.parametrize(
    "url",
    [
        "https://host/path",
        "http://host:8080",
        "HTTPS://host/",
        "https://[::1]:8443/x",
        "https://bücher.example/x",
        "https://user:pa%40ss@host/x",
        "https://host/{{id}}/x?a={{first name}}&b={{a/b?c#d}}",
        "https://localhost/@user",
    ],
)
def test_urls_that_are_taken_as_given(url):
    assert URL.parse(url) == url


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (3, "a URL like https://host/path"),
        ("host/path", "a URL like https://host/path"),
        ("ftp://host/x", "scheme is http or https"),
        ("https:///path", "host or port"),
        ("https://host:99999/", "host or port"),
        ("https://host:port/", "host or port"),
        ("https://host:0/", "host or port"),
        ("https://a..b/", "host or port"),
        ("https://[::1/", "a URL like"),
        ("https://evil\\@host/", "host or port"),
        ("https://host/x#y", "without a fragment"),
        ("https://host/a b", "blanks"),
        ("https://host/a\n", "blanks"),
        ("https://host/\x1b[31m", "blanks"),
        ("{{scheme}}://host/", "path and query only"),
        ("https://{{host}}/x", "path and query only"),
        ("https://{{a/b}}/x", "path and query only"),
        ("https://host:{{port}}/x", "path and query only"),
        ("https://{{user}}@host/x", "path and query only"),
        ("https://host/{{id", "each closed by }}"),
        ("https://host/id}}", "each closed by }}"),
    ],
)
def test_refused_urls_say_what_was_expected(url, expected):
    [(_, message)] = refusals(URL, url)
    assert expected in message


@pytest.mark.parametrize(
    ("url", "public"),
    [
        ("https://user:pw@host/x", "https://host/x"),
        ("https://host/x?api_key=abc&page=2&sig=def", "https://host/x?api_key=***&page=2&sig=***"),
        ("https://host/x?key={{key}}", "https://host/x?key={{key}}"),
        ("https://host/@user?a=b@c", "https://host/@user?a=b@c"),
        ("https://a@b:c@host/", "https://host/"),
        ("user:pw@host:3128", "host:3128"),
        ("http://host", "http://host"),
    ],
)
def test_public_urls_hold_no_secret(url, public):
    assert public_url(url) == public


@pytest.mark.parametrize("proxy", ["", "none", "http://proxy:3128", "https://user:pw@proxy:3128/"])
def test_proxies_that_are_taken_as_given(proxy):
    assert PROXY.parse(proxy) == proxy


@pytest.mark.parametrize("proxy", [1, "proxy:3128", "socks5://proxy", "http://", "http://proxy/path", "http://pro xy"])
def test_refused_proxies(proxy):
    [(_, message)] = refusals(PROXY, proxy)
    assert message.startswith("expected a URL")


@pytest.mark.parametrize(
    ("value", "auth"),
    [
        ({}, Auth()),
        ({"basic": "bob:a:b"}, Auth("basic", "bob", "a:b")),
        ({"user": "bob", "password": ""}, Auth("basic", "bob", "")),
        ({"bearer": "abc.def="}, Auth("bearer", secret="abc.def=")),
        ({"header": "X-Api-Key", "value": "k"}, Auth("header", secret="k", header="X-Api-Key")),
    ],
)
def test_forms_of_auth(value, auth):
    assert AUTH.parse(value) == auth


@pytest.mark.parametrize(
    ("value", "at", "expected"),
    [
        ("bearer x", "", '{bearer = "token"}'),
        ({"bearer": "t", "basic": "a:b"}, "", '{bearer = "token"}'),
        ({"user": "bob"}, "", '{bearer = "token"}'),
        ({"basic": "bob"}, "basic", '"user:password"'),
        ({"bearer": ""}, "bearer", "not empty"),
        ({"bearer": 12345}, "bearer", "not empty"),
        ({"bearer": "a b"}, "bearer", "without blanks"),
        ({"bearer": "a\r\nX: y"}, "bearer", "without blanks"),
        ({"user": "a:b", "password": "x"}, "", 'a user without ":"'),
        ({"basic": "a\n:x"}, "basic", "control characters"),
        ({"header": "X Key", "value": "x"}, "header", "name of a header"),
        ({"header": "Host", "value": "x"}, "header", "name of a header"),
        ({"header": "X-Key", "value": "x\ny"}, "value", "without CR"),
        ({"tokn": "x"}, "tokn", "unknown key"),
    ],
)
def test_refused_auth_says_what_was_expected_and_never_the_value(value, at, expected):
    [(where, message)] = refusals(AUTH, value)
    assert where == at
    assert expected in message
    assert "12345" not in message


def test_auth_shows_no_secret():
    for value in ({"basic": "bob:hunter2"}, {"bearer": "hunter2"}, {"header": "X-Key", "value": "hunter2"},
                  {"user": "hunter2", "password": ""}):  # fmt: skip
        auth = AUTH.parse(value)
        assert "hunter2" not in repr(auth) + AUTH.write(auth)


def test_headers_are_taken_as_given():
    headers = {"X-Tenant": "{{tenant}}", "Accept": "", "X-Note": "a\tb ü"}
    assert HEADERS.parse(headers) == headers


def test_all_bad_headers_are_refused_at_once():
    bad = {"X a": "x", "": "x", "X:": "x", "host": "x", "Transfer-Encoding": "x", "Connection": "x",
           "CONTENT-LENGTH": "1", "A": "x\r\ny: z", "B": "x\0", "C": 3, "D": " x", "E": "1", "e": "2"}  # fmt: skip
    assert [at for at, _ in refusals(HEADERS, bad)] == [name for name in bad if name != "E"]


def test_header_names_alone_may_be_empty_but_no_framing_header():
    assert OPTIONAL_HEADER.parse("") == ""
    assert OPTIONAL_HEADER.parse("X-Key") == "X-Key"
    for name in ("a b", "Content-Length", 3):
        refusals(OPTIONAL_HEADER, name)


@pytest.mark.parametrize(
    ("value", "items"),
    [
        ("", None),
        ("elasticsearch", Items(("items",), "*.status", "*.error")),
        ("multi-status", Items(("", "items", "results", "responses"), "status", "error")),
        ({"list": "a.b", "status": "s", "error": "e.m"}, Items(("a.b",), "s", "e.m")),
        ({"list": ["", "x"], "status": "*.s", "error": ""}, Items(("", "x"), "*.s", "")),
        ({"list": "a", "error": "e"}, Items(("a",), None, "e")),
    ],
)
def test_forms_of_items(value, items):
    assert ITEMS.parse(value) == items
    assert ITEMS.parse(tomllib.loads(f"x = {ITEMS.write(items)}")["x"]) == items
    assert tuple(refusals(ITEMS, 3)[0][1][:8]) == tuple("expected")


@pytest.mark.parametrize(
    ("value", "places"),
    [
        ("elastic", [""]),
        ({}, ["", ""]),
        ({"list": "a..b", "status": 3, "error": "."}, ["list", "status", "error"]),
        ({"list": [], "status": "s", "error": "e"}, ["list"]),
        ({"list": "a", "status": "s", "error": "e", "stat": "x"}, ["stat"]),
    ],
)
def test_refused_items(value, places):
    assert [at for at, _ in refusals(ITEMS, value)] == places


@pytest.mark.parametrize(
    ("value", "accept"),
    [
        ("", None),
        ({"path": "Status", "equals": ["Success", 0, 1.5, True]}, Accept("Status", ("Success", 0, 1.5, True))),
        ({"absent": "errors"}, Accept(absent="errors")),
        ({"path": "a.b", "equals": ["x"], "absent": "*.e"}, Accept("a.b", ("x",), "*.e")),
    ],
)
def test_forms_of_accept(value, accept):
    assert ACCEPT.parse(value) == accept
    assert ACCEPT.parse(tomllib.loads(f"x = {ACCEPT.write(accept)}")["x"]) == accept


@pytest.mark.parametrize(
    ("value", "places"),
    [
        ("Success", [""]),
        ({}, [""]),
        ({"path": "a"}, [""]),
        ({"equals": ["a"]}, [""]),
        ({"path": "", "equals": ["a"]}, ["path"]),
        ({"path": "a", "equals": []}, ["equals"]),
        ({"path": "a", "equals": "Success"}, ["equals"]),
        ({"path": "a", "equals": [["x"]]}, ["equals"]),
        ({"path": "a..b", "equals": ["x"], "absent": 3, "equal": 1}, ["equal", "path", "absent"]),
    ],
)
def test_refused_accept(value, places):
    assert [at for at, _ in refusals(ACCEPT, value)] == places


URL_ONLY = {"url": "https://host/x"}


def test_user_and_password_of_the_url_become_basic_auth():
    target = build_target(HttpKind(), "a", {"url": "https://bob:p%40ss@host/x"})
    assert (target.url, target.auth) == ("https://host/x", Auth("basic", "bob", "p@ss"))


def test_user_and_password_beside_auth_are_refused():
    with pytest.raises(RefusedError, match="where auth is set"):
        build_target(HttpKind(), "a", {"url": "https://bob:x@host/x", "auth": Auth("bearer", secret="y")})


@pytest.mark.parametrize(
    ("given", "header"),
    [
        ({}, "Idempotency-Key"),
        ({"method": "PATCH"}, "Idempotency-Key"),
        ({"method": "PUT"}, ""),
        ({"method": "PUT", "idempotency_header": "X-Key"}, "X-Key"),
        ({"idempotency_header": ""}, ""),
    ],
)
def test_put_carries_no_idempotency_key_unless_told(given, header):
    assert build_target(HttpKind(), "a", URL_ONLY | given).idempotency_header == header


@pytest.mark.parametrize(
    ("given", "body", "wrapper"),
    [
        ({}, "ndjson", '{"index":{}}\n{{row}}'),
        ({"body": "ndjson"}, "ndjson", '{"index":{}}\n{{row}}'),
        ({"body": "array"}, "array", ""),
        ({"wrapper": '{"create":{}}\n{{row}}'}, "ndjson", '{"create":{}}\n{{row}}'),
    ],
)
def test_the_elasticsearch_preset_brings_its_body_where_none_is_set(given, body, wrapper):
    target = build_target(HttpKind(), "a", URL_ONLY | given | {"items": ITEMS.parse("elasticsearch")})
    assert (target.body, target.wrapper) == (body, wrapper)


def test_a_table_that_says_what_the_preset_says_leaves_the_body():
    items = ITEMS.parse({"list": "items", "status": "*.status", "error": "*.error"})
    assert build_target(HttpKind(), "a", {**URL_ONLY, "items": items}).body == "array"


def test_a_target_shows_no_secret():
    given = {
        "url": "https://bob:hunter2@host/x?key=hunter2",
        "headers": {"X": "hunter2"},
        "proxy": "http://a:hunter2@p",
    }
    assert "hunter2" not in repr(build_target(HttpKind(), "a", given))
