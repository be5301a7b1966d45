"""No secret is ever shown."""

from __future__ import annotations

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loader.config.secrets import MASK, Secrets, basic_credentials, looks_secret

SMALL = st.text(alphabet='ab*%/"\\é ', min_size=1, max_size=7)
MASKABLE = SMALL.filter(lambda secret: secret not in MASK)


@given(st.lists(MASKABLE, max_size=5), SMALL, SMALL)
def test_masked_text_never_holds_a_secret(secrets, before, after):
    masked = Secrets.of((), secrets).mask(before + before.join(secrets) + after)
    assert not any(secret in masked for secret in secrets)


@given(st.lists(st.text(min_size=4), max_size=5), st.text())
def test_masking_twice_changes_nothing_more(values, text):
    secrets = Secrets.of(values)
    assert secrets.mask(secrets.mask(text)) == secrets.mask(text)


def test_the_longest_secret_is_hidden_whole():
    assert Secrets.of(["abcd", "abcdefgh"]).mask("x abcdefgh y abcd") == "x *** y ***"


def test_short_texts_are_hidden_only_where_they_are_credentials():
    assert Secrets.of(["abc"]).mask("abc") == "abc"
    assert Secrets.of((), ["abc"]).mask("abc") == MASK


def test_percent_encoded_and_escaped_forms_are_hidden_too():
    secrets = Secrets.of(['p@ss/"wörd"'])
    for form in ('p@ss/"wörd"', "p%40ss%2F%22w%C3%B6rd%22", "p%40ss/%22w%C3%B6rd%22", 'p@ss/\\"w\\u00f6rd\\"'):
        assert secrets.mask(f"<{form}>") == "<***>"


def test_basic_credentials_hide_password_and_header():
    secrets = Secrets.of((), basic_credentials("bob", "hünter2"))
    for encoding in ("utf-8", "latin-1"):
        header = b64encode("bob:hünter2".encode(encoding)).decode()
        assert secrets.mask(f"Authorization: Basic {header}") == "Authorization: Basic ***"
    assert secrets.mask("bob:hünter2") == "bob:***"


def test_a_user_without_password_is_the_secret():
    assert Secrets.of((), basic_credentials("sk_live", "")).mask("sk_live") == MASK


def test_bytes_of_the_environment_that_are_no_utf8_are_hidden():
    assert Secrets.of(["p\udcffss"]).mask("a p\udcffss b") == "a *** b"


def test_its_representation_shows_nothing():
    assert "hunter2" not in repr(Secrets.of(["hunter2"]))


def test_no_secrets_leave_everything_as_it_is():
    assert Secrets().mask("x") == "x"


@pytest.mark.parametrize(
    "name",
    ["Authorization", "X-Api-Key", "cookie", "Set-Cookie", "X-Auth", "x_token", "accessToken", "apikey", "sig",
     "X-Amz-Signature", "client_secret", "password", "pwd", "Proxy-Authorization", "X-Session",
     "sessionid", "PHPSESSID"],
)  # fmt: skip
def test_names_that_look_secret(name):
    assert looks_secret(name)


@pytest.mark.parametrize("name", ["X-Author", "Accept", "monkey", "keyspace", "X-Design", "passage", "User-Agent"])
def test_names_that_do_not_look_secret(name):
    assert not looks_secret(name)
