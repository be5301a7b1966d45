"""Mirrors: who stands in for an origin that fails, when, and what is compared before."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from loader.config.sections import BreakerSettings, InputSettings
from loader.sources import InputError, OutOfReachError, chunks, expand, open_inputs
from loader.sources.locations import Access
from tests.command import Loader, law
from tests.sinks import rows
from tests.sources.locations.test_web import Time, access, read, time
from tests.sources.locations.web_server import Asked, Reply, WebServer, serving

__all__ = ["access", "time"]

COUNT = 60_000
DATA = rows(COUNT).encode()
KIB = 1024


def mirrored(access: Access, web: WebServer, *mirrors: str) -> Access:
    return replace(access, mirrors={"http://elsewhere/": ["http://nowhere/"], f"{web.url}/data/": list(mirrors)})


def ill_after(web: WebServer, offset: int, status: int | None = 500):
    """Answers from that place on are bad, or there are none."""

    def twist(asked: Asked, reply: Reply) -> Reply | None:
        if asked.start is None or asked.start < offset or asked.start >= len(DATA) - 64 * KIB:
            return reply
        return None if status is None else replace(reply, status=status)

    return twist


@pytest.mark.parametrize("status", [500, 503, None])
def test_a_mirror_takes_over_at_the_very_byte(access, time: Time, tmp_path, status):
    (tmp_path / "a.jsonl").write_bytes(DATA)
    with serving({"/data/a.jsonl": DATA}) as own, serving({"/copy/a.jsonl": DATA}) as other:
        own.twist = ill_after(own, 768 * KIB, status)
        told: list[str] = []
        reached = mirrored(access, own, f"{other.url}/copy/", f"{tmp_path}/")
        assert read(f"{own.url}/data/a.jsonl", reached, told) == DATA
        taken = [each for each in other.of_rows() if each.start > 0]
    assert time.waits == []
    [takeover] = told
    assert takeover.startswith(f"{own.url}/data/a.jsonl: {own.url}/data/a.jsonl gives way (")
    assert takeover.endswith(f"{other.url}/copy/a.jsonl takes over")
    ends, overlap, *rest = [(each.start, each.stop) for each in taken]
    assert ends == (len(DATA) - 64 * KIB, len(DATA))
    assert overlap == (704 * KIB, 768 * KIB)  # what was read already, compared
    assert rest[0][0] == 768 * KIB


def test_a_copy_on_disk_stands_in_for_what_is_down_from_the_start(access, time: Time, tmp_path):
    (tmp_path / "a.jsonl").write_bytes(DATA)
    with serving({}) as own:
        pass
    told: list[str] = []
    assert read(f"{own.url}/data/a.jsonl", mirrored(access, own, f"{tmp_path}/"), told) == DATA
    assert f"{tmp_path}/a.jsonl takes over" in told[0]
    assert time.waits == []


def other_content(where: str) -> bytes:
    match where:
        case "size":
            return DATA + b"{}\n"
        case "beginning":
            return b"[" + DATA[1:]
        case "end":
            return DATA[:-1] + b" "
        case _:
            return DATA[: 750 * KIB] + b"?" + DATA[750 * KIB + 1 :]


@pytest.mark.parametrize("where", ["size", "beginning", "end", "overlap"])
def test_a_mirror_with_another_content_gives_no_byte(access, time: Time, where):
    with (
        serving({"/data/a.jsonl": DATA}) as own,
        serving({"/a.jsonl": other_content(where)}) as bad,
        serving({"/a.jsonl": DATA}) as good,
    ):
        own.twist = ill_after(own, 768 * KIB)
        told: list[str] = []
        assert read(f"{own.url}/data/a.jsonl", mirrored(access, own, f"{bad.url}/", f"{good.url}/"), told) == DATA
    assert any(f"the mirror {bad.url}/a.jsonl cannot stand in for it: it is another content" in each for each in told)
    assert f"{good.url}/a.jsonl takes over" in told[-1]


def test_a_mirror_that_lacks_the_file_is_told_and_the_origin_asked_on(access, time: Time):
    with serving({"/data/a.jsonl": DATA}) as own, serving({}) as other:
        failing = iter([500, 500])

        def fail_twice(asked: Asked, reply: Reply) -> Reply:
            return replace(reply, status=next(failing, 206)) if asked.start == 768 * KIB else reply

        own.twist = fail_twice
        told: list[str] = []
        assert read(f"{own.url}/data/a.jsonl", mirrored(access, own, f"{other.url}/"), told) == DATA
    assert any("cannot stand in for it: HTTP 404" in each for each in told)
    assert time.waits == [1.0, 2.0]


@pytest.mark.parametrize(("status", "said"), [(404, "HTTP 404"), (403, "HTTP 403")])
def test_what_the_origin_says_no_to_no_mirror_stands_in_for(access, status, said):
    with serving({"/data/a.jsonl": DATA}) as own, serving({"/a.jsonl": DATA}) as other:
        own.twist = lambda asked, reply: Reply(status, {}, b"")
        with pytest.raises(InputError, match=said):
            expand([f"{own.url}/data/a.jsonl"], access=mirrored(access, own, f"{other.url}/"))
    assert other.asked == []


def test_where_all_fail_they_take_turns_and_each_is_told(access, time: Time):
    with serving({"/data/a.jsonl": DATA}) as own, serving({"/a.jsonl": DATA}) as other:
        own.twist = ill_after(own, 768 * KIB, 500)
        other.twist = ill_after(other, 768 * KIB, 502)
        locations = expand([f"{own.url}/data/a.jsonl"], access=mirrored(access, own, f"{other.url}/"))
        with open_inputs(locations, InputSettings()) as inputs, pytest.raises(InputError) as caught:
            list(chunks(inputs, max_wait=1.0))
        asked = [sum(each.start == 768 * KIB for each in web.asked) for web in (own, other)]
    said = str(caught.value)
    assert f"{own.url}/data/a.jsonl: cannot be read on after 786,432 bytes: HTTP 500" in said
    assert f"{other.url}/a.jsonl: HTTP 502" in said
    assert asked == [4, 4]  # retry.max_retries is 3
    assert sum(time.waits) == pytest.approx(7.0)


def test_a_mirror_goes_on_where_it_was_cut_and_gives_back_what_fails(access, time: Time):
    """The origin is ill for the second range, the mirror for all behind it."""
    with serving({"/data/a.jsonl": DATA}) as own, serving({"/a.jsonl": DATA}) as other:
        first = iter([True])

        def once(asked: Asked, reply: Reply) -> Reply | None:
            return None if asked.start == 256 * KIB and next(first, False) else reply

        own.twist = once
        other.twist = lambda asked, reply: replace(reply, cut=100_000) if asked.start == 256 * KIB else reply
        told: list[str] = []
        assert read(f"{own.url}/data/a.jsonl", mirrored(access, own, f"{other.url}/"), told) == DATA
        assert 256 * KIB + 100_000 in {each.start for each in own.asked + other.asked}
    assert len(told) >= 1


def test_a_stream_goes_on_at_a_mirror_once_its_beginning_was_compared(access, time: Time):
    with serving({"/data/a.jsonl": DATA}, ranges=False) as own, serving({"/a.jsonl": DATA}, ranges=False) as other:
        own.twist = lambda asked, reply: replace(reply, cut=1_000_000) if asked.number == 3 else reply
        told: list[str] = []
        assert read(f"{own.url}/data/a.jsonl", mirrored(access, own, f"{other.url}/"), told) == DATA
        other.contents = {"/a.jsonl": b"[" + DATA[1:]}
        own.asked.clear()
        own.twist = lambda asked, reply: replace(reply, cut=1_000_000) if asked.number >= 3 else reply
        with pytest.raises(InputError, match="its first 1,000,000 bytes are others"):
            read(f"{own.url}/data/a.jsonl", mirrored(access, own, f"{other.url}/"))
    assert f"{other.url}/a.jsonl takes over" in told[0]


def rows_of_all(inputs) -> bytes:
    return b"".join(chunk.data for chunk in chunks(inputs, max_wait=1.0))


def test_a_mirror_with_ranges_goes_on_with_a_stream_however_long_all_of_it_takes(access, time: Time, monkeypatch):
    """`timeouts.write` is the time of a range."""
    with serving({"/data/a.jsonl": DATA}, ranges=False) as own, serving({"/a.jsonl": DATA}) as other:

        def cut(asked: Asked, reply: Reply) -> Reply:
            if asked.number < 3:
                return reply
            monkeypatch.setattr(time, "now", iter(range(0, 10**9, 10)).__next__)
            return replace(reply, cut=1_000_000)

        own.twist = cut
        assert read(f"{own.url}/data/a.jsonl", mirrored(access, own, f"{other.url}/")) == DATA
        assert [(asked.start, asked.stop) for asked in other.of_rows()].count((0, None)) == 1


def test_a_site_that_fails_in_a_row_is_left_alone_for_a_time_by_all_of_its_inputs(access, time: Time):
    reached = replace(access, breaker=BreakerSettings(threshold=3, first_timeout=50.0, probes=1))
    with serving({f"/{name}.jsonl": DATA for name in "ab"}) as web:
        locations = expand([f"{web.url}/{name}.jsonl" for name in "ab"], access=reached)
        told: list[str] = []
        for location in locations:
            location.tell_to(told.append)
        with open_inputs(locations, InputSettings()) as inputs:
            failures = iter([503] * 3)
            web.twist = lambda asked, reply: replace(reply, status=next(failures, reply.status))
            assert rows_of_all(inputs) == 2 * DATA
    assert time.waits == [1.0, 2.0, 50.0]
    assert told[-1] == f"{web.url} fails and is left alone for 50.0 s: HTTP 503 Service Unavailable"


def test_while_the_breaker_is_open_attempts_do_not_count_until_it_is_given_up(access, time: Time):
    breaker = BreakerSettings(threshold=2, first_timeout=10.0, timeout=100.0, give_up_after=300.0, probes=1)
    with serving({"/a.jsonl": DATA}) as web:
        locations = expand([f"{web.url}/a.jsonl"], access=replace(access, breaker=breaker))
        with open_inputs(locations, InputSettings()) as inputs:
            web.twist = lambda asked, reply: None
            with pytest.raises(OutOfReachError, match="cannot be read on after 262,144 bytes"):
                rows_of_all(inputs)
    assert time.waits == [1.0, 10.0, 20.0, 40.0, 80.0, 100.0, 50.0]


def test_before_a_load_nobody_waits_for_a_site_that_many_find_ill(access):
    """In virtual time, of which each thread has a share: no wait is one of a breaker."""
    reached = replace(access, breaker=BreakerSettings(threshold=1, first_timeout=1000.0))
    with serving({}) as web:
        pass
    with pytest.raises(InputError, match=r"/0\.jsonl: cannot be read: connection refused"):
        expand([f"{web.url}/{number}.jsonl" for number in range(3)], access=reached)
    assert max(access.clock.waits) <= 4.0


# -- through the command


@pytest.fixture
def loader(tmp_path) -> Loader:
    return Loader(tmp_path)


def test_a_load_goes_on_at_a_mirror_says_so_and_is_resumed_there(loader, sink):
    with serving({"/data/a.jsonl": DATA}) as own, serving({"/a.jsonl": DATA}) as other:
        own.twist = ill_after(own, 1792 * KIB)
        other.twist = ill_after(other, 1792 * KIB)
        loader.configure(f'[input]\nmirrors = {{"{own.url}/data/" = ["{other.url}/"]}}\n')
        target = sink()
        push = ("push", f"{own.url}/data/a.jsonl", "--to", target.url)
        stopped = loader(*push)
        assert stopped.code == 3, stopped.err
        law(stopped.report)
        other.twist = lambda asked, reply: reply
    with serving({"/a.jsonl": DATA}) as other:  # the origin is gone, the mirror stands elsewhere
        loader.configure(f'[input]\nmirrors = {{"{own.url}/data/" = ["{other.url}/"]}}\n')
        resumed = loader(*push, "--resume")
    assert resumed.code == 0, resumed.err
    law(resumed.report)
    assert (resumed.report["read"], resumed.report["untouched"]) == (COUNT, 0)
    assert sorted(row["id"] for row in target.store.rows()) == list(range(COUNT))
    assert any(f"{other.url}/a.jsonl takes over" in warning for warning in resumed.report["warnings"])


def test_a_mirror_that_is_no_place_is_refused(loader, sink, tmp_path: Path):
    with serving({"/data/a.jsonl": DATA}) as own:
        loader.configure(f'[input]\nmirrors = {{"{own.url}/" = ["http:///x/"]}}\n')
        done = loader("push", f"{own.url}/data/a.jsonl", "--to", sink().url)
    assert (done.code, "expected https://host/path" in done.err) == (2, True), done.err


def test_an_input_may_have_a_mirror_of_its_own_and_a_login(loader, sink):
    with serving({}) as own, serving({"/copy.jsonl": DATA}) as other:
        url = f"{own.url}/data/a.jsonl"
        own.twist = lambda asked, reply: Reply(503, {}, b"")
        loader.configure(f'[input]\nmirrors = {{"{url}" = ["{other.url}/copy.jsonl"], "{own.url}/" = ["/nowhere/"]}}\n')
        done = loader("push", url.replace("//", "//bob:hunter2@"), "--to", sink().url)
    assert done.code == 0, done.err
    assert (done.report["read"], done.report["inputs"]) == (COUNT, [url])


@pytest.mark.parametrize(
    ("mirrors", "said"),
    [
        ('"/data/" = ["/copy/"]', 'expected a URL with https://, http://, s3://, gs://, az://; "/data/" is none'),
        ('"file:///data/" = ["/copy/"]', '"file:///data/" is none'),
        ('"https://a/data/" = ["/copy/", "/other"]', 'expected all to end with a "/", or none, of "https://a/data/"'),
        ('"https://a/data" = ["/copy/"]', 'expected all to end with a "/", or none, of "https://a/data"'),
        ('"https://a/data/" = "/copy/"', "expected a list"),
    ],
)
def test_mirrors_that_cannot_be_meant_are_refused(loader, sink, mirrors, said):
    loader.write("a.jsonl", rows(1))
    loader.configure(f"[input]\nmirrors = {{{mirrors}}}\n")
    done = loader("push", "a.jsonl", "--to", sink().url)
    assert (done.code, said in done.err) == (2, True), done.err
