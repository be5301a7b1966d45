"""What --to says."""

from __future__ import annotations

import pytest

from loader.config import Config, ConfigError, HttpTarget, resolve_target
from loader.config.sections import Auth

API = HttpTarget("api", "https://host/x", method="PUT", auth=Auth("bearer", secret="t0ken"))
CONFIG = Config(
    targets={"api": API, "twin-1": HttpTarget("twin-1", "https://h/t"), "twin-2": HttpTarget("twin-2", "https://h/t")}
)


def refusal(text: str) -> tuple[str, str]:
    with pytest.raises(ConfigError) as error:
        resolve_target(CONFIG, text)
    [problem] = error.value.problems
    assert (problem.file, problem.line, problem.key) == ("", None, "--to")
    assert "hunter2" not in str(error.value)
    return problem.message, problem.nearest


def test_a_name_means_its_section():
    assert resolve_target(CONFIG, "api") == (CONFIG, API)


def test_a_url_takes_the_settings_of_the_section_that_has_it():
    assert resolve_target(CONFIG, "https://host/x")[1] == API


def test_a_login_in_the_url_beats_the_auth_of_its_section():
    config, target = resolve_target(CONFIG, "https://bob:hunter2@host/x")
    assert (target.name, target.method, target.auth) == ("api", "PUT", Auth("basic", "bob", "hunter2"))
    assert config.secrets.mask("hunter2") == "***"


def test_any_other_url_takes_defaults_and_its_secrets_are_known():
    config, target = resolve_target(CONFIG, "https://bob:hu%6Eter2@other/x?token=abcdef")
    assert target == HttpTarget("", "https://other/x?token=abcdef", auth=Auth("basic", "bob", "hunter2"))
    assert config.secrets.mask("hunter2 hu%6Eter2 abcdef") == "*** *** ***"
    assert "hunter2" not in repr((config, target))


def test_a_url_of_several_sections_is_refused():
    assert refusal("https://h/t") == (
        "expected the name of a target, as several have this URL: twin-1, twin-2",
        "",
    )


@pytest.mark.parametrize("text", ["host/path", "", "bob:hunter2@host/x"])
def test_a_target_without_scheme_is_told_the_forms_there_are(text):
    message, _ = refusal(text)
    assert message == (
        "expected https://host/path, http://host/path, or the name of a target in the config (api, twin-1, twin-2)"
    )


def test_a_name_that_is_nearly_right_is_told():
    assert refusal("apy")[1] == "api"


def test_without_targets_the_config_is_said_to_have_none():
    with pytest.raises(ConfigError, match="it has none"):
        resolve_target(Config(), "api")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cassandra://host/ks.t", "does not load into Cassandra yet"),
        ("ftp://bob:hunter2@host/", "http or https"),
        ("https://bob:hun/ter2hunter2@host/", "host or port"),
        ("https://a%3Ab:hunter2@host/", 'a user without ":"'),
    ],
)
def test_other_urls_are_refused_without_showing_them(text, expected):
    assert expected in refusal(text)[0]
