"""Inputs in buckets, on a server that speaks the protocol of S3, and what is meant by names of objects."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace

import obstore
import pytest
import requests
from moto.server import ThreadedMotoServer
from obstore.store import S3Store

from loader.config.sections import InputSettings
from loader.sources import InputError, chunks, expand, open_inputs
from loader.sources.locations import Access
from loader.sources.locations.access import Clients
from loader.sources.start import Place, Start
from tests.sinks import rows
from tests.sources.locations.test_web import Time, access, hasty, read, time
from tests.sources.locations.web_server import Asked, Reply, serving

__all__ = ["access", "time"]

DATA = rows(60_000).encode()


class Buckets:
    """A server of buckets."""

    def __init__(self, url: str) -> None:
        self.url = url

    def put(self, bucket: str, **contents: bytes) -> None:
        store = S3Store(bucket, endpoint=self.url, client_options={"allow_http": True})
        for key, data in contents.items():
            obstore.put(store, key, data)


@pytest.fixture(scope="module")
def server() -> Iterator[Buckets]:
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    yield Buckets(f"http://{host}:{port}")
    moto.stop()


@pytest.fixture
def buckets(server, monkeypatch, tmp_path) -> Buckets:
    """The server, empty but for a bucket `bkt`; the environment has its address and credentials."""
    requests.post(f"{server.url}/moto-api/reset", timeout=10)
    requests.put(f"{server.url}/bkt", timeout=10)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", server.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hunter2hunter2")
    return server


def names(pattern: str, access: Access) -> list[str]:
    return [location.name for location in expand([pattern], access=access)]


def test_an_object_is_read_whole_and_from_the_middle(buckets, access):
    buckets.put("bkt", **{"dir/a b.jsonl": DATA})
    (location,) = expand(["s3://bkt/dir/a b.jsonl"], access=access)
    with open_inputs([location], InputSettings()) as inputs:
        assert (inputs.sources[0].stream, inputs.sources[0].size) == (False, len(DATA))
        whole = list(chunks(inputs, max_wait=1.0))
        start = Start(0, 3, whole[3].ordinal, Place(whole[3].offset, whole[3].line))
        rest = list(chunks(inputs, max_wait=1.0, start=start))
    assert b"".join(chunk.data for chunk in whole) == DATA
    assert [chunk.data for chunk in rest] == [chunk.data for chunk in whole[3:]]
    assert (location.name, location.places) == ("s3://bkt/dir/a b.jsonl", ("s3://bkt/dir/a b.jsonl",))


def test_globs_stand_for_the_objects_that_match_in_order(buckets, access):
    keys = ["d/b.jsonl", "d/a.jsonl", "d/sub/c.jsonl", "d/x[1].jsonl", "d/.hidden.jsonl", "d/e.csv"]
    buckets.put("bkt", **dict.fromkeys(keys, b"{}\n"))
    assert names("s3://bkt/d/*.jsonl", access) == ["s3://bkt/d/a.jsonl", "s3://bkt/d/b.jsonl", "s3://bkt/d/x[1].jsonl"]
    assert names("s3://bkt/d/**/*.jsonl", access) == [
        *("s3://bkt/d/a.jsonl", "s3://bkt/d/b.jsonl"),
        *("s3://bkt/d/sub/c.jsonl", "s3://bkt/d/x[1].jsonl"),
    ]
    assert names("s3://bkt/d/[ab].jsonl", access) == ["s3://bkt/d/a.jsonl", "s3://bkt/d/b.jsonl"]
    assert names("s3://bkt/d/?.csv", access) == ["s3://bkt/d/e.csv"]
    assert names("s3://bkt/d/x[1].jsonl", access) == ["s3://bkt/d/x[1].jsonl"]
    with pytest.raises(InputError, match=r"s3://bkt/d/\*\.tsv: no object matches"):
        expand(["s3://bkt/d/*.tsv"], access=access)


def test_a_folder_stands_for_all_in_it_where_that_is_asked_for(buckets, access):
    buckets.put("bkt", **dict.fromkeys(["d/b.jsonl", "d/sub/c.jsonl", "d/_SUCCESS", "d/.x/y", "e.jsonl"], b"{}\n"))
    for folder in ("s3://bkt/d", "s3://bkt/d/"):
        with pytest.raises(InputError, match=r"s3://bkt/d/: is a folder; name its files, .*--recursive"):
            expand([folder], access=access)
        assert names(folder, replace(access, recursive=True)) == ["s3://bkt/d/b.jsonl", "s3://bkt/d/sub/c.jsonl"]
    assert len(names("s3://bkt", replace(access, recursive=True))) == 3


def test_facts_of_a_list_are_not_asked_for_again(buckets, access):
    buckets.put("bkt", **dict.fromkeys(["d/a.jsonl", "d/b.jsonl"], DATA))
    found = expand(["s3://bkt/d/*"], access=access)
    before = [location.fingerprint() for location in found]
    buckets.put("bkt", **{"d/a.jsonl": DATA[:-1] + b" "})
    assert [location.fingerprint() for location in found] == before
    assert not expand(["s3://bkt/d/a.jsonl"], access=access)[0].fingerprint().is_like(before[0])


def test_an_object_that_changes_while_it_is_read_is_told(buckets, access):
    buckets.put("bkt", **{"a.jsonl": DATA})
    with open_inputs(expand(["s3://bkt/a.jsonl"], access=access), InputSettings()) as inputs:
        buckets.put("bkt", **{"a.jsonl": DATA.replace(b"row", b"ROW")})
        with pytest.raises(InputError, match="changed while it was read"):
            list(chunks(inputs, max_wait=1.0))


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("s3://bkt/none.jsonl", "s3://bkt/none.jsonl: cannot be read: there is no such object; check the name"),
        ("s3://none/a.jsonl", "s3://none/a.jsonl: cannot be read: there is no such object; check the name"),
        ("s3://none/*.jsonl", "s3://none/: cannot be listed: there is no such bucket; check the name"),
        ("s3://key:secret@bkt/a", "s3://: expected s3://bucket/path, without user or password"),
        ("s3://bkt/d/", "s3://bkt/d/: is a folder"),
    ],
)
def test_what_is_not_there_is_refused(buckets, access, url, said):
    with pytest.raises(InputError) as caught:
        expand([url], access=access)
    assert said in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_bucket_without_rights_is_told_with_what_to_do(access, monkeypatch, tmp_path):
    def deny(_asked: Asked, _reply: Reply) -> Reply:
        return Reply(403, {}, b"<Error><Code>AccessDenied</Code><Message>no</Message></Error>")

    with serving({}, twist=deny) as web:
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("AWS_ENDPOINT_URL", web.url)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hunter2hunter2")
        with pytest.raises(InputError) as caught:
            expand(["s3://bkt/*.jsonl"], access=access)
    said = str(caught.value)
    assert "s3://bkt/: cannot be listed: access is denied (HTTP 403 AccessDenied); no right to read there" in said
    assert "AWS_SKIP_SIGNATURE=true" in said
    assert web.url not in said
    assert "AKIAEXAMPLE" not in said


def test_a_bucket_that_fails_for_a_time_is_read_in_the_end(access, time: Time, monkeypatch):
    """A server that answers gets of objects alone, and fails each third."""

    def fail(asked: Asked, reply: Reply) -> Reply:
        answer = replace(reply, headers={**reply.headers, "Last-Modified": "Mon, 30 Nov 2026 08:00:00 GMT"})
        return replace(reply, status=503, body=b"slow down") if asked.number % 3 == 0 else answer

    with serving({"/bkt/a.jsonl": DATA}, twist=fail) as web:
        monkeypatch.setenv("AWS_ENDPOINT_URL", web.url)
        monkeypatch.setenv("AWS_SKIP_SIGNATURE", "true")
        assert read("s3://bkt/a.jsonl", access) == DATA
        assert {asked.path for asked in web.asked} == {"/bkt/a.jsonl"}
    assert time.waits
    assert set(time.waits) == {1.0}


def test_a_server_of_buckets_that_is_not_there_is_told(access, time: Time, monkeypatch):
    with serving({}) as web:
        pass
    monkeypatch.setenv("AWS_ENDPOINT_URL", web.url)
    monkeypatch.setenv("AWS_SKIP_SIGNATURE", "true")
    with pytest.raises(InputError, match=r"s3://bkt/a\.jsonl: cannot be read: the connection was refused"):
        expand(["s3://bkt/a.jsonl"], access=access)
    assert time.waits == [1.0, 2.0, 4.0]


def test_a_profile_is_read_where_the_environment_has_no_key(buckets, access, monkeypatch, tmp_path):
    buckets.put("bkt", **{"a.jsonl": DATA})
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    (tmp_path / ".aws").mkdir()
    profile = "[work]\naws_access_key_id = AKIAPROFILE\naws_secret_access_key = hunter3hunter3\n"
    (tmp_path / ".aws/credentials").write_text(profile)
    monkeypatch.setenv("AWS_PROFILE", "work")
    assert read("s3://bkt/a.jsonl", access) == DATA
    monkeypatch.setenv("AWS_PROFILE", "other")
    access = replace(access, clients=Clients())
    with pytest.raises(InputError, match=r"s3://bkt: the profile of ~/\.aws cannot be used"):
        expand(["s3://bkt/a.jsonl"], access=access)


def dated(_asked: Asked, reply: Reply) -> Reply:
    """What servers of buckets tell of all objects."""
    return replace(reply, headers={**reply.headers, "Last-Modified": "Mon, 30 Nov 2026 08:00:00 GMT"})


@pytest.mark.parametrize(
    ("change", "next_size"),
    [
        (lambda reply: replace(reply, cut=100_000), 512),
        (lambda reply: replace(reply, stall=100_000), 256),
        (lambda reply: replace(reply, stall=0), 256),
    ],
    ids=["cut", "stalls", "silent"],
)
def test_a_range_that_breaks_off_is_asked_for_again(access, time: Time, monkeypatch, change, next_size):
    """The second range breaks off; one that runs out of time is asked for in halves."""
    broken = iter([True])

    def breaks(asked: Asked, reply: Reply) -> Reply:
        is_second = asked.start == 256 * 1024
        return change(dated(asked, reply)) if is_second and next(broken, False) else dated(asked, reply)

    with serving({"/bkt/a.jsonl": DATA}, twist=breaks) as web:
        monkeypatch.setenv("AWS_ENDPOINT_URL", web.url)
        monkeypatch.setenv("AWS_SKIP_SIGNATURE", "true")
        assert read("s3://bkt/a.jsonl", hasty(access)) == DATA
        asked = [each for each in web.asked if each.start is not None]
    second = next(index for index, each in enumerate(asked) if each.start == 256 * 1024)
    assert asked[second + 1].start >= 256 * 1024
    assert time.waits[0] == 1.0
    assert asked[second + 1].stop - asked[second + 1].start == next_size * 1024


EMPTY = {
    "s3": b"<ListBucketResult><KeyCount>0</KeyCount><IsTruncated>false</IsTruncated></ListBucketResult>",
    "gs": b"<ListBucketResult><KeyCount>0</KeyCount><IsTruncated>false</IsTruncated></ListBucketResult>",
    "az": b"<EnumerationResults><Blobs/><NextMarker/></EnumerationResults>",
}
_OF_KEYS = (
    "<ListBucketResult><KeyCount>1</KeyCount><IsTruncated>false</IsTruncated><Contents><Key>d/a b.jsonl</Key>"
    "<LastModified>2026-11-30T08:00:00.123Z</LastModified><ETag>&quot;{tag}&quot;</ETag><Size>{size}</Size></Contents>"
    "</ListBucketResult>"
)
LISTS = {
    "s3": _OF_KEYS,
    "gs": _OF_KEYS,
    "az": "<EnumerationResults><Blobs><Blob><Name>d/a b.jsonl</Name><Properties>"
    "<Last-Modified>Mon, 30 Nov 2026 08:00:00 GMT</Last-Modified><Content-Length>{size}</Content-Length>"
    "<Content-Type>text/plain</Content-Type>"
    "<Etag>{tag}</Etag></Properties></Blob></Blobs><NextMarker/></EnumerationResults>",
}


@pytest.mark.parametrize("scheme", ["s3", "gs", "az"])
def test_buckets_are_read_whatever_their_lists_look_like(access, monkeypatch, scheme):
    """On a server that answers as theirs do, as far as reading goes: times in lists with parts of a second, as of
    MinIO and Google, and tags without quotes, as of Azure.
    """

    def answer(asked: Asked, reply: Reply) -> Reply:
        if "list" not in asked.path:
            return dated(asked, reply)
        if "prefix=d" not in asked.path:
            return Reply(200, {"Content-Type": "application/xml"}, EMPTY[scheme])
        facts = {"tag": hash(DATA), "size": len(DATA)}
        return Reply(200, {"Content-Type": "application/xml"}, LISTS[scheme].format(**facts).encode())

    with serving({"/bkt/d/a b.jsonl": DATA}, twist=answer) as web:
        for name, value in (
            ("AWS_ENDPOINT_URL", web.url),
            ("AWS_SKIP_SIGNATURE", "true"),
            ("GOOGLE_BASE_URL", web.url),
            ("GOOGLE_SKIP_SIGNATURE", "true"),
            ("AZURE_STORAGE_ENDPOINT", web.url),
            ("AZURE_STORAGE_ACCOUNT_NAME", "account"),
            ("AZURE_SKIP_SIGNATURE", "true"),
        ):
            monkeypatch.setenv(name, value)
        assert read(f"{scheme}://bkt/d/a b.jsonl", access) == DATA
        assert names(f"{scheme}://bkt/d/*.jsonl", access) == [f"{scheme}://bkt/d/a b.jsonl"]
        assert read(f"{scheme}://bkt/d/*.jsonl", access) == DATA
        with pytest.raises(InputError, match="there is no such object"):
            expand([f"{scheme}://bkt/none"], access=access)


def test_a_bucket_that_lacks_its_account_is_refused(access, monkeypatch):
    monkeypatch.delenv("AZURE_STORAGE_ACCOUNT_NAME", raising=False)
    with pytest.raises(InputError, match=r"az://bkt: cannot be reached by what the environment says: .*Account"):
        expand(["az://bkt/a"], access=access)


def test_buckets_need_the_extra(access, monkeypatch):
    monkeypatch.setitem(sys.modules, "obstore.store", None)
    with pytest.raises(InputError, match=r"s3://bkt: to read buckets: pip install 'loader\[remote\]'"):
        expand(["s3://bkt/a"], access=access)


@pytest.mark.parametrize(
    ("url", "variables", "setting"),
    [
        ("s3://bkt/a", {"AWS_METADATA_ENDPOINT": "http://127.0.0.1:1"}, "AWS_SKIP_SIGNATURE=true"),
        ("gs://bkt/a", {"HTTP_PROXY": "http://127.0.0.1:1"}, "GOOGLE_SKIP_SIGNATURE=true"),
    ],
)
def test_without_credentials_it_is_said_what_to_do(access, time, monkeypatch, tmp_path, url, variables, setting):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "GOOGLE_APPLICATION_CREDENTIALS", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"HOME": str(tmp_path), **variables}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(InputError) as caught:
        expand([url], access=access)
    assert f"{url}: cannot be read: no credentials were found; no right to read there" in str(caught.value)
    assert setting in str(caught.value)
    assert time.waits == []


def test_a_key_that_the_store_cannot_name_is_told(buckets, access, time):
    with pytest.raises(InputError, match="its name cannot be asked for; a part of it is empty"):
        expand(["s3://bkt/a//b"], access=access)
    assert time.waits == []
