"""Certificates, passwords, permissions and guardrails; secrets that no output and no file may hold."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest
import trustme

from tests.command import law
from tests.targets.cassandra.conftest import Table, jsonl
from tests.targets.cassandra.nodes import fresh_keyspace
from tests.targets.cassandra.secured import READER, WRITER


@pytest.fixture(scope="module")
def space(secured) -> Iterator[str]:
    """A keyspace that the writer may write and the reader may read."""
    with fresh_keyspace(secured.session) as keyspace:
        secured.session.execute(f"GRANT MODIFY ON KEYSPACE {keyspace} TO {WRITER[0]}")
        secured.session.execute(f"GRANT SELECT ON KEYSPACE {keyspace} TO {READER[0]}")
        yield keyspace


@pytest.fixture
def people(secured, space, request) -> Table:
    name = f"t{abs(hash(request.node.name))}"
    made = Table(secured.session, secured.contact, space, name)
    secured.session.execute(f"CREATE TABLE {made.path} (id int PRIMARY KEY, name text)")
    return made


@pytest.fixture
def configure(loader, secured, people) -> Callable[..., None]:
    """Writes a config with the target `table`, with everything that the node asks for unless told otherwise."""

    def write(**changed: str) -> None:
        keys = {"url": f'"{people.url}"', "tls": secured.tls, "auth": _login(*WRITER)} | changed
        lines = "".join(f"{key} = {value}\n" for key, value in keys.items() if value)
        loader.configure(f"[target.table]\n{lines}")

    loader.write("a.jsonl", jsonl({"id": i, "name": f"row {i}"} for i in range(3)))
    return write


def _login(user: str, password: str) -> str:
    return f'{{user = "{user}", password = "{password}"}}'


def _texts(loader, *done) -> str:
    """Everything that was said and left behind, but for the config itself."""
    files = [path for path in loader.folder.rglob("*") if path.is_file() and path.name not in ("loader.toml", "secret")]
    said = [each.out + each.err for each in done]
    return "\n".join([*said, *(path.read_bytes().decode("utf-8", "replace") for path in files)])


@pytest.mark.parametrize("where", ["config", "url", "file", "environment"])
def test_rows_arrive_and_the_password_is_nowhere(loader, secured, people, configure, monkeypatch, where):
    user, password = WRITER
    if where == "config":
        configure()
    elif where == "url":
        configure(url=f'"{people.url.replace("://", f"://{user}:{password}@")}"', auth="")
    elif where == "file":
        loader.write("secret", f"{password}\n")
        configure(auth=f'{{user = "{user}", password = "file:secret"}}')
    else:
        loader.env["PASSWORD_OF_WRITER"] = password
        configure(auth=f'{{user = "{user}", password = "${{PASSWORD_OF_WRITER}}"}}')
    loader.write("a.jsonl", jsonl([{"id": 1, "name": "a"}, {"id": "no number"}]))
    done = loader("push", "a.jsonl", "--to", "table", "--dlq", "dead.jsonl")
    assert (done.code, done.report["delivered"]) == (1, 1), done.err
    checked = loader("check", "a.jsonl", "--to", "table")
    assert checked.code == 0, checked.err
    assert "TLS: verified" in checked.out
    assert people.rows() == [(1, "a")]
    texts = _texts(loader, done, checked)
    assert people.name in texts  # they are the right ones
    assert password not in texts


def test_a_password_in_the_url_that_was_typed_is_nowhere(loader, configure, people):
    configure(auth="")
    loader.write("a.jsonl", jsonl([{"id": 1, "name": "a"}, {"id": "no number"}]))
    typed = people.url.replace("://", f"://{WRITER[0]}:{WRITER[1]}@")
    done = loader("push", "a.jsonl", "--to", typed, "--dlq", "dead.jsonl")
    assert (done.code, done.report["delivered"]) == (1, 1), done.err
    assert WRITER[1] not in _texts(loader, done)


@pytest.mark.parametrize("auth", [_login(WRITER[0], "wrong-S3cret"), ""], ids=["wrong", "none"])
def test_bad_credentials_stop_the_run_and_blame_no_row(loader, configure, people, auth):
    configure(auth=auth)
    done = loader("push", "a.jsonl", "--to", "table", "--dlq", "dead.jsonl")
    assert done.code == 3
    assert "check user and password of the target (auth)" in done.err
    assert "trying again" not in done.err
    assert (done.report["read"], done.report["untouched"]) == (0, 3)
    assert loader.letters() == []
    assert "wrong-S3cret" not in _texts(loader, done)
    configure()
    again = loader("push", "a.jsonl", "--to", "table", "--dlq", "dead.jsonl", "--resume")
    assert again.code == 0, again.err
    assert len(people.rows()) == 3


def test_who_may_not_write_stops_the_run_and_blames_no_row(loader, configure, people):
    configure(auth=_login(*READER))
    done = loader("push", "a.jsonl", "--to", "table", "--dlq", "dead.jsonl")
    assert done.code == 3, done.err
    assert "no MODIFY permission" in done.err
    assert "grant MODIFY on the table" in done.err
    law(done.report)
    assert (done.report["read"], done.report["untouched"]) == (0, 3)
    assert loader.letters() == []
    assert people.rows() == []


def test_an_authority_that_is_not_trusted_stops_the_run(loader, secured, configure, tmp_path):
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(other)
    for tls in ("true", f'{{ca = "{other}", cert = "{secured.cert}", key = "{secured.key}"}}'):
        configure(tls=tls)
        done = loader("push", "a.jsonl", "--to", "table", "--dlq", "dead.jsonl")
        assert done.code == 3, done.err
        assert "the certificate does not verify" in done.err
        assert "trying again" not in done.err
        assert loader.letters() == []
    checked = loader("check", "--to", "table")
    assert checked.code == 3
    assert "the certificate does not verify" in checked.out


def test_what_does_not_verify_is_taken_where_the_config_says_so(loader, secured, configure, people):
    configure(tls=f'{{cert = "{secured.cert}", key = "{secured.key}", verify = false}}')
    assert loader("push", "a.jsonl", "--to", "table").code == 0
    assert "TLS: NOT VERIFIED" in loader("check", "--to", "table").out
    assert len(people.rows()) == 3


@pytest.mark.parametrize("tls", ["false", "no client certificate"])
def test_a_client_without_what_the_node_asks_for_is_not_let_in(loader, secured, configure, people, tls):
    configure(tls=f'{{ca = "{secured.ca}"}}' if tls != "false" else "false")
    done = loader("push", "a.jsonl", "--to", "table", "--dlq", "dead.jsonl")
    assert done.code == 3, done.err
    assert "whether it asks for TLS (target.tls)" in done.err
    assert loader.letters() == []
    assert people.rows() == []


@pytest.fixture
def other_name(tmp_path) -> Iterator[tuple[str, str]]:
    """Someone at 127.0.0.1 whose certificate is that of another host: its port, and the authority's file."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("cassandra.example.com", "127.0.0.9").configure_cert(context)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def shake_hands() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                    context.wrap_socket(connection, server_side=True).close()
                except ssl.SSLError:
                    continue
                except OSError:
                    return

        thread = threading.Thread(target=shake_hands)
        thread.start()
        yield str(server.getsockname()[1]), str(tmp_path / "ca.pem")
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def test_a_certificate_of_another_host_stops_the_run(loader, other_name):
    port, authority = other_name
    loader.configure(
        f'[target.table]\nurl = "cassandra://127.0.0.1:{port}/shop.orders"\ntls = {{ca = "{authority}"}}\n'
    )
    loader.write("a.jsonl", '{"id": 1}\n')
    done = loader("push", "a.jsonl", "--to", "table", "--dlq", "dead.jsonl")
    assert done.code == 3, done.err
    assert "the certificate does not verify" in done.err
    assert "127.0.0.1" in done.err
    assert loader.letters() == []


def test_a_guardrail_refuses_the_guilty_rows_alone(loader, configure, people):
    configure()
    guilty = {5, 17}
    loader.write("a.jsonl", jsonl({"id": i, "name": "x" * (3000 if i in guilty else 20)} for i in range(40)))
    done = loader("push", "a.jsonl", "--to", "table", "--dlq", "dead.jsonl")
    assert (done.code, done.report["by_type"]) == (1, {"cql_guardrail": 2}), done.err
    law(done.report)
    assert {letter["row"]["id"] for letter in loader.letters()} == guilty
    assert all(letter["class"] == "refused" for letter in loader.letters())
    assert people.rows("id") == [(i,) for i in range(40) if i not in guilty]


def test_a_materialized_view_takes_no_rows(loader, secured, configure, people, space):
    view = f"{space}.by_name"
    secured.session.execute(
        f"CREATE MATERIALIZED VIEW {view} AS SELECT name, id FROM {people.path}"
        " WHERE name IS NOT NULL AND id IS NOT NULL PRIMARY KEY (name, id)"
    )
    configure(url=f'"{secured.contact.url(quote(view))}"')
    done = loader("push", "a.jsonl", "--to", "table")
    assert (done.code, done.report) == (2, None)
    assert f"{view} is a materialized view, which takes no rows; load its table" in done.err
