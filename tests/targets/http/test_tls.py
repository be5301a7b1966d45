"""TLS as users meet it: trusted, not trusted, the wrong name, a certificate of our own."""

from __future__ import annotations

import ssl
import warnings
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from loader.config.sections import Batching, Timeouts
from loader.errors import UsageError
from loader.outcomes import ACCEPTED, Ending, Fault
from loader.targets.http.settings.http_target import HttpTarget
from loader.targets.http.target import HttpEndpoint
from tests.targets.http.conftest import context, jsonl
from tests.targets.http.servers import after_request, answer, keep_alive, read_head, serving

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
        assert target.endpoint.preview.check() == "ok"
        assert [target.send(ROW), target.send(ROW)] == [ACCEPTED, ACCEPTED]
        assert server.connections == 2  # the check's and one kept for both requests


def test_a_certificate_of_another_authority_is_a_fault_at_the_start(sender, authority):
    with accepting(server_context(authority)) as server:
        target = sender(server.url)
        for cause in (target.endpoint.preview.check(), target.send(ROW).cause):
            assert (cause.error_type, cause.ending, cause.fault) == ("tls", Ending.UNSENT, Fault.AT_START)
        assert not server.requests


def test_a_certificate_for_another_host_is_a_fault_at_the_start(sending, authority, ca):
    with accepting(server_context(authority, "elsewhere.example")) as server:
        cause = sending(server.url, ROW, {"ca": ca}).cause
        assert (cause.error_type, cause.ending, cause.fault) == ("tls", Ending.UNSENT, Fault.AT_START)
        assert "subjectAltName" in cause.hint
        assert not server.requests


def test_verification_can_be_turned_off_and_warns_nobody(sender, authority):
    with accepting(server_context(authority)) as server, warnings.catch_warnings():
        warnings.simplefilter("error")
        filters = list(warnings.filters)
        target = sender(server.url, {"verify": False})
        assert target.send(ROW) == ACCEPTED
        assert target.send(jsonl(b'{"a":"%b"}' % (b"x" * 100_000))) == ACCEPTED
        assert target.endpoint.preview.check() == "ok"
        assert target.endpoint.preview.describe()["certificate"] == "NOT VERIFIED"
        assert warnings.filters == filters


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


def refusal(ca: object = "", cert: object = "", key: object = "") -> str:
    settings = HttpTarget("api", "https://localhost/", ca=str(ca), cert=str(cert), key=str(key))
    with pytest.raises(UsageError) as refused:
        HttpEndpoint(settings, context())
    return str(refused.value)


BROKEN = "-----BEGIN CERTIFICATE-----\nbm8=\n-----END CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n"


@pytest.mark.parametrize("key", ["ca", "cert"])
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot use {path}: No such file or directory"),
        ("no certificate", "{path} holds no certificate in PEM form, which begins with -----BEGIN CERTIFICATE-----"),
        (BROKEN, "cannot use {path}"),
    ],
)
def test_files_that_cannot_be_used_are_refused_before_anything_is_read(tmp_path, key, content, words):
    path = tmp_path / "file.pem"
    if content is not None:
        path.write_text(content)
    assert refusal(**{key: path}).startswith(f"target api: {key}: {words.format(path=path)}")


@pytest.fixture
def client(authority, tmp_path):
    """A client certificate and its key, as two files."""
    ours = authority.issue_cert("loader")
    ours.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    ours.private_key_pem.write_to_path(tmp_path / "key.pem")
    return tmp_path / "cert.pem", tmp_path / "key.pem"


def test_a_key_that_needs_a_password_is_told_with_the_command_that_takes_it_off(client, tmp_path):
    cert, plain = client
    key = serialization.load_pem_private_key(plain.read_bytes(), None)
    secret = serialization.BestAvailableEncryption(b"hunter2")
    for form in (serialization.PrivateFormat.PKCS8, serialization.PrivateFormat.TraditionalOpenSSL):
        (tmp_path / "my key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, form, secret))
        message = refusal(cert=cert, key=tmp_path / "my key.pem")
        assert f"key: {tmp_path}/my key.pem needs a password" in message
        assert f"openssl pkey -in '{tmp_path}/my key.pem' -out plain.key" in message


def test_a_key_of_another_certificate_is_told(client, authority, tmp_path):
    authority.issue_cert("other").private_key_pem.write_to_path(tmp_path / "other.pem")
    assert f"key: {tmp_path}/other.pem is not the key of the certificate in" in refusal(
        cert=client[0], key=tmp_path / "other.pem"
    )


def test_a_certificate_in_the_place_of_the_key_is_told(client):
    assert "key: " in refusal(cert=client[0], key=client[0])
    assert "holds no private key in PEM form" in refusal(cert=client[0], key=client[0])


def issued(tmp_path, *names: x509.GeneralName, days: tuple[int, int] = (-1, 1)) -> tuple[ssl.SSLContext, str]:
    """A server whose certificate has the common name localhost and these others, and the authority that issued it."""
    signer, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    basic = x509.BasicConstraints(ca=True, path_length=None)
    authority = signed("an authority", signer, signer, basic, days=(-9, 9))
    extensions = [x509.SubjectAlternativeName(names)] if names else []
    leaf = signed("localhost", key, signer, *extensions, days=days)
    pem = serialization.Encoding.PEM
    (tmp_path / "authority.pem").write_bytes(authority.public_bytes(pem))
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (tmp_path / "server.pem").write_bytes(leaf.public_bytes(pem) + private)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(tmp_path / "server.pem")
    return server, str(tmp_path / "authority.pem")


def signed(subject: str, key, signer, *extensions, days: tuple[int, int]) -> x509.Certificate:
    now = datetime.now(UTC)
    begins, ends = (now + timedelta(days=each) for each in days)
    builder = x509.CertificateBuilder().public_key(key.public_key()).serial_number(x509.random_serial_number())
    builder = builder.subject_name(named(subject)).issuer_name(named("an authority"))
    builder = builder.not_valid_before(begins).not_valid_after(ends)
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(signer, hashes.SHA256())


def named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


LARGE = jsonl(b'{"a":"%s"}' % (b"x" * 40_000))  # goes by urllib3 whatever sends small requests
NO_HOST = [(), (x509.RFC822Name("DNS:localhost@example.com"),), (x509.UniformResourceIdentifier("DNS:localhost"),)]


@pytest.mark.parametrize("names", NO_HOST, ids=["none", "a mail address", "a URI"])
@pytest.mark.parametrize("version", VERSIONS)
def test_a_certificate_with_a_common_name_only_is_refused_by_all_that_connect(sender, tmp_path, names, version):
    """libcurl accepted it, urllib3 did not: small requests went out and large ones failed."""
    tls, trusted = issued(tmp_path, *names)
    tls.minimum_version = tls.maximum_version = version
    with accepting(tls) as server:
        target = sender(server.url, {"ca": trusted})
        causes = [target.endpoint.preview.check(), *(target.send(rows).cause for rows in (ROW, ROW, LARGE))]
        for cause in causes:
            assert (cause.error_type, cause.ending, cause.fault) == ("tls", Ending.UNSENT, Fault.AT_START)
            assert "is not for this host" in cause.message
            assert "subjectAltName" in cause.hint
        assert not server.requests


def test_a_certificate_that_names_the_host_is_taken_again_on_each_connection(sender, tmp_path):
    """With sessions taken up again, a later connection would show no certificate to look at."""
    tls, trusted = issued(tmp_path, x509.RFC822Name("a@example.com"), x509.DNSName("localhost"))
    with serving(after_request(lambda _, wire: wire.sendall(answer(200, b"", "Connection: close"))), tls) as server:
        target = sender(server.url, {"ca": trusted})
        assert [target.send(rows) for rows in (ROW, ROW, LARGE)] == [ACCEPTED] * 3


def test_a_certificate_for_an_address_is_taken(sender, tmp_path):
    tls, trusted = issued(tmp_path, x509.IPAddress(ip_address("127.0.0.1")))
    with accepting(tls) as server:
        target = sender(f"https://127.0.0.1:{server.port}/", {"ca": trusted})
        assert target.endpoint.preview.check() == "ok"
        assert target.send(ROW) == ACCEPTED


@pytest.mark.parametrize("days", [(-5, -1), (1, 5)])
def test_a_certificate_out_of_date_is_told_from_one_that_is_not_trusted(sending, tmp_path, days):
    tls, trusted = issued(tmp_path, x509.DNSName("localhost"), days=days)
    with accepting(tls) as server:
        cause = sending(server.url, ROW, {"ca": trusted}).cause
    assert (cause.error_type, cause.fault) == ("tls", Fault.AT_START)
    assert "renewed" in cause.hint
