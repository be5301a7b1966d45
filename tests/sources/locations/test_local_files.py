"""Files of this machine as locations."""

from __future__ import annotations

import os

import pytest

from loader.sources import InputError, expand
from loader.sources.locations import Fingerprint
from loader.sources.locations.local_files import File


def test_fingerprint_of_a_file_changes_with_its_ends_and_its_size(tmp_path):
    path = tmp_path / "in.jsonl"
    path.write_bytes(b"a" * 200_000)
    before = File(path).fingerprint()
    assert (before.size, before.whole) == (200_000, False)
    digests = {before.digest}
    for changed in (b"b" + b"a" * 199_999, b"a" * 199_999 + b"b"):
        path.write_bytes(changed)
        digests.add(File(path).fingerprint().digest)
    assert len(digests) == 3
    path.write_bytes(b"a" * 200_001)
    assert not before.is_like(File(path).fingerprint())


def test_a_file_that_is_hashed_whole_proves_itself_and_a_larger_one_by_its_time(tmp_path):
    small, large = tmp_path / "small", tmp_path / "large"
    for path, size in ((small, 128 * 1024), (large, 128 * 1024 + 1)):
        path.write_bytes(b"a" * size)
        before = File(path).fingerprint()
        assert before.is_proved_by(File(path).fingerprint())
        os.utime(path, ns=(1, 1))
        after = File(path).fingerprint()
        assert before.is_like(after)
        assert before.is_proved_by(after) is before.whole is (path is small)


def test_what_cannot_be_read_twice_has_no_fingerprint_and_no_identity(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    pipe = File(tmp_path / "pipe")
    assert (pipe.once, pipe.identity, pipe.fingerprint()) == (True, None, Fingerprint())
    assert pipe.places == (str(tmp_path / "pipe"),)
    assert not File(tmp_path / "missing").once
    (standard_input,) = expand(["-"])
    assert (standard_input.once, standard_input.identity, standard_input.places) == (True, None, ())


def test_a_file_is_found_by_its_name_and_by_what_the_name_leads_to(tmp_path, monkeypatch):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a").write_bytes(b"")
    (tmp_path / "link").symlink_to("deep/a")
    monkeypatch.chdir(tmp_path / "deep")
    assert File("../link").places == (f"{tmp_path}/deep/../link", f"{tmp_path}/link", f"{tmp_path}/deep/a")
    assert File("../link").identity == File("a").identity


@pytest.mark.parametrize("url", ["file://{}/a%20b", "FILE://localhost{}/a%20b"])
def test_a_file_may_be_named_by_its_url(tmp_path, url):
    (tmp_path / "a b").write_bytes(b"{}")
    (found,) = expand([url.format(tmp_path)])
    assert found.name == f"{tmp_path}/a b"
    assert found.open().read(10, None) == b"{}"


@pytest.mark.parametrize("url", ["file://elsewhere/a", "file://", "file:///a?b", "file:///a#b"])
def test_a_url_of_no_file_here_is_refused(url):
    with pytest.raises(InputError, match="expected file:///path"):
        expand([url])


def test_a_name_that_exists_is_that_file_whatever_it_looks_like(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "xyz:").mkdir()
    (tmp_path / "xyz:" / "a").write_bytes(b"")
    assert [found.name for found in expand(["xyz://a"])] == ["xyz://a"]


def test_a_url_of_an_unknown_scheme_is_told_the_schemes_there_are_without_its_secrets():
    with pytest.raises(InputError) as caught:
        expand(["fille://bob:hunter2@host/a?token=abcdef"])
    assert str(caught.value) == (
        "fille://host/a?token=***: there is no such file, and no location has this scheme: an input is a file, - for "
        'standard input, or a URL whose scheme is file, https, http, s3, gs or az; did you mean "file"?'
    )


@pytest.mark.parametrize("name", ["a\0b", "file:///a%00b"])
def test_a_name_that_no_file_has_is_refused(name):
    with pytest.raises(InputError, match="no file has such a name"):
        expand([name])


def test_a_url_names_a_file_by_its_bytes(tmp_path):
    (tmp_path / "caf\N{LATIN SMALL LETTER E WITH ACUTE}").write_bytes(b"")
    assert [found.path for found in expand([f"file://{tmp_path}/caf%C3%A9"])] == [next(tmp_path.iterdir())]
    for name in ("caf%E9", "caf\udce9", "caf\ud800"):
        with pytest.raises(InputError, match="its name is not UTF-8"):
            expand([f"file://{tmp_path}/{name}"])
