"""Proxies: named, from the environment, left out, and at fault."""

from __future__ import annotations

import socket
import ssl
from base64 import b64encode

import pytest
import trustme

from loader.config.sections import Timeouts
from loader.errors import UsageError
from loader.outcomes import ACCEPTED, Ending, Fault
from loader.targets.http.settings.http_target import HttpTarget
from loader.targets.http.target import HttpEndpoint
from tests.targets.http.conftest import context, jsonl
from tests.targets.http.servers import Server, answer, keep_alive, proxy, serving

ROW = jsonl(b'{"a":1}')
LOGIN = f"Basic {b64encode(b'me:s3cret').decode()}"


def accepting(tls=None):
    return serving(keep_alive(lambda seen: answer(200)), tls)


@pytest.fixture
def secure(tmp_path):
    """A server with TLS, and the settings that trust it."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(tls)
    with accepting(tls) as server:
        yield server, {"ca": str(tmp_path / "ca.pem")}


def test_plain_requests_are_forwarded(sending):
    with accepting() as server, serving(proxy()) as between:
        assert sending(f"{server.url}/a?b=c", ROW, {"proxy": between.url}) == ACCEPTED
    assert between.requests[0].target == f"{server.url}/a?b=c"
    assert server.requests[0].target == "/a?b=c"
    assert server.requests[0].body == b'[{"a":1}]'


def test_tls_goes_through_a_tunnel(sender, secure):
    server, trust = secure
    with serving(proxy()) as between:
        target = sender(f"{server.url}/a", {"proxy": between.url, **trust})
        assert target.endpoint.preview.check() == "ok"
        assert [target.send(ROW), target.send(ROW)] == [ACCEPTED, ACCEPTED]
    assert [(seen.method, seen.target) for seen in between.requests] == [("CONNECT", f"localhost:{server.port}")] * 2
    assert [seen.target for seen in server.requests] == ["/a", "/a"]


def test_the_proxy_comes_from_the_environment(sending, monkeypatch):
    with accepting() as server, serving(proxy()) as between:
        monkeypatch.setenv("http_proxy", between.url)
        assert sending(server.url, ROW) == ACCEPTED
        assert len(between.requests) == 1


@pytest.mark.parametrize("excluded", ["localhost", "*"])
def test_the_environment_may_leave_a_host_out(sending, monkeypatch, excluded):
    with accepting() as server, serving(proxy()) as between:
        monkeypatch.setenv("http_proxy", between.url)
        monkeypatch.setenv("no_proxy", excluded)
        assert sending(server.url, ROW) == ACCEPTED
        assert not between.requests


def test_none_goes_direct_whatever_the_environment_says(sending, monkeypatch):
    with accepting() as server, serving(proxy()) as between:
        monkeypatch.setenv("http_proxy", between.url)
        assert sending(server.url, ROW, {"proxy": "none"}) == ACCEPTED
        assert not between.requests


def test_a_named_proxy_goes_before_the_environment(sending, monkeypatch):
    with accepting() as server, serving(proxy()) as between, serving(proxy()) as other:
        monkeypatch.setenv("http_proxy", other.url)
        assert sending(server.url, ROW, {"proxy": between.url}) == ACCEPTED
        assert len(between.requests) == 1
        assert not other.requests


def test_credentials_go_to_the_proxy_alone(sending, secure):
    server, trust = secure
    with serving(proxy(password=LOGIN)) as between, accepting() as plain:
        named = between.url.replace("://", "://me:s3cret@")
        assert sending(server.url, ROW, {"proxy": named, **trust}) == ACCEPTED
        assert sending(plain.url, ROW, {"proxy": named}) == ACCEPTED
    assert all("proxy-authorization" not in seen.headers for seen in server.requests + plain.requests)


@pytest.mark.parametrize("tunnel", [True, False])
def test_a_proxy_that_wants_credentials_is_a_certain_fault(sending, secure, tunnel):
    server, trust = secure
    url = server.url if tunnel else server.url.replace("https:", "http:")
    with serving(proxy(password=LOGIN)) as between:
        cause = sending(url, ROW, {"proxy": between.url, **trust}).cause
    assert (cause.error_type, cause.fault, cause.status) == ("http_407", Fault.CERTAIN, 407)
    assert not server.requests


@pytest.mark.parametrize("status", [403, 502])
def test_a_tunnel_that_the_proxy_refuses_sent_nothing(sending, secure, status):
    server, trust = secure
    with serving(proxy(deny=status)) as between:
        cause = sending(server.url, ROW, {"proxy": between.url, **trust}).cause
    assert (cause.error_type, cause.ending, cause.retryable) == ("proxy_refused", Ending.UNSENT, True)
    assert str(status) in cause.message


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_is_down_sent_nothing(sending, scheme):
    with serving(proxy()) as between:
        pass
    cause = sending(f"{scheme}://localhost:1/", ROW, {"proxy": f"http://127.0.0.1:{between.port}"}).cause
    assert (cause.error_type, cause.ending) == ("connect_refused", Ending.UNSENT)
    assert "proxy" in cause.message


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_is_down_is_what_to_look_at_not_the_target(sending, scheme):
    with serving(proxy()) as between:
        pass
    hint = sending(f"{scheme}://localhost:1/", ROW, {"proxy": f"http://127.0.0.1:{between.port}"}).cause.hint
    assert "check that the proxy is up" in hint
    assert "target.proxy" in hint


@pytest.mark.parametrize("name", ["ALL_PROXY", "https_proxy"])
@pytest.mark.parametrize("kind", ["socks5", "socks5h", "SOCKS4"])
def test_a_socks_proxy_of_the_environment_is_refused_with_what_to_do(monkeypatch, name, kind):
    monkeypatch.setenv(name, f"{kind}://me:s3cret@127.0.0.1:1080")
    with pytest.raises(UsageError) as refused:
        HttpEndpoint(HttpTarget("", "https://localhost/"), context())
    message = str(refused.value)
    assert message.startswith(f"the environment ({name}) names a proxy of the kind {kind.lower()}")
    assert all(word in message for word in ("target.proxy", '"none"', "NO_PROXY"))
    assert "s3cret" not in message


@pytest.mark.parametrize("settings", [{"proxy": "none"}, {"proxy": "http://127.0.0.1:3128"}])
def test_a_socks_proxy_of_the_environment_is_no_matter_where_the_target_names_its_own(monkeypatch, settings):
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1080")
    HttpEndpoint(HttpTarget("", "https://localhost/", **settings), context()).close()


def test_a_host_that_the_environment_leaves_out_needs_no_proxy(monkeypatch):
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1080")
    monkeypatch.setenv("NO_PROXY", "localhost")
    HttpEndpoint(HttpTarget("", "https://localhost/"), context()).close()


def test_a_proxy_that_never_opens_the_tunnel_sent_nothing(sending):
    def silent(server: Server, connection: socket.socket) -> None:
        server.closing.wait(60)

    with serving(silent) as between:
        settings = {"proxy": between.url}
        cause = sending("https://localhost:1/", ROW, settings, timeouts=Timeouts(connect=0.2)).cause
    assert (cause.error_type, cause.ending) == ("connect_timeout", Ending.UNSENT)


def test_the_description_names_the_proxy_without_its_password():
    settings = HttpTarget("", "http://localhost/", proxy="http://me:s3cret@127.0.0.1:8080")
    endpoint = HttpEndpoint(settings, context())
    assert endpoint.preview.describe()["proxy"] == "http://127.0.0.1:8080"
    endpoint.close()
