"""What a run writes is private and holds no secret; what it reads can turn into no header, no path, no escape code."""

from __future__ import annotations

import base64
import json
import os
import pty
import ssl
import stat
from contextlib import suppress
from urllib.parse import quote

import pytest
import trustme

from tests.cli.conftest import rows
from tests.targets.http.servers import answer, keep_alive, read_request, serving

CANARIES = ("canary-bearer-7Qz", "canary-header-8Rx", "canary-query-9Sw", "canary-basic-1Tv", "canary-file-2Uu")


def _spellings(secret: str) -> list[bytes]:
    """The ways in which a secret may show."""
    texts = [secret, quote(secret, safe=""), f"loader:{secret}"]
    return [
        secret.encode(),
        *(base64.b64encode(text.encode()).rstrip(b"=") for text in texts),
        secret.encode().hex().encode(),
    ]


@pytest.fixture
def echo():
    """A server that answers 422 with all that it was sent, and after that breaks off."""

    def handle(server, connection) -> None:
        with connection.makefile("rb") as stream:
            while (seen := read_request(stream)) is not None:
                server.requests.append(seen)
                sent = f"{seen.method} {seen.target} {json.dumps(seen.headers)} ".encode() + seen.body
                if len(server.requests) > 40:
                    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Sent: " + sent)
                    return
                connection.sendall(answer(422, sent))

    with serving(handle) as server:
        yield server


def _targets(url: str) -> str:
    _, header, query, basic, _ = CANARIES
    host = url.removeprefix("http://")
    return (
        f'[target.bearer]\nurl = "{url}/x?api_key={query}"\nauth = {{bearer = "${{TOKEN}}"}}\n'
        f'headers = {{X-Api-Key = "{header}"}}\n'
        f'[target.basic]\nurl = "http://loader:{basic}@{host}/y"\nheaders = {{X-File = "file:secret.txt"}}\n'
        "[retry]\nmax_retries = 1\ninitial_backoff = 0.01\n[breaker]\nthreshold = 0\n"
        "[batch]\nsize = 2\n[errors]\nmax_error_ratio = 1.0\n"
    )


@pytest.mark.parametrize("target", ["bearer", "basic"])
def test_no_secret_is_in_any_file_or_output(loader, echo, target, monkeypatch):
    bearer, *_, in_file = CANARIES
    monkeypatch.setenv("TOKEN", bearer)
    loader.env["TOKEN"] = bearer
    loader.write("secret.txt", in_file + "\n")
    loader.write("loader.toml", _targets(echo.url))
    kept = {loader.folder / "secret.txt", loader.folder / "loader.toml"}
    loader.write("a.jsonl", rows(30) + "broken\n")
    command = ("push", "a.jsonl", "--to", target, "--dlq", "dead.jsonl")
    said = [
        loader(*command),
        loader(*command, "--resume"),
        loader(*command, "--dry-run"),
        loader("replay", "dead.jsonl", "--to", target),
        loader("replay", "dead.jsonl", "--all"),
        loader("check", "a.jsonl", "--to", target),
        loader("dlq", "show", "dead.jsonl"),
        loader("dlq", "stats", "dead.jsonl"),
    ]
    assert len(echo.requests) > 40
    assert said[0].report["by_type"]["http_422"]
    texts = {f"output {i}": (done.out + done.err).encode() for i, done in enumerate(said)}
    texts |= {str(path): path.read_bytes() for path in loader.folder.rglob("*") if path.is_file() and path not in kept}
    found = [(name, c) for name, text in texts.items() for c in CANARIES for s in _spellings(c) if s in text]
    assert not found


def test_all_that_is_written_is_for_its_owner_alone_whatever_the_umask(loader, echo):
    loader.write("a.jsonl", rows(3) + "broken\n")
    loader.write("loader.toml", "[errors]\nmax_error_ratio = 1.0\n")
    given = set(loader.folder.rglob("*"))
    before = os.umask(0)
    try:
        loader("push", "a.jsonl", "--to", echo.url, "--dlq", "dead.jsonl")
        loader("replay", "dead.jsonl", "--to", echo.url)
    finally:
        os.umask(before)
    modes = {
        str(path.relative_to(loader.folder)): stat.S_IMODE(path.stat().st_mode)
        for path in set(loader.folder.rglob("*")) - given
    }
    assert {"dead.jsonl", "dead.jsonl.replayed", "report.json", ".loader/runs"} <= modes.keys()
    assert {name: mode for name, mode in modes.items() if mode not in (0o600, 0o700)} == {}
    folders = {name for name, mode in modes.items() if mode == 0o700}
    assert folders == {name for name in modes if (loader.folder / name).is_dir()}


def _precious(loader):
    path = loader.write("precious", "mine\n")
    path.chmod(0o644)
    return path


@pytest.mark.parametrize("what", ["queue", "report", "run folder", "marks"])
def test_symlinks_are_never_followed(loader, echo, what):
    precious = _precious(loader)
    loader.write("a.jsonl", rows(3) + "broken\n")
    loader("push", "a.jsonl", "--to", echo.url, "--dlq", "first.jsonl")
    command = ["push", "a.jsonl", "--to", echo.url]
    if what == "queue":
        (loader.folder / "link").symlink_to(precious)
        command += ["--dlq", "link"]
    elif what == "report":
        (loader.folder / "link").symlink_to(precious)
        command += ["--report-json", "link"]
    elif what == "run folder":
        elsewhere = loader.folder / "elsewhere"
        elsewhere.mkdir()
        (elsewhere / "run.json").write_bytes(
            next((loader.folder / ".loader/runs").iterdir()).joinpath("run.json").read_bytes()
        )
        (loader.folder / ".loader" / "runs" / "20990101T000000-aaaaaa").symlink_to(elsewhere)
        command = ["resume", "20990101T000000-aaaaaa"]
    else:
        (loader.folder / "first.jsonl.replayed").symlink_to(precious)
        command = ["replay", "first.jsonl", "--to", echo.url]
    sent = len(echo.requests)
    with loader.start(*command) as process:
        _, err = process.communicate(timeout=30)
    assert process.returncode == 2, err
    assert b"Traceback" not in err
    assert len(echo.requests) == sent
    assert precious.read_text() == "mine\n"
    assert stat.S_IMODE(precious.stat().st_mode) == 0o644


@pytest.mark.parametrize("what", ["--dlq", "--report-json", "checkpoint.dir"])
def test_a_folder_that_everybody_may_write_to_is_refused_unless_it_is_sticky(loader, echo, what):
    shared = loader.folder / "shared"
    shared.mkdir()
    loader.write("a.jsonl", rows(3) + "broken\n")
    command = ["push", "a.jsonl", "--to", echo.url]
    if what == "checkpoint.dir":
        loader.write("loader.toml", '[checkpoint]\ndir = "shared"\n')
    else:
        command += [what, "shared/file"]
    shared.chmod(0o777)
    with loader.start(*command) as process:
        _, err = process.communicate(timeout=30)
    assert (process.returncode, b"chmod o-w" in err, echo.requests) == (2, True, [])
    shared.chmod(0o1777)
    with loader.start(*command) as process:
        process.communicate(timeout=30)
    assert process.returncode != 2


EVIL = [
    "a\r\nX-Evil: 1",
    "a\nX-Evil: 1",
    "../../admin",
    "a?evil=1",
    "a#evil",
    "a&evil=1",
    "a/../evil",
    "%2e%2e/evil",
    "ü\u2028",
    "",
    ".",
    "..",
]


def test_values_become_no_headers_paths_or_queries(loader):
    with serving(keep_alive(lambda seen: answer(200))) as server:
        loader.write(
            "loader.toml",
            f'[target.t]\nurl = "{server.url}/items/{{{{id}}}}?by={{{{id}}}}"\nbody = "row"\n'
            'headers = {X-Note = "{{id}}"}\n[errors]\nmax_error_ratio = 1.0\n',
        )
        loader.write("a.jsonl", "".join(json.dumps({"id": each}) + "\n" for each in EVIL))
        done = loader("push", "a.jsonl", "--to", "t", "--dlq", "dead.jsonl")
    assert done.code in (0, 1)
    assert done.report["read"] == len(EVIL) == len(server.requests) + len(loader.letters())
    assert all(letter["class"] == "data" for letter in loader.letters())
    assert server.requests
    for seen in server.requests:
        path, _, query = seen.target.partition("?")
        assert path.startswith("/items/")
        assert "/" not in path.removeprefix("/items/")
        assert "&" not in query
        assert query.startswith("by=")
        assert "x-evil" not in seen.headers
        assert not {"#", "?"} & set(query)


def test_a_terminal_shows_names_rows_and_answers_as_text(loader):
    """Under a real terminal, where there are colours and a live display."""
    evil = "\x1b]0;owned\x07\x1b[31mred[/][red]markup[/red]\x9b2J"
    with serving(keep_alive(lambda seen: answer(422, evil.encode()))) as server:
        loader.write("loader.toml", "[errors]\nmax_error_ratio = 1.0\n")
        name = "a\x1b[41mb[bold]c.jsonl"
        loader.write(name, rows(5) + '{"id": \x1b[2J[red]}\n')
        loader.env["COLUMNS"] = "200"  # so that no text is broken within a cell
        ours, theirs = pty.openpty()
        try:
            process = loader.start("push", name, "--to", server.url, "--dlq", "dead.jsonl", stderr=theirs)
            os.close(theirs)
            shown = _all_of(ours)
            process.communicate(timeout=30)
        finally:
            os.close(ours)
    assert process.returncode == 1
    for sequence in (b"\x1b]0;", b"\x07", b"\x1b[41m", b"\x1b[2J", "\x9b".encode(), b"\x9b2J"):
        assert sequence not in shown
    assert b"[red]markup[/red]" in shown.replace(b"\r\n", b"")


def _all_of(fd: int) -> bytes:
    pieces = []
    with suppress(OSError):  # the other side of a terminal that is closed is an I/O error
        while piece := os.read(fd, 65536):
            pieces.append(piece)
    return b"".join(pieces)


def test_certificates_are_verified_unless_somebody_turns_that_off(loader):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)
    loader.write("a.jsonl", rows(3))
    with serving(keep_alive(lambda seen: answer(200)), context) as server:
        done = loader("push", "a.jsonl", "--to", server.url)
        assert (done.code, done.report["untouched"], server.requests) == (3, 3, [])
        assert "does not verify" in done.err
        loader.write("loader.toml", f'[target.t]\nurl = "{server.url}"\nverify = false\n')
        assert loader("push", "a.jsonl", "--to", "t").code == 0
