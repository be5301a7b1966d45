"""From file and flags to a config, or to everything that is wrong with them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from loader.config import Config, ConfigError, Problem, Secrets, load
from loader.config.sections import Auth, Concurrency, InputSettings, Retry
from loader.errors import UsageError
from loader.targets.http.settings.http_target import HttpTarget
from loader.targets.http.settings.row_answers import Items
from loader.targets.kinds import KINDS


@pytest.fixture
def write(tmp_path):
    def write(text: str | bytes, name: str = "c.toml") -> Path:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def problems(path, flags=None, environ=None) -> list[Problem]:
    with pytest.raises(ConfigError) as error:
        load(path, flags or {}, KINDS, environ or {})
    assert str(error.value).splitlines() == [str(problem) for problem in error.value.problems]
    return list(error.value.problems)


def told(path, flags=None, environ=None) -> list[tuple[int | None, str, str]]:
    return [(p.line, p.key, p.nearest) for p in problems(path, flags, environ)]


# Where the config comes from


def test_without_any_file_there_are_defaults(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert load(None, {}, KINDS) == Config()


def test_the_file_of_the_working_directory_is_taken_unasked(write, tmp_path, monkeypatch):
    write("[retry]\nmax_retries = 1", "loader.toml")
    monkeypatch.chdir(tmp_path)
    assert load(None, {}, KINDS).retry.max_retries == 1


def test_a_flag_beats_the_file(write):
    flags = {"input.format": "csv", "input.columns": ("a", "b")}
    path = write('[input]\nformat = "jsonl"\nheader = false')
    assert load(path, flags, KINDS).input == InputSettings("csv", False, ("a", "b"))


def test_a_value_a_flag_overrides_is_not_looked_at(write):
    path = write('[input]\nformat = "${UNSET}"')
    assert load(path, {"input.format": "csv"}, KINDS, {}).input.format == "csv"


def test_flags_work_without_a_file_and_are_read_like_its_values(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    flags = {"concurrency.max_held": "128 MiB", "concurrency.workers": 1, "errors.fail_on_first_error": True}
    config = load(None, flags, KINDS)
    assert config.concurrency == Concurrency(max_held=128 * 2**20, workers=1)
    assert config.errors.fail_on_first_error


def test_a_flag_can_set_a_key_of_a_target(write):
    path = write('[target.a]\nurl = "https://h/x"')
    target = load(path, {"target.a.method": "PUT"}, KINDS).targets["a"]
    assert isinstance(target, HttpTarget)
    assert target.method == "PUT"


def test_flags_are_not_expanded():
    assert load(None, {"dlq.path": "${HOME}/x"}, KINDS, {"HOME": "y"}).dlq.path == "${HOME}/x"


def test_every_section_is_read(write):
    path = write("""
        input = {format = "csv", null_words = ["NULL", ""]}
        batch.size = 10
        batch.max_bytes = "2 MiB"
        [retry]
        initial_backoff = "250ms"
        statuses = [429, 301]
        [breaker]
        threshold = 0
        [target.api]
        url = "https://bob:pw@host/x"
        items = {list = "items", status = "status", error = "error"}
        [target.api.headers]
        X-Tenant = "t"
    """)
    config = load(path, {}, KINDS)
    assert config.input.null_words == ("NULL", "")
    assert (config.batch.size, config.batch.max_bytes) == (10, 2**21)
    assert config.retry == Retry(initial_backoff=0.25, statuses=(429, 301))
    assert config.breaker.threshold == 0
    assert config.targets["api"] == HttpTarget(
        name="api",
        url="https://host/x",
        auth=Auth("basic", "bob", "pw"),
        items=Items(("items",), "status", "error"),
        headers={"X-Tenant": "t"},
    )


# Files that are no config


def test_a_named_file_must_exist(tmp_path):
    [problem] = problems(tmp_path / "absent.toml")
    assert (problem.file, problem.line) == (str(tmp_path / "absent.toml"), None)
    assert "there is none" in problem.message


def test_a_directory_is_no_config(tmp_path):
    assert "directory" in problems(tmp_path)[0].message


def test_an_unreadable_file_is_told(write):
    path = write("")
    path.unlink()
    path.symlink_to(path)  # a loop: unreadable for root, too
    assert "expected a readable config file" in problems(path)[0].message


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[input]\nformat = csv\n", 2),
        ("[input]\nheader = true\nheader = false\n", 3),
        ("x = [1,\n2,", 2),
        ("a = '''\nb", 2),
        ("a = " + "9" * 5000, None),
        ("a = " + "[" * 100_000, None),
        ("[dlq]\npath" + ".a" * 3_000 + " = 1", None),
    ],
    ids=["bare word", "twice", "open list", "open text", "huge number", "deep", "deep key"],
)
def test_broken_toml_is_told_with_its_line(write, text, line):
    [problem] = problems(write(text))
    assert problem.line == line
    assert problem.message.startswith("expected TOML")


def test_a_file_that_is_not_utf8_is_told_with_its_line(write):
    [problem] = problems(write(b"# fine\nx = '\xff'\n"))
    assert (problem.line, problem.message) == (2, "expected text in UTF-8")


def test_a_byte_order_mark_and_line_ends_of_windows_are_fine(write):
    assert load(write(b"\xef\xbb\xbf[batch]\r\nsize = 5\r\n"), {}, KINDS).batch.size == 5


# All that is wrong, at once


def test_all_problems_are_told_at_once_with_lines_and_nearest_names(write):
    path = write("""\
format = "csv"
[inptu]
x = 1
[retry]
max_retires = 3
jitter = "Ful"
statuses = [500, 401, "x", 407]
[timeouts]
read = "soon"
[target.a]
url = "https://host/x"
methd = "POST"
headers = {Host = "x", "b d" = "y"}
[target.b]
method = "GET"
""")
    assert told(path, {"input.format": "cvs", "dlq.path": 3, "batch.size": 0}) == [
        (1, "format", "input.format"),
        (2, "inptu", "input"),
        (5, "retry.max_retires", "max_retries"),
        (6, "retry.jitter", "full"),
        (7, "retry.statuses", ""),
        (7, "retry.statuses", ""),
        (7, "retry.statuses", ""),
        (9, "timeouts.read", ""),
        (12, "target.a.methd", "method"),
        (13, "target.a.headers.Host", ""),
        (13, 'target.a.headers."b d"', ""),
        (14, "target.b", ""),
        (15, "target.b.method", ""),
        (None, "--format", "csv"),
        (None, "batch.size", ""),
        (None, "--dlq", ""),
    ]


def test_an_error_reads_as_file_line_key_message_and_hint(write):
    path = write("[retry]\njitter = 'ful'\n")
    with pytest.raises(UsageError) as error:
        load(path, {}, KINDS)
    assert str(error.value) == f'{path}:2: retry.jitter: expected "full" or "none"; did you mean "full"?'


def test_a_flag_is_named_as_the_user_typed_it():
    [problem] = problems(None, {"concurrency.workers": "four"})
    assert str(problem) == '--workers: expected "auto" or a whole number from 1 to 256'


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("input = 3", "input"),
        ("target = 3", "target"),
        ("[[retry]]", "retry"),
        ("[target]\nurl = 'https://h'", "target.url"),
        ("[target.'']\nurl = 'https://h'", 'target.""'),
        ("[retry.jitter]\nx = 1", "retry.jitter"),
        ("[targets.a]\nurl = 'https://h'", "targets"),
        ("zzz = 1", "zzz"),
    ],
)
def test_sections_of_the_wrong_shape_are_told(write, text, key):
    assert [problem.key for problem in problems(write(text))] == [key]


def test_a_flag_for_no_section_is_told():
    assert told(None, {"inptu.format": "csv"}) == [(None, "inptu", "input")]


def test_an_unknown_name_with_nothing_near_lists_the_valid_ones(write):
    [problem] = problems(write("[dlq]\nzzz = 1"))
    assert problem.message == "unknown key; expected one of path"


# ${VAR} and file:


def test_variables_are_replaced_in_any_text(write):
    path = write('[dlq]\npath = "${DIR}/$${x}/${A}${B}"\n[input]\ncolumns = ["${A}", "$A", "{A}"]')
    config = load(path, {}, KINDS, {"DIR": "/d", "A": "a", "B": "${A}"})
    assert config.dlq.path == "/d/${x}/a${A}"
    assert config.input.columns == ("a", "$A", "{A}")


def test_unset_and_broken_references_are_told_and_nothing_else_about_the_key(write):
    path = write("[retry]\njitter = '${UNSET}'\n[target.a]\nurl = '${}'\nauth.bearer = '${open'\n")
    assert told(path) == [(2, "retry.jitter", ""), (4, "target.a.url", ""), (5, "target.a.auth.bearer", "")]
    assert "UNSET is not set" in problems(path)[0].message


def test_secrets_come_from_files_without_their_last_line_end(write, tmp_path):
    (tmp_path / "token").write_bytes(b"s3cr3t\n")
    (tmp_path / "key").write_bytes(b"k3y-line\r\n")
    path = write(f"""
        [target.a]
        url = "https://host/x"
        auth.bearer = "file:{tmp_path}/token"
        headers = {{X-Other = "file:${{DIR}}/key"}}
    """)
    config = load(path, {}, KINDS, {"DIR": str(tmp_path)})
    target = config.targets["a"]
    assert isinstance(target, HttpTarget)
    assert target.auth.secret == "s3cr3t"
    assert target.headers["X-Other"] == "k3y-line"
    assert config.secrets.mask("s3cr3t k3y-line") == "*** ***"


def test_only_secrets_come_from_files(write):
    assert load(write('[dlq]\npath = "file:/x"'), {}, KINDS).dlq.path == "file:/x"


def test_files_that_cannot_be_read_are_told(write, tmp_path):
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    path = write(f"""\
[target.a]
url = "file:{tmp_path}/absent"
proxy = "file:{tmp_path}"
auth.bearer = "file:{tmp_path}/binary"
headers.X = "file:a\\u0000b"
""")
    assert [problem.line for problem in load(path, {}, KINDS).incomplete["a"]] == [2, 3, 4, 5]


# Secrets


SECRET = """
[target.a]
url = "https://bob:pass%2Fword1@host/${PART}?sig=s1gnature"
proxy = "http://u:proxypass@proxy"
headers = {X-Api-Key = "apikey77", X-Tenant = "tenant", Cookie = "c00kie=1"}
[target.b]
url = "file:HOOK"
auth.bearer = "${TOKEN}"
"""


@pytest.fixture
def secret_config(write, tmp_path):
    (tmp_path / "hook").write_text("https://hooks.example/T0/B0/xyzzy\n")
    path = write(SECRET.replace("HOOK", str(tmp_path / "hook")))
    environ = {"TOKEN": "t0ken99", "PART": "part88", "HTTPS_PROXY": "http://u:envpass@proxy"}
    return load(path, {}, KINDS, environ)


@pytest.mark.parametrize(
    "secret",
    ["pass/word1", "pass%2Fword1", "Ym9iOnBhc3Mvd29yZDE=", "part88", "s1gnature", "proxypass", "apikey77", "c00kie=1",
     "t0ken99", "envpass", "https://hooks.example/T0/B0/xyzzy", "/T0/B0/xyzzy"],
)  # fmt: skip
def test_all_secrets_of_a_config_are_known_and_shown_nowhere(secret_config, secret):
    assert secret not in secret_config.secrets.mask(f"a {secret} b")
    assert secret not in repr(secret_config)


def test_what_is_no_secret_stays_readable(secret_config):
    assert secret_config.secrets.mask("bob at host is a tenant") == "bob at host is a tenant"


def test_no_problem_holds_a_secret(write):
    path = write("""
        [target.a]
        url = "https://bob:hunter2@host:bad/"
        proxy = "hunter2"
        auth = {bearer = "${TOKEN}", basic = "bob:hunter2"}
        headers = {X = "hunter2\\n", "${TOKEN}" = "hunter2"}
        ca = "/etc/hunter2"
        [target.b]
        url = "hunter2://bob:hunter2@host"
        auth.bearer = "${TOKEN}"
        fallback = "hunter2"
        [input]
        columns = ["hunter2", "hunter2"]
    """)
    with pytest.raises(ConfigError) as error:
        load(path, {"dlq.path": 5, "input.format": "hunter2"}, KINDS, {"TOKEN": "hunter2"})
    assert len(error.value.problems) >= 8
    assert "hunter2" not in str(error.value) + repr(error.value.problems)


def test_the_environment_of_the_process_is_the_usual_one(write, monkeypatch):
    monkeypatch.setenv("LOADER_TEST_DIR", "here")
    assert load(write('[dlq]\npath = "${LOADER_TEST_DIR}"'), {}, KINDS).dlq.path == "here"
    assert os.environ["LOADER_TEST_DIR"] == "here"


def test_a_config_without_secrets_hides_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert load(None, {}, KINDS, {}).secrets == Secrets()
