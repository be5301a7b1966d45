"""Compressed inputs: members and frames, damage, and what comes out before it."""

from __future__ import annotations

import bz2
import gzip
import lzma
import random
import sys
import tracemalloc

import lz4.frame
import pytest
from backports import zstd

from loader.config import sections
from loader.sources import InputError, chunks, expand, open_inputs
from loader.sources.compression import compressions
from tests.sources.reading import DEFAULTS, read_paths, rows_of

RANDOM = random.Random(7)
ROWS = [b'{"n":%d,"r":%d}\n' % (n, RANDOM.getrandbits(60)) for n in range(30_000)]
PLAIN = b"".join(ROWS)
PACK = {
    "gzip": gzip.compress,
    "gzip by zlib": gzip.compress,
    "zstd": zstd.compress,
    "bzip2": lambda data: bz2.compress(data, 1),  # in blocks of 100 kB
    "xz": lzma.compress,
    "lz4": lz4.frame.compress,
}
SKIPPABLE = b"\x50\x2a\x4d\x18" + (5).to_bytes(4, "little") + b"hello"


@pytest.fixture(params=PACK)
def pack(request, monkeypatch):
    if request.param == "gzip by zlib":
        monkeypatch.setattr(compressions, "_has_isal", lambda: False)
    return PACK[request.param]


@pytest.fixture
def by_zlib(monkeypatch):
    """gzip where the extra `fast` is not installed."""
    monkeypatch.setattr(compressions, "_has_isal", lambda: False)


def until_it_fails(path, settings=DEFAULTS) -> tuple[bytes, InputError]:
    """What comes before the error, and the error."""
    found: list[bytes] = []
    with pytest.raises(InputError) as caught:
        collect(path, found, settings)
    return b"".join(found), caught.value


def collect(path, found: list[bytes], settings) -> None:
    with open_inputs(expand([str(path)]), settings) as inputs:
        for chunk in chunks(inputs, max_wait=1.0, max_rows=1000):
            found.append(chunk.data)  # noqa: PERF401 - what came before the error must stay


def test_compressed_rows_are_the_rows(tmp_path, pack):
    path = tmp_path / "rows"  # found by magic bytes, not by the name
    path.write_bytes(pack(PLAIN))
    found = read_paths([path])
    assert b"".join(chunk.data for chunk in found) == PLAIN
    assert path.stat().st_size == found[-1].position


def test_members_and_frames_follow_each_other(tmp_path, pack):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(pack(b'{"a":') + pack(b"") + pack(b"1}\n{}"))
    assert [raw for _, _, _, raw, _ in rows_of(read_paths([path]))] == [b'{"a":1}', b"{}"]


def test_padding_behind_gzip_and_skippable_frames_of_zstd_are_passed_over(tmp_path):
    padded, framed = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    padded.write_bytes(gzip.compress(b"{}\n") + b"\0" * 512)
    framed.write_bytes(zstd.compress(b"{}\n") + SKIPPABLE + zstd.compress(b"{}\n"))
    assert [chunk.rows for chunk in read_paths([padded, framed])] == [1, 2]


def test_truncated_data_give_all_whole_rows_and_then_an_error(tmp_path, pack):
    path = tmp_path / "rows.jsonl"
    packed = pack(PLAIN)
    path.write_bytes(packed[: len(packed) // 2])
    found, error = until_it_fails(path)
    assert PLAIN.startswith(found)
    assert found.endswith(b"\n")
    assert len(found) > len(PLAIN) / 3
    assert str(path) in str(error)
    assert "ends too early" in str(error)


def test_truncation_right_behind_the_data_still_gives_all_rows(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(gzip.compress(PLAIN)[:-4])
    found, _ = until_it_fails(path)
    assert found == PLAIN


def test_a_wrong_checksum_gives_all_rows_and_then_an_error(tmp_path, by_zlib):
    path = tmp_path / "rows.jsonl"
    packed = bytearray(gzip.compress(PLAIN))
    packed[-8] ^= 0xFF
    path.write_bytes(packed)
    found, error = until_it_fails(path)
    assert found == PLAIN
    assert "is damaged" in str(error)


def test_rows_before_damaged_data_are_given_out(tmp_path, pack):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(pack(PLAIN) + pack(PLAIN)[:20] + b"\xff" * 2000)
    found, error = until_it_fails(path)
    assert found.startswith(PLAIN[:-2000])
    assert "is damaged" in str(error) or "ends too early" in str(error)


def test_rubbish_behind_a_member_is_damage(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(gzip.compress(b"{}\n") + b"rubbish")
    found, error = until_it_fails(path)
    assert found == b"{}\n"
    assert "gzip" in str(error)


def test_a_bomb_comes_out_in_bearable_pieces(tmp_path, pack):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(pack(b" " * 100_000_000 + b"\n{}\n"))
    tracemalloc.start()
    try:
        (chunk,) = read_paths([path], sections.InputSettings(max_row_bytes=2**20))
        assert tracemalloc.get_traced_memory()[1] < 80_000_000
    finally:
        tracemalloc.stop()
    assert (chunk.line, chunk.offset, chunk.data) == (2, 100_000_001, b"{}\n")


@pytest.mark.parametrize(("name", "module"), [("zstd", "backports"), ("lz4", "lz4.frame")])
def test_what_an_extra_reads_is_refused_without_it_with_the_way_to_get_it(tmp_path, monkeypatch, name, module):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(PACK[name](b"{}\n"))
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(InputError, match=rf"pip install 'loader\[{name}\]'"):
        open_inputs(expand([str(path)]), DEFAULTS)


def test_isal_gives_out_all_but_the_last_of_what_stands_before_damage(tmp_path):
    path = tmp_path / "rows.jsonl"
    packed = bytearray(gzip.compress(PLAIN))
    packed[-8] ^= 0xFF
    path.write_bytes(packed)
    found, error = until_it_fails(path)
    assert len(PLAIN) - len(found) <= 64 * 1024
    assert PLAIN.startswith(found)
    assert "is damaged" in str(error)


def test_what_unpacks_to_more_than_it_may_ends_there(tmp_path, pack):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(pack(PLAIN))
    found, error = until_it_fails(path, sections.InputSettings(max_unpacked=1_000_000))
    assert PLAIN.startswith(found)
    assert 900_000 < len(found) <= 1_000_000
    assert "unpacks to more than input.max_unpacked (1,000,000 bytes)" in str(error)


def test_xz_that_needs_more_memory_than_is_given_is_damage(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(lzma.compress(b"{}\n", filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 2**30}]))
    with pytest.raises(InputError, match=r"[Mm]emory"):
        read_paths([path])
