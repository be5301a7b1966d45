"""Inputs on web servers that are honest, fail, stall, cut and lie."""

from __future__ import annotations

import gzip
import ssl
import threading
from dataclasses import replace

import pytest
import trustme

from loader.config.sections import InputSettings, Retry, Throttle, Timeouts
from loader.sources import InputError, chunks, expand, open_inputs
from loader.sources.locations import Access
from loader.sources.start import Place, Start
from tests.sinks import rows
from tests.sources.locations.web_server import Asked, Reply, WebServer, serving

DATA = rows(60_000).encode()
MANY = {"/a.jsonl": DATA}


class Time:
    """A clock that stands but for waits, which take no time."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.waits: list[float] = []

    def now(self) -> float:
        return self.time

    def wall(self) -> float:
        return 1.8e9 + self.time

    def wait(self, closing: threading.Event, seconds: float) -> bool:
        self.waits.append(seconds)
        self.time += seconds
        return closing.is_set()


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def access(time) -> Access:
    """Retries without jitter, in virtual time; but sockets wait in real time."""
    return Access(
        retry=Retry(max_retries=3, initial_backoff=1.0, jitter="none"),
        timeouts=Timeouts(connect=30.0, read=30.0, write=60.0),
        clock=time,
        wait=time.wait,
    )


def hasty(access: Access) -> Access:
    """For servers that say nothing: sockets wait for half a second."""
    return replace(access, timeouts=Timeouts(connect=30.0, read=0.5, write=60.0))


def read(url: str, access: Access, told: list[str] | None = None) -> bytes:
    """All rows of an input, as they lie there."""
    locations = expand([url], access=access)
    if told is not None:
        locations[0].tell_to(told.append)
    with open_inputs(locations, InputSettings()) as inputs:
        return b"".join(chunk.data for chunk in chunks(inputs, max_wait=1.0))


def test_rows_are_read_by_ranges_that_grow(access):
    with serving(MANY) as web:
        (location,) = expand([f"{web.url}/a.jsonl"], access=access)
        with open_inputs([location], InputSettings()) as inputs:
            assert (inputs.sources[0].stream, inputs.sources[0].size) == (False, len(DATA))
            assert b"".join(chunk.data for chunk in chunks(inputs, max_wait=1.0)) == DATA
        assert (location.seekable, location.once) == (True, False)
    ranges = [(asked.start, asked.stop) for asked in web.of_rows()][-4:]
    kib = 1024
    assert ranges == [(0, 256 * kib), (256 * kib, 768 * kib), (768 * kib, 1792 * kib), (1792 * kib, len(DATA))]
    assert all("If-Match" in asked.headers for asked in web.of_rows())
    assert {asked.headers["Accept-Encoding"] for asked in web.asked} == {"identity"}


def test_of_an_input_that_is_only_looked_at_little_is_fetched(access):
    with serving({"/a.jsonl": DATA * 20}) as web:
        open_inputs(expand([f"{web.url}/a.jsonl"], access=access), InputSettings()).close()
    assert sum(asked.stop - asked.start for asked in web.asked) < 2**20


def test_a_resume_reads_from_the_middle_on(access):
    with serving(MANY) as web, open_inputs(expand([f"{web.url}/a.jsonl"], access=access), InputSettings()) as inputs:
        whole = list(chunks(inputs, max_wait=1.0))
        third = whole[2]
        web.asked.clear()
        start = Start(0, third.number, third.ordinal, Place(third.offset, third.line))
        rest = list(chunks(inputs, max_wait=1.0, start=start))
    assert [(chunk.number, chunk.line, chunk.data) for chunk in rest] == [
        (chunk.number, chunk.line, chunk.data) for chunk in whole[2:]
    ]
    assert third.offset in {asked.start for asked in web.of_rows()}


@pytest.mark.parametrize("tags", [True, False])
def test_a_server_without_ranges_is_a_stream(access, tags):
    with serving(MANY, ranges=False, tags=tags) as web:
        (location,) = expand([f"{web.url}/a.jsonl"], access=access)
        with open_inputs([location], InputSettings()) as inputs:
            assert inputs.sources[0].stream
            assert b"".join(chunk.data for chunk in chunks(inputs, max_wait=1.0)) == DATA
        assert not location.seekable
        assert not location.fingerprint().is_known


def test_a_stream_that_is_cut_is_read_again_and_what_came_before_compared(access, time):
    def cut_first(asked: Asked, reply: Reply) -> Reply:
        return replace(reply, cut=1_000_000) if asked.number == 3 else reply

    with serving(MANY, ranges=False, twist=cut_first) as web:
        assert read(f"{web.url}/a.jsonl", access) == DATA
    assert time.waits == [1.0]


def test_a_stream_without_tags_whose_beginning_changed_is_told(access):
    def cut_then_change(asked: Asked, reply: Reply) -> Reply:
        if asked.number == 3:
            return replace(reply, cut=1_000_000)
        return replace(reply, body=b" " + reply.body[1:]) if asked.number > 3 else reply

    server = serving(MANY, ranges=False, tags=False, twist=cut_then_change)
    with server as web, pytest.raises(InputError, match="changed while it was read"):
        read(f"{web.url}/a.jsonl", access)


def test_an_empty_input_and_one_that_comes_gzipped_are_read(access):
    packed = gzip.compress(DATA)
    encoded = {"Content-Encoding": "gzip"}

    def encode(asked: Asked, reply: Reply) -> Reply:
        return replace(reply, headers={**reply.headers, **encoded}) if asked.path == "/b.jsonl" else reply

    contents = {"/empty.jsonl": b"", "/a.jsonl.gz": packed, "/b.jsonl": packed}
    with serving(contents, twist=encode) as web:
        assert read(f"{web.url}/empty.jsonl", access) == b""
        assert read(f"{web.url}/a.jsonl.gz", access) == DATA
        assert read(f"{web.url}/b.jsonl", access) == DATA


def test_what_comes_encoded_in_another_way_is_refused(access):
    def encode(asked: Asked, reply: Reply) -> Reply:
        return replace(reply, headers={**reply.headers, "Content-Encoding": "br"})

    with serving(MANY, twist=encode) as web, pytest.raises(InputError, match=r"it comes encoded \(br\)"):
        expand([f"{web.url}/a.jsonl"], access=access)


@pytest.mark.parametrize("cut", [None, 1_000_000])
def test_what_comes_in_chunks_of_http_is_read_and_its_end_known(access, time, cut):
    def chunked(asked: Asked, reply: Reply) -> Reply:
        return replace(reply, chunked=True, cut=cut if asked.number == 3 else None)

    with serving(MANY, ranges=False, twist=chunked) as web:
        assert read(f"{web.url}/a.jsonl", access) == DATA
    assert time.waits == ([] if cut is None else [1.0])


def test_certificates_are_verified_by_the_authorities_that_requests_knows(access, monkeypatch, tmp_path):
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    with serving(MANY, tls=context) as web:
        url = f"{web.url.replace('http:', 'https:')}/a.jsonl"
        with pytest.raises(
            InputError, match=r"no TLS connection; the certificate does not verify; .*REQUESTS_CA_BUNDLE"
        ):
            expand([url], access=access)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
        assert read(url, access) == DATA


def test_a_proxy_of_the_environment_is_used(access, monkeypatch):
    with serving({"http://nowhere.invalid/a.jsonl": DATA}) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        assert read("http://nowhere.invalid/a.jsonl", access) == DATA


# -- servers in trouble


def only(number: int, change):
    """Twist the request of that number alone, of those for rows."""
    count = iter(range(1, 1_000_000))

    def twist(asked: Asked, reply: Reply) -> Reply | None:
        if asked.is_probe:
            return reply
        return change(reply) if next(count) == number else reply

    return twist


@pytest.mark.parametrize(
    "change",
    [
        lambda reply: replace(reply, status=503, body=b"busy"),
        lambda reply: replace(reply, status=500, headers={}, body=b""),
        lambda reply: None,
        lambda reply: replace(reply, cut=100_000),
        lambda reply: replace(reply, cut=0),
        lambda reply: replace(reply, headers={**reply.headers, "Content-Length": str(len(reply.body) + 5)}, cut=None),
        lambda reply: replace(reply, headers={**reply.headers, "Content-Range": f"bytes 7-99/{len(DATA)}"}),
        lambda reply: replace(reply, headers={**reply.headers, "Content-Range": "nonsense"}),
    ],
    ids=["503", "500", "closed", "cut", "cut at once", "longer than told", "another range", "no range"],
)
def test_what_goes_wrong_once_is_asked_for_again_at_the_very_byte(access, time, change):
    with serving(MANY, twist=only(3, change)) as web:
        assert read(f"{web.url}/a.jsonl", access) == DATA
    assert time.waits == [1.0]


def test_what_stalls_is_asked_for_again_from_the_byte_that_did_not_come(access, time):
    with serving(MANY, twist=only(3, lambda reply: replace(reply, stall=100_000))) as web:
        assert read(f"{web.url}/a.jsonl", hasty(access)) == DATA
        stalled, then = web.of_rows()[2:4]
    assert then.start == stalled.start + 100_000
    assert time.waits[0] == 1.0


def test_a_range_that_is_answered_by_the_whole_content_is_taken_from_there_on(access):
    def whole(asked: Asked, reply: Reply) -> Reply:
        later = asked.number > 3
        return Reply(200, {"ETag": reply.headers["ETag"]}, web.contents[asked.path]) if later else reply

    with serving(MANY) as web:
        web.twist = whole
        assert read(f"{web.url}/a.jsonl", access) == DATA
    assert len(web.asked) < 8


def test_a_range_that_times_out_is_asked_for_in_halves_down_to_64_kib(access):
    def stall(asked: Asked, reply: Reply) -> Reply:
        return replace(reply, stall=0) if asked.stop - asked.start > 64 * 1024 else reply

    data = rows(20_000).encode()
    with serving({"/a.jsonl": data}, twist=stall) as web:
        assert read(f"{web.url}/a.jsonl", hasty(access)) == data
    sizes = [asked.stop - asked.start for asked in web.of_rows()]
    assert sizes[:4] == [256 * 1024, 256 * 1024, 128 * 1024, 64 * 1024]  # the first is that of the look
    assert min(sizes[:-1]) == 64 * 1024


def test_what_stays_ill_is_told_after_all_retries_with_the_place(access, time):
    def down(asked: Asked, reply: Reply) -> Reply:
        return reply if asked.is_probe or asked.start < 500_000 else replace(reply, status=502)

    with serving(MANY, twist=down) as web:
        locations = expand([f"{web.url}/a.jsonl"], access=access)
        found: list[bytes] = []
        told: list[str] = []
        locations[0].tell_to(told.append)
        with open_inputs(locations, InputSettings()) as inputs, pytest.raises(InputError) as caught:
            found.extend(chunk.data for chunk in chunks(inputs, max_wait=1.0))
    assert found
    assert DATA.startswith(b"".join(found))
    assert "/a.jsonl: cannot be read on after 786,432 bytes: HTTP 502" in str(caught.value)
    assert time.waits == [1.0, 2.0, 4.0]
    assert told == [
        f"{web.url}/a.jsonl: cannot be read on after 786,432 bytes: HTTP 502 Bad Gateway; it is asked again"
    ]


def test_a_wait_that_is_asked_for_is_kept(access, time):
    told: list[str] = []
    with serving(MANY, twist=only(3, lambda reply: Reply(429, {"Retry-After": "17"}, b""))) as web:
        assert read(f"{web.url}/a.jsonl", access, told) == DATA
    assert time.waits == [17.0]
    assert told == [f"{web.url} asks for a wait of 17 s (HTTP 429 Too Many Requests)"]


def test_a_wait_that_is_too_long_ends_the_reading(access):
    access = replace(access, throttle=Throttle(max_wait=10.0))
    server = serving(MANY, twist=only(3, lambda reply: Reply(503, {"Retry-After": "3600"}, b"")))
    with server as web, pytest.raises(InputError, match=r"asks for a wait of 3600 s, over throttle\.max_wait"):
        read(f"{web.url}/a.jsonl", access)


@pytest.mark.parametrize("tags", [True, False], ids=["412", "size"])
def test_a_content_that_changes_in_the_middle_is_told(access, tags):
    def change(asked: Asked, reply: Reply) -> Reply:
        if len(web.of_rows()) == 4:
            web.contents = {"/a.jsonl": DATA + b"{}\n"}
            return web.reply(asked)
        return reply

    with serving(MANY, tags=tags) as web:
        web.twist = change
        with pytest.raises(InputError, match="changed while it was read"):
            read(f"{web.url}/a.jsonl", access)


def test_a_server_that_looks_at_no_condition_is_caught_by_its_tag(access):
    def change(asked: Asked, reply: Reply) -> Reply:
        return replace(reply, headers={**reply.headers, "ETag": '"other"'}) if len(web.of_rows()) > 3 else reply

    with serving(MANY) as web:
        web.twist = change
        with pytest.raises(InputError, match="it has another ETag"):
            read(f"{web.url}/a.jsonl", access)


PAGE = b"<html>\n" + b'{"id": -1}\n' * 200_000


@pytest.mark.parametrize(
    ("marks", "instead"),
    [
        ({"ETag": '"1"'}, Reply(200, {}, PAGE, chunked=True)),
        ({"ETag": '"1"'}, Reply(200, {}, DATA.swapcase())),
        ({"Last-Modified": "Mon, 30 Nov 2026 08:00:00 GMT"}, Reply(200, {}, DATA.swapcase())),
        ({}, Reply(200, {}, PAGE, chunked=True)),
        ({"ETag": '"1"'}, Reply(200, {"ETag": '"1"', "Content-Encoding": "gzip"}, gzip.compress(DATA), chunked=True)),
    ],
    ids=["page", "no tag", "no date", "no marks", "encoded"],
)
def test_bytes_that_something_else_sent_in_its_place_are_not_taken(access, time, marks, instead):
    later = iter([True])

    def twist(asked: Asked, reply: Reply) -> Reply:
        is_later = (asked.start or 0) > 0
        return instead if is_later and next(later, False) else replace(reply, headers={**reply.headers, **marks})

    with serving(MANY, tags=False, twist=twist) as web:
        assert read(f"{web.url}/a.jsonl", access) == DATA
    assert time.waits == [1.0]


def test_a_content_whose_weak_tag_changes_is_told(access):
    def change(asked: Asked, reply: Reply) -> Reply:
        return replace(reply, headers={**reply.headers, "ETag": 'W/"2"' if (asked.start or 0) > 0 else 'W/"1"'})

    with serving(MANY, tags=False, twist=change) as web, pytest.raises(InputError, match="it has another ETag"):
        read(f"{web.url}/a.jsonl", access)
    assert not any("If-Match" in asked.headers for asked in web.asked)


# -- what is not there


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (404, "HTTP 404 Not Found; nothing is there: check the URL"),
        (401, "HTTP 401 Unauthorized; it wants a login: https://user:password@host/path"),
        (403, "HTTP 403 Forbidden; check login, token or signature"),
        (400, "HTTP 400 Bad Request; check the URL"),
        (501, "HTTP 501 Not Implemented"),
    ],
)
def test_what_cannot_be_read_is_refused_before_anything_is_read(access, time, status, said):
    def refuse(asked: Asked, reply: Reply) -> Reply:
        return Reply(status, {}, b"no")

    with serving(MANY, twist=refuse) as web, pytest.raises(InputError) as caught:
        expand([f"{web.url.replace('//', '//bob:hunter2@')}/a.jsonl?token=abcdef"], access=access)
    assert said in str(caught.value)
    assert f"{web.url}/a.jsonl?token=***: cannot be read" in str(caught.value)
    assert time.waits == []


def test_a_login_in_the_url_is_sent_and_not_told(access):
    with serving(MANY) as web:
        (location,) = expand([f"{web.url.replace('//', '//bob:hunter2@')}/a.jsonl"], access=access)
    assert web.asked[0].headers["Authorization"] == "Basic Ym9iOmh1bnRlcjI="
    assert location.name == f"{web.url}/a.jsonl"
    assert location.places == (f"{web.url}/a.jsonl",)


def test_a_page_instead_of_rows_is_refused(access):
    page = b"<!doctype html>\n<html><body>Please log in</body></html>\n"
    with serving({"/a.jsonl": page}) as web, pytest.raises(InputError, match="HTML page"):
        open_inputs(expand([f"{web.url}/a.jsonl"], access=access), InputSettings())


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http:///a", "expected https://host/path"),
        ("http://host:port/a", "expected https://host/path"),
        ("http://host/a#b", "expected https://host/path"),
        ("http://host/*.jsonl", "a web server has no list of its files"),
        ("http://host/a?token=***", "holds a secret that is kept nowhere"),
    ],
)
def test_a_url_that_names_no_input_is_refused(access, url, said):
    with pytest.raises(InputError) as caught:
        expand([url], access=access)
    assert said in str(caught.value)


def test_a_server_that_is_not_there_is_asked_as_often_as_retries_say(access, time):
    with serving(MANY) as web:
        pass
    with pytest.raises(InputError, match="cannot be read: connection refused"):
        expand([f"{web.url}/a.jsonl"], access=access)
    assert time.waits == [1.0, 2.0, 4.0]


def test_redirects_are_followed(access):
    def lead(asked: Asked, reply: Reply) -> Reply:
        return Reply(302, {"Location": "/a.jsonl"}, b"") if asked.path == "/moved" else reply

    with serving(MANY, twist=lead) as web:
        assert read(f"{web.url}/moved", access) == DATA


def test_a_redirect_to_what_is_no_web_server_is_told_and_not_followed(access, time):
    elsewhere = Reply(302, {"Location": "file:///etc/passwd"}, b"")
    with serving(MANY, twist=lambda _asked, _reply: elsewhere) as web, pytest.raises(InputError, match="it leads to"):
        expand([f"{web.url}/a.jsonl"], access=access)
    assert time.waits == []


# -- what a resume compares


def test_the_fingerprint_is_the_tag_where_there_is_one(access):
    with serving({"/a.jsonl": DATA, "/b.jsonl": DATA + b"\n"}) as web:
        a, b = (expand([f"{web.url}/{name}.jsonl"], access=access)[0].fingerprint() for name in "ab")
        again = expand([f"{web.url}/a.jsonl"], access=access)[0].fingerprint()
    assert a.is_like(again)
    assert a.is_proved_by(again)
    assert not a.is_like(b)


def test_without_a_tag_the_fingerprint_is_that_of_the_ends(access):
    with serving(MANY, tags=False) as web:
        before = expand([f"{web.url}/a.jsonl"], access=access)[0].fingerprint()
        web.contents = {"/a.jsonl": b"[" + DATA[1:]}
        after = expand([f"{web.url}/a.jsonl"], access=access)[0].fingerprint()
    assert before.size == after.size
    assert not before.is_like(after)
    assert not before.whole


@pytest.mark.parametrize(
    "signed",
    [
        "X-Amz-Date={0}&X-Amz-Signature={0}&versionId=7",
        "versionId=7&X-Goog-Date={0}&X-Goog-Signature={0}",
        "sv=2026&st={0}&se={0}&versionId=7&sig={0}&skoid={0}",
        "Expires={0}&versionId=7&Signature={0}&Key-Pair-Id=K{0}",
        "versionId=7&AWSAccessKeyId={0}&Expires={0}&Signature={0}",
    ],
)
def test_another_signature_is_the_same_place(access, signed):
    with serving(MANY) as web:
        one, two = (expand([f"{web.url}/a.jsonl?{signed.format(n)}"], access=access)[0] for n in ("1111", "2222"))
    assert one.places == two.places == (f"{web.url}/a.jsonl?versionId=7",)


def test_what_is_no_signature_tells_places_apart(access):
    with serving(MANY) as web:
        one, two = (expand([f"{web.url}/a.jsonl?sku={n}&sig=11"], access=access)[0] for n in "12")
    assert one.places != two.places


def test_a_server_is_one_site_whatever_lies_there(access):
    with serving({"/a": DATA, "/b": DATA}) as web:
        expand([f"{web.url}/a", f"{web.url}/b"], access=access)
    assert isinstance(web, WebServer)
    assert access.sites.of(web.url, access.breaker).is_well
