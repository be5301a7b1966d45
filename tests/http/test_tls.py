"""TLS as users meet it: trusted, not trusted, the wrong name, a certificate of our own."""

from __future__ import annotations

import ssl

import pytest
import trustme

from loader.config.sections import Batching, HttpTarget, Timeouts
from loader.errors import UsageError
from loader.outcomes import ACCEPTED, Ending, Fault
from loader.targets.http.target import HttpEndpoint
from tests.http.conftest import context, jsonl
from tests.http.servers import answer, keep_alive, read_head, serving

ROW = jsonl(b'{"a":1}')


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def ca(authority, tmp_path):
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return str(path)


def server_context(authority, name="localhost"):
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(server)
    return server


def accepting(tls):
    return serving(keep_alive(lambda seen: answer(200)), tls)


def test_a_certificate_of_the_given_authority_is_trusted(sender, authority, ca):
    with accepting(server_context(authority)) as server:
        target = sender(server.url, {"ca": ca})
        assert target.endpoint.check() is None
        assert [target.send(ROW), target.send(ROW)] == [ACCEPTED, ACCEPTED]
        assert server.connections == 2  # the check's and one kept for both requests


def test_a_certificate_of_another_authority_is_a_fault_at_the_start(sender, authority):
    with accepting(server_context(authority)) as server:
        target = sender(server.url)
        for cause in (target.endpoint.check(), target.send(ROW).cause):
            assert (cause.error_type, cause.ending, cause.fault) == ("tls", Ending.UNSENT, Fault.AT_START)
        assert not server.requests


def test_a_certificate_for_another_host_is_a_fault_at_the_start(sending, authority, ca):
    with accepting(server_context(authority, "elsewhere.example")) as server:
        cause = sending(server.url, ROW, {"ca": ca}).cause
        assert (cause.error_type, cause.ending, cause.fault) == ("tls", Ending.UNSENT, Fault.AT_START)
        assert not server.requests


def test_verification_can_be_turned_off(sender, authority):
    with accepting(server_context(authority)) as server:
        target = sender(server.url, {"verify": False})
        assert target.send(ROW) == ACCEPTED
        assert target.endpoint.describe()["certificate"] == "NOT VERIFIED"


def test_a_server_without_tls_is_told_from_one_that_is_not_trusted(sending):
    with serving(keep_alive(lambda seen: answer(200))) as server:
        cause = sending(server.url.replace("http:", "https:"), ROW, timeouts=Timeouts(connect=1)).cause
    assert (cause.ending, cause.fault) == (Ending.UNSENT, Fault.NONE)


def test_a_handshake_that_never_ends_is_bounded_by_the_attempt(sending):
    def dribble(server, connection):
        """A TLS record of the handshake, announced as long and sent byte by byte."""
        connection.sendall(b"\x16\x03\x03\x40\x00")
        while not server.closing.wait(0.01):
            connection.sendall(b"\x00")

    with serving(dribble) as server:
        url = server.url.replace("http:", "https:")
        cause = sending(url, ROW, timeouts=Timeouts(connect=10, write=0.3)).cause
    assert (cause.error_type, cause.ending) == ("connect_timeout", Ending.UNSENT)


def test_a_refusal_that_comes_before_all_was_sent_is_the_answer(sending, authority, ca):
    """As without TLS, whose sockets call a broken pipe by another name."""

    def handle(server, connection):
        with connection.makefile("rb", buffering=0) as stream:
            read_head(stream)
        connection.sendall(answer(413, b"too much", "Connection: close"))

    rows = jsonl(*[b'{"a":"%s"}' % (b"x" * 2**20)] * 16)
    with serving(handle, server_context(authority)) as server:
        cause = sending(server.url, rows, {"ca": ca}, batching=Batching(max_bytes=2**30)).cause
    assert (cause.error_type, cause.ending) == ("http_413", Ending.REFUSED), cause


def demanding(authority, version):
    server = server_context(authority)
    authority.configure_trust(server)
    server.verify_mode = ssl.CERT_REQUIRED
    server.minimum_version = server.maximum_version = version
    return server


VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_client_certificate_is_shown(sending, authority, ca, version, tmp_path):
    ours = authority.issue_cert("loader")
    ours.private_key_pem.write_to_path(tmp_path / "key.pem")
    ours.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    settings = {"ca": ca, "cert": str(tmp_path / "cert.pem"), "key": str(tmp_path / "key.pem")}
    with accepting(demanding(authority, version)) as server:
        assert sending(server.url, ROW, settings) == ACCEPTED


def test_certificate_and_key_may_share_a_file(sending, authority, ca, tmp_path):
    authority.issue_cert("loader").private_key_and_cert_chain_pem.write_to_path(tmp_path / "both.pem")
    with accepting(demanding(authority, VERSIONS[1])) as server:
        assert sending(server.url, ROW, {"ca": ca, "cert": str(tmp_path / "both.pem")}) == ACCEPTED


@pytest.mark.parametrize("version", VERSIONS)
def test_a_missing_client_certificate_is_a_fault_of_the_target_not_of_the_rows(sending, authority, ca, version):
    """With TLS 1.3 the alert comes after the request went out, which the server cannot have looked at."""
    with accepting(demanding(authority, version)) as server:
        cause = sending(server.url, ROW, {"ca": ca}).cause
        assert (cause.error_type, cause.ending) == ("tls", Ending.UNSENT)
        # TLS 1.2 has no word for it; the server only says that the handshake failed.
        assert cause.fault is (Fault.AT_START if version is VERSIONS[1] else Fault.NONE)
        assert not server.requests


@pytest.mark.parametrize("key", ["ca", "cert"])
@pytest.mark.parametrize("content", [None, "no certificate"])
def test_files_that_cannot_be_used_are_refused_before_anything_is_read(tmp_path, key, content):
    path = tmp_path / "file.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(UsageError, match=f"{key}: cannot use .*file.pem"):
        HttpEndpoint(HttpTarget("api", "https://localhost/", **{key: str(path)}), context())
