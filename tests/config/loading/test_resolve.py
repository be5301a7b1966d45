"""What --to says."""

from __future__ import annotations

import pytest

from loader.config import Config, ConfigError, resolve_target
from loader.config.sections import Auth
from loader.targets.cassandra.settings.cassandra_target import CassandraTarget
from loader.targets.cassandra.settings.table_url import address_of
from loader.targets.http.settings.http_target import HttpTarget
from loader.targets.kinds import KINDS

API = HttpTarget("api", "https://host/x", method="PUT", auth=Auth("bearer", secret="t0ken"))
CONFIG = Config(
    targets={"api": API, "twin-1": HttpTarget("twin-1", "https://h/t"), "twin-2": HttpTarget("twin-2", "https://h/t")}
)


def refusal(text: str) -> tuple[str, str]:
    with pytest.raises(ConfigError) as error:
        resolve_target(CONFIG, text, KINDS)
    [problem] = error.value.problems
    assert (problem.file, problem.line, problem.key) == ("", None, "--to")
    assert "hunter2" not in str(error.value)
    return problem.message, problem.nearest


def test_a_name_means_its_section():
    assert resolve_target(CONFIG, "api", KINDS) == (CONFIG, API)


def test_a_url_takes_the_settings_of_the_section_that_has_it():
    assert resolve_target(CONFIG, "https://host/x", KINDS)[1] == API


def test_a_login_in_the_url_beats_the_auth_of_its_section():
    config, target = resolve_target(CONFIG, "https://bob:hunter2@host/x", KINDS)
    assert isinstance(target, HttpTarget)
    assert (target.name, target.method, target.auth) == ("api", "PUT", Auth("basic", "bob", "hunter2"))
    assert config.secrets.mask("hunter2") == "***"


def test_any_other_url_takes_defaults_and_its_secrets_are_known():
    config, target = resolve_target(CONFIG, "https://bob:hu%6Eter2@other/x?token=abcdef", KINDS)
    assert target == HttpTarget("", "https://other/x?token=abcdef", auth=Auth("basic", "bob", "hunter2"))
    assert config.secrets.mask("hunter2 hu%6Eter2 abcdef") == "*** *** ***"
    assert "hunter2" not in repr((config, target))


def test_a_url_of_several_sections_is_refused():
    assert refusal("https://h/t") == (
        "expected the name of a target, as several have this URL: twin-1, twin-2",
        "",
    )


def test_a_bulk_url_without_a_word_on_its_answers_is_refused():
    message, _ = refusal("https://host/orders/_bulk")
    assert message.startswith('expected items = "elasticsearch" in the [target.NAME] section of this URL')


@pytest.mark.parametrize("text", ["host/path", "", "bob:hunter2@host/x"])
def test_a_target_without_scheme_is_told_the_forms_there_are(text):
    message, _ = refusal(text)
    assert message == (
        "expected https://host/path, http://host/path, cassandra://host/keyspace.table, "
        "or the name of a target in the config (api, twin-1, twin-2)"
    )


def test_a_name_that_is_nearly_right_is_told():
    assert refusal("apy")[1] == "api"


def test_without_targets_the_config_is_said_to_have_none():
    with pytest.raises(ConfigError, match="it has none"):
        resolve_target(Config(), "api", KINDS)


@pytest.mark.parametrize(
    ("text", "hosts", "table"),
    [
        ("cassandra://h/ks.t", [("h", 9042)], ("ks", "t")),
        ("CASSANDRA://h1,h2:9043/ks.t", [("h1", 9042), ("h2", 9043)], ("ks", "t")),
        ("cassandra://[::1]:9043/ks.t", [("::1", 9043)], ("ks", "t")),
        ("cassandra://h/%22My.Space%22.%22T%20%22%22x%22%22%22", [("h", 9042)], ('"My.Space"', '"T ""x"""')),
        ("cassandra://bob:p%40ss@h/ks.t", [("h", 9042)], ("ks", "t")),
    ],
)
def test_urls_of_tables(text, hosts, table):
    _, target = resolve_target(Config(), text, KINDS)
    assert isinstance(target, CassandraTarget)
    address = address_of(target.url)
    assert ([tuple(host) for host in address.hosts], (address.keyspace, address.table)) == (hosts, table)
    assert (target.auth.user, target.auth.secret) == (("bob", "p@ss") if "bob" in text else ("", ""))
    assert "bob" not in target.url


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cassandra://host/table", "cassandra://host[:port][,host2]/keyspace.table"),
        ("cassandra:///ks.t", "expected a host in the url"),
        ("cassandra://bob:hunter2@host:x/ks.t", "host or port cannot be read"),
        ("ftp://bob:hunter2@host/", "http, https or cassandra"),
        ("https://bob:hun/ter2hunter2@host/", "host or port"),
        ("https://a%3Ab:hunter2@host/", 'a user without ":"'),
    ],
)
def test_other_urls_are_refused_without_showing_them(text, expected):
    assert expected in refusal(text)[0]
