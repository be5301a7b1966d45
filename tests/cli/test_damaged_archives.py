"""A compressed file that breaks off is loaded up to there, and gone on with once it is whole."""

from __future__ import annotations

import gzip
import io
import random
import zipfile

import pytest

from tests.cli.conftest import rows


def some_rows(count: int) -> bytes:
    """Rows that do not compress to next to nothing, so that half of the file is about half of the rows."""
    chance = random.Random(7)
    return b"".join(b'{"id":%d,"text":"%x"}\n' % (i, chance.getrandbits(256)) for i in range(count))


def stored(target) -> list[int]:
    return sorted(row["id"] for row in target.store.rows())


@pytest.mark.parametrize("mended", [gzip.compress, lambda data: gzip.compress(data, 1), bytes])
def test_a_truncated_archive_that_was_mended_is_gone_on_with(loader, sink, mended):
    """What counts is the content that was read, not how it lies on disk."""
    target = sink()
    content = some_rows(12_000)  # more than a chunk
    whole = gzip.compress(content)
    loader.write("d.jsonl.gz", whole[: len(whole) * 9 // 10])
    command = ("push", "d.jsonl.gz", "--to", target.url, "--resume")
    broken = loader(*command)
    assert (broken.code, broken.report["hint"]) == (3, "mend the file, then resume")
    assert 8_192 < broken.report["delivered"] < 12_000
    loader.write("d.jsonl.gz", mended(content))
    done = loader(*command)
    assert (done.code, done.report["run_id"], done.report["read"]) == (0, broken.report["run_id"], 12_000)
    assert stored(target) == list(range(12_000))
    again = loader(*command)  # finished, and the file is the one that it ended with
    assert (again.code, again.report) == (0, done.report)
    assert target.store.count() == 12_000


def zipped(**files: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(f"{name}.jsonl", data)
    return packed.getvalue()


@pytest.mark.parametrize("workers", [1, 3])
def test_a_damaged_zip_that_was_mended_is_gone_on_with(workers, loader, sink):
    target = sink()
    content = some_rows(12_000)
    whole = zipped(first=content, second=b'{"id":12000}\n')
    checksum = whole.index(b"PK\1\2") + 16  # of the first file, in the list at the end
    loader.write("d.zip", whole[:checksum] + b"\0\0\0\0" + whole[checksum + 4 :])
    command = ("push", "d.zip", "--to", target.url, "--resume", "--workers", str(workers))
    broken = loader(*command)
    assert (broken.code, broken.report["hint"]) == (3, "mend the file, then resume")
    assert "d.zip!/first.jsonl: is damaged" in broken.report["reason"]
    assert 8_192 < broken.report["delivered"] < 12_000  # what came last of it is not trusted
    loader.write("d.zip", whole)
    done = loader(*command)
    assert (done.code, done.report["run_id"], done.report["read"]) == (0, broken.report["run_id"], 12_001)
    assert stored(target) == list(range(12_001))
    again = loader(*command)
    assert (again.code, again.report) == (0, done.report)


def test_bad_rows_in_archives_are_named_by_archive_file_and_line_and_are_replayed(loader, sink):
    target = sink()
    loader.write("d.zip", zipped(a=b'{"id":1}\n', b=b'{"id":2}\n{"id"\n'))
    done = loader("push", "d.zip", "--to", target.url, "--dlq", "dead.jsonl")
    assert done.code == 1
    assert "d.zip!/b.jsonl:2" in done.err
    (letter,) = loader.letters()
    assert (letter["source"], letter["line"], letter["raw"]) == ("d.zip!/b.jsonl", 2, '{"id"')
    loader.write("dead.jsonl", (loader.folder / "dead.jsonl").read_text().replace('{\\"id\\"', '{\\"id\\":3}'))
    assert loader("replay", "dead.jsonl", "--to", target.url).code == 0
    assert stored(target) == [1, 2, 3]


def test_an_archive_within_one_that_is_cut_is_gone_on_with_once_it_is_mended(loader, sink):
    target = sink()
    content = some_rows(12_000)
    whole = gzip.compress(content)
    loader.write("d.zip", zipped(a=b'{"id":-1}\n', b=whole[: len(whole) * 9 // 10]))
    broken = loader("push", "d.zip!/*", "--to", target.url)
    assert broken.code == 3
    assert "d.zip!/b.jsonl: the gzip data ends too early" in broken.report["reason"]
    loader.write("d.zip", zipped(a=b'{"id":-1}\n', b=whole))
    done = loader("resume", broken.report["run_id"])
    assert done.code == 0
    assert "complete: read 12,001 = delivered 12,001" in done.err
    assert stored(target) == list(range(-1, 12_000))


def test_an_archive_of_other_rows_is_not_gone_on_with(loader, sink):
    target = sink()
    whole = gzip.compress(some_rows(300))
    loader.write("d.jsonl.gz", whole[: len(whole) * 9 // 10])
    command = ("push", "d.jsonl.gz", "--to", target.url, "--resume")
    broken = loader(*command)
    loader.write("d.jsonl.gz", gzip.compress(rows(300).encode()))
    done = loader(*command)
    assert (broken.code, done.code, done.report["delivered"]) == (3, 3, broken.report["delivered"])
    assert "rows from line 1 on are not what they were" in done.report["reason"]
    assert target.store.count() == broken.report["delivered"]


def test_a_truncated_archive_of_csv_keeps_the_row_that_broke_off_for_the_mended_one(loader, sink):
    target = sink()
    content = b"id,text\n" + b"".join(b'%d,"a ""%d"" b"\n' % (i, i * 7919) for i in range(2_000))
    whole = gzip.compress(content)
    loader.write("d.csv.gz", whole[: len(whole) // 2])
    command = ("push", "d.csv.gz", "--to", target.url, "--resume")
    assert loader(*command).code == 3
    loader.write("d.csv.gz", whole)
    done = loader(*command)
    assert (done.code, done.report["rejected"]) == (0, 0)
    texts = {int(row["id"]): row["text"] for row in target.store.rows()}
    assert texts == {i: f'a "{i * 7919}" b' for i in range(2_000)}
    assert target.store.count() == 2_000
