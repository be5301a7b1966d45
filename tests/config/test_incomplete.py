"""Targets that lack something on this machine: it matters where they are used, and is told then."""

from __future__ import annotations

from pathlib import Path

import pytest

from loader.config import ConfigError, load, resolve_target
from loader.targets.cassandra.settings.cassandra_target import CassandraTarget
from loader.targets.http.settings.http_target import HttpTarget
from loader.targets.kinds import KINDS

TARGETS = """\
[target.here]
url = "https://here.example/rows"
[target.es]
url = "https://es.example/_bulk"
items = "elasticsearch"
auth.bearer = "${ES_KEY}"
"""


@pytest.fixture
def write(tmp_path):
    def write(text: str) -> Path:
        path = tmp_path / "conf" / "c.toml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return path

    return write


def refusal(config, to: str) -> str:
    with pytest.raises(ConfigError) as error:
        resolve_target(config, to, KINDS)
    return str(error.value)


def test_a_variable_of_a_target_that_is_not_used_need_not_be_set(write):
    path = write(TARGETS)
    config = load(path, {}, KINDS, {})
    assert resolve_target(config, "here", KINDS)[1].url == "https://here.example/rows"
    assert resolve_target(config, "https://here.example/rows", KINDS)[1].name == "here"
    assert resolve_target(config, "https://other.example/rows", KINDS)[1].name == ""
    assert list(config.incomplete) == ["es"]


@pytest.mark.parametrize("to", ["es", "https://es.example/_bulk", "https://user:pass@es.example/_bulk"])
def test_where_it_is_used_key_and_line_are_told(write, to):
    path = write(TARGETS)
    expected = (
        f"{path}:6: target.es.auth.bearer: the environment variable ES_KEY is not set; write $${{ for a literal ${{"
    )
    assert refusal(load(path, {}, KINDS, {}), to) == expected
    assert resolve_target(load(path, {}, KINDS, {"ES_KEY": "secret"}), to, KINDS)[1].name == "es"


def test_a_fallback_is_used_too_however_far_behind(write):
    text = TARGETS.replace("[target.es]", 'fallback = "middle"\n[target.es]')
    config = load(write(text + '[target.middle]\nurl = "https://middle.example/"\nfallback = "es"\n'), {}, KINDS, {})
    assert "target.es.auth.bearer" in refusal(config, "here")


def test_other_keys_are_checked_all_the_same(write):
    with pytest.raises(ConfigError) as error:
        load(write(TARGETS + "btach = 1\n"), {}, KINDS, {})
    assert [problem.key for problem in error.value.problems] == ["target.es.btach"]


def test_what_is_no_reference_at_all_is_wrong_everywhere(write):
    with pytest.raises(ConfigError):
        load(write(TARGETS.replace("${ES_KEY}", "${ES KEY}")), {}, KINDS, {})


def test_a_variable_outside_of_targets_must_be_set(write):
    with pytest.raises(ConfigError) as error:
        load(write(TARGETS + '[dlq]\npath = "${DIR}/dead.jsonl"\n'), {}, KINDS, {})
    assert [problem.key for problem in error.value.problems] == ["dlq.path"]


def test_a_target_whose_url_is_not_known_may_be_of_either_kind(write):
    text = '[target.table]\nurl = "${CLUSTER}"\nconsistency = "ALL"\nmethod = "PUT"\n'
    config = load(write(text), {}, KINDS, {})
    assert [problem.key for problem in config.incomplete["table"]] == ["target.table.url"]
    assert "CLUSTER is not set" in refusal(config, "table")
    with pytest.raises(ConfigError):
        load(write(text), {}, KINDS, {"CLUSTER": "cassandra://host/k.t"})
    with pytest.raises(ConfigError):
        load(write(text.replace("consistency", "consistnecy")), {}, KINDS, {})


def test_files_to_read_are_relative_to_the_config(write, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = ("token", "ca.pem", "cert.pem", "key.pem", "bundle.zip")
    text = """\
[target.web]
url = "https://web.example/"
auth.bearer = "file:token"
ca = "ca.pem"
cert = "cert.pem"
key = "key.pem"
[target.table]
url = "cassandra://host/k.t"
tls = {ca = "ca.pem", cert = "cert.pem", key = "key.pem"}
[target.bundled]
url = "cassandra:///k.t"
bundle = "bundle.zip"
"""
    path = write(text)
    for name in names:
        (tmp_path / name).write_text("current\n")
    assert list(load(Path("conf/c.toml"), {}, KINDS, {}).incomplete) == ["web", "table", "bundled"]
    for name in names:
        (path.parent / name).write_text("beside\n")
    config = load(Path("conf/c.toml"), {}, KINDS, {})
    web, table, bundled = config.targets.values()
    assert isinstance(web, HttpTarget)
    assert isinstance(table, CassandraTarget)
    assert isinstance(bundled, CassandraTarget)
    assert web.auth.secret == "beside"
    assert (web.ca, web.cert, web.key) == ("conf/ca.pem", "conf/cert.pem", "conf/key.pem")
    assert (table.tls.ca, table.tls.cert, table.tls.key) == ("conf/ca.pem", "conf/cert.pem", "conf/key.pem")
    assert bundled.bundle == "conf/bundle.zip"
    assert not config.incomplete


@pytest.mark.parametrize(
    ("keys", "key", "name"),
    [
        ("url = 'https://h/x'\nca = 'absent.pem'", "ca", "absent.pem"),
        ("url = 'https://h/x'\nauth.bearer = 'file:absent'", "auth.bearer", "absent"),
        ("url = 'cassandra:///k.t'\nbundle = 'none.zip'", "bundle", "none.zip"),
        ("url = 'cassandra://h/k.t'\ntls = {ca = 'x'}", "tls", "x"),
    ],
)
def test_a_file_that_is_not_there_is_told_with_its_whole_name(write, keys, key, name):
    path = write(f"[target.a]\n{keys}\n")
    told = refusal(load(path, {}, KINDS, {}), "a")
    assert told.startswith(f"{path}:3: target.a.{key}: expected a ")
    assert f" at {path.parent / name}" in told


def test_an_absolute_name_stays_what_it_is(write, tmp_path):
    (tmp_path / "token").write_text("t0ken\n")
    config = load(write(f'[target.a]\nurl = "https://h/x"\nauth.bearer = "file:{tmp_path}/token"\n'), {}, KINDS, {})
    target = config.targets["a"]
    assert isinstance(target, HttpTarget)
    assert target.auth.secret == "t0ken"


def test_what_is_told_of_an_incomplete_target_holds_no_secret(write):
    text = '[target.a]\nurl = "https://h/${TOKEN}"\nauth.bearer = "file:/secret-${TOKEN}"\n'
    config = load(write(text), {}, KINDS, {"TOKEN": "t0k3n-value"})
    assert "t0k3n-value" not in refusal(config, "a")
