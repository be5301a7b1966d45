"""Rules that hold between keys."""

from __future__ import annotations

import pytest

from loader.config import ConfigError, load
from loader.targets.kinds import KINDS

TARGET = "[target.a]\nurl = 'https://h/x'\n"


def problems(tmp_path, text: str) -> list[tuple[int | None, str, str]]:
    path = tmp_path / "c.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as error:
        load(path, {}, KINDS, {})
    return [(p.line, p.key, p.message) for p in error.value.problems]


@pytest.mark.parametrize(
    ("text", "line", "key", "expected"),
    [
        ("[input]\nformat = 'csv'\nheader = false", 3, "input.header", "names of the columns"),
        ("[input]\nformat = 'tsv'\nheader = false\ncolumns = []", 4, "input.columns", "names of the columns"),
        ("[input]\ncolumns = ['a', 'b', 'a']", 2, "input.columns", '"a" stands there again'),
        ("[input]\ndelimiter = '\"'", 2, "input.delimiter", "to differ"),
        ("[input]\nquote = ','", 2, "input.quote", "to differ"),
        ("[input]\ndelimiter = 'ab'", 2, "input.delimiter", "a character other than CR"),
        ("[input]\ndelimiter = ''", 2, "input.delimiter", "a character other than CR"),
        ("[input]\ndelimiter = '|\"|'", 2, "input.delimiter", "to differ"),
        ("[input]\ndelimiter = '||'\nescape = '|'", 3, "input.escape", "to differ"),
        ("[input]\ncomment = '#,'", 2, "input.comment", "without the delimiter"),
        ("[input]\ncomment = '\"#'", 2, "input.comment", "not to begin with the quote"),
        ("[input]\ncomment = '\\'\nescape = '\\'", 2, "input.comment", "not to begin with the escape"),
        ("[input]\nskip_lines = -1", 2, "input.skip_lines", "a whole number from 0"),
        ("[input]\nragged = 'padd'", 2, "input.ragged", '"pad"'),
        ('[input]\ndelimiter = "\\n"', 2, "input.delimiter", "a character other than CR"),
        ('[input]\nquote = "\\r"', 2, "input.quote", "one printable ASCII character"),
        ("[mapping]\nfields = {a = 'x', b = 'x'}", 2, "mapping.fields", '"x" has several'),
        ("[mapping]\ntypes = {a = 'int'}", 2, "mapping.types.a", '"integer"'),
        ("[mapping]\ntypes = {a = 'epoch'}", 2, "mapping.types.a", 'or a pattern like "%d.%m.%Y"'),
        ("[mapping]\ntypes = {a = '%d.%q'}", 2, "mapping.types.a", "a pattern that strptime can read"),
        ("[mapping]\ntypes = {a = ['%d', 'epoch_s']}", 2, "mapping.types.a", "item 2: expected a pattern"),
        ("[mapping]\ntypes = {a = []}", 2, "mapping.types.a", "or a list of patterns"),
        ("[input]\ntime_zone = 'Europe/Berln'", 2, "input.time_zone", "a time zone"),
        ("[input]\ndecimal = '.'\nthousands = '.'", 3, "input.thousands", "to differ"),
        ("[input]\ndecimal = '5'", 2, "input.decimal", "one character that stands in no number"),
        ("[mapping]\ntypes = {a = '100%'}", 2, "mapping.types.a", "a pattern that strptime can read"),
        ("[mapping]\nfalse_words = ['no', 'T']", 2, "mapping.false_words", '"t" would be true and false'),
        ("[mapping]\ntrue_words = ['']", 2, "mapping.true_words", "a text that is not empty"),
        ("[retry]\nmax_backoff = '1s'\ninitial_backoff = 2", 2, "retry.max_backoff", "at least initial_backoff"),
        ("[retry]\ninitial_backoff = '2m'", 2, "retry.initial_backoff", "at least initial_backoff"),
        ("[retry]\nstatuses = [200]", 2, "retry.statuses", "from 300 to 599"),
        ("[timeouts]\nread = 0", 2, "timeouts.read", "a duration from 0.001 to 86400"),
        ("[concurrency]\nworkers = 0", 2, "concurrency.workers", "a whole number from 1 to 256"),
        (TARGET + "cert = '/dev/null'", 3, "target.a.cert", "a private key too"),
        (TARGET + "key = '/dev/null'", 3, "target.a.key", "a certificate too"),
        (TARGET + "wrapper = '{}'", 3, "target.a.wrapper", "{{rows}} or {{row}}"),
        (TARGET + "wrapper = '{{row}} {{rows}}'", 3, "target.a.wrapper", "only one of"),
        (TARGET + "fallback = 'b'", 3, "target.a.fallback", "another [target.NAME] section"),
        (TARGET + "fallback = 'a'", 3, "target.a.fallback", "another [target.NAME] section"),
        (TARGET + "auth.bearer = 'x'\nheaders.AUTHORIZATION = 'y'", 4, "target.a.headers", "no Authorization header"),
        (TARGET + "items = 'multi-status'\naccept = {absent = 'e'}", 4, "target.a.accept", "only one of items"),
        ("[target.a]\nurl = 'https://h/x/_bulk?refresh=1'", 2, "target.a.url", 'items = "elasticsearch"'),
        ("[target.a]\nurl = 'https://h/_bulk/'\nitems = ''", 3, "target.a.items", 'items = "elasticsearch"'),
        (TARGET + "url2 = 'x'", 3, "target.a.url2", "unknown key"),
        ("[target.a]\nurl = 'https://u:p@h/x'\nauth.bearer = 'x'", 2, "target.a.url", "where auth is set"),
        ("[target.a]\nurl = 'https://u%3A:p@h/x'", 2, "target.a.url", 'a user without ":"'),
        ("[target.a]\ngzip = true", 1, "target.a", "expected a url"),
        (
            "[target.a]\nurl = 'cassandra://h/table'",
            2,
            "target.a.url",
            "cassandra://host[:port][,host2]/keyspace.table",
        ),
        ("[target.a]\nurl = 'cassandra:///k.t'", 2, "target.a.url", "expected a host in the url"),
        ("[target.a]\nurl = 'cassandra://h:0/k.t'", 2, "target.a.url", "host or port cannot be read"),
        ("[target.a]\nurl = 'cassandra://h/k.t'\ntls = {cert = 'x'}", 3, "target.a.tls", "both cert and key"),
        ("[target.a]\nurl = 'cassandra://h/k.t'\nauth = {bearer = 'x'}", 3, "target.a.auth", "user"),
        ("[target.a]\nurl = 'cassandra://h/k.t'\nmethod = 'PUT'", 3, "target.a.method", "unknown key"),
    ],
)
def test_each_rule_is_told_at_its_key(tmp_path, text, line, key, expected):
    [(where, name, message)] = problems(tmp_path, text)
    assert (where, name) == (line, key)
    assert expected in message


def test_every_target_of_a_circle_of_fallbacks_is_told(tmp_path):
    text = "".join(
        f"[target.{name}]\nurl = 'https://h/{name}'\nfallback = '{fallback}'\n"
        for name, fallback in [("a", "b"), ("b", "c"), ("c", "b"), ("d", "a")]
    )
    told = problems(tmp_path, text)
    assert [(line, key) for line, key, _ in told] == [(6, "target.b.fallback"), (9, "target.c.fallback")]


def test_a_key_that_cannot_be_read_contradicts_nothing(tmp_path):
    told = problems(tmp_path, "[retry]\nmax_backoff = 'x'\ninitial_backoff = 100\n")
    assert [key for _, key, _ in told] == ["retry.max_backoff"]


@pytest.mark.parametrize(
    "text",
    [
        "[input]\nformat = 'csv'\nheader = false\ncolumns = ['a']",
        "[input]\nheader = false",
        '[input]\ndelimiter = "\\t"\nquote = ""',
        '[input]\ndelimiter = "pipe"\nquote = ","',
        '[input]\nformat = "tsv"\nquote = ","',
        "[mapping]\ntimestamp = 'created'\nttl = 60",
        "[mapping]\ntimestamp = 'now'",
        "[mapping]\ntypes = {a = 'epoch_us', b = 'hex', c = '%Y-%m-%dT%H:%M:%S.%f%z', d = '%d. %B %y', e = 'json'}",
        "[mapping]\ntrue_words = ['ja']\nfalse_words = []",
        TARGET + "cert = '/dev/null'\nkey = '/dev/null'\nca = '/dev/null'",
        TARGET + "wrapper = '{\"rows\": {{rows}}}'",
        TARGET + "fallback = 'b'\n[target.b]\nurl = 'https://h/y'\nfallback = 'c'\n[target.c]\nurl = 'https://h/z'",
        "[target.a]\nurl = 'https://h/x/_bulk'\nitems = 'elasticsearch'",
        "[target.a]\nurl = 'https://h/x/_bulk'\naccept = {path = 'errors', equals = [false]}",
        "[target.a]\nurl = 'https://h/_bulk/x?y=/_bulk'",
        TARGET + "auth = {header = 'X-Key', value = 'v'}\nheaders.Authorization = 'y'",
    ],
)
def test_what_goes_together_is_taken(tmp_path, text):
    path = tmp_path / "c.toml"
    path.write_text(text)
    load(path, {}, KINDS, {})
