"""Files in archives: each is an input of its own, read as if it lay there alone."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from functools import partial
from pathlib import Path

import pytest

from loader.config import sections
from loader.sources import InputError, expand, open_inputs
from tests.sources.reading import DEFAULTS, read_paths

FILES = {
    "b/rows.jsonl": b'{"n":1}\n{"n":2}\n',
    "a.csv": b"n,t\n3,x\n",
    "empty.jsonl": b"",
    "long.jsonl": b"".join(b'{"n":%d}\n' % n for n in range(50_000)),
    "packed.jsonl.gz": gzip.compress(b'{"n":4}\n'),
}


def zipped(method: int) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        archive.mkdir("b")
        for name, data in FILES.items():
            archive.writestr(name, data)
        archive.writestr("__MACOSX/._a.csv", b"\0\5\26\7")
        archive.writestr("b/.DS_Store", b"\0")
    return packed.getvalue()


def tarred(form: int = tarfile.PAX_FORMAT, files: dict[str, bytes] | None = None) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=form) as archive:
        folder = tarfile.TarInfo("b")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        for name, data in (files or FILES).items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        link = tarfile.TarInfo("link.csv")
        link.type, link.linkname = tarfile.SYMTYPE, "a.csv"
        archive.addfile(link)
    return packed.getvalue()


ARCHIVES = {
    "rows.zip": lambda: zipped(zipfile.ZIP_DEFLATED),
    "stored.ZIP": lambda: zipped(zipfile.ZIP_STORED),
    "bzip2.zip": lambda: zipped(zipfile.ZIP_BZIP2),
    "lzma.zip": lambda: zipped(zipfile.ZIP_LZMA),
    "rows.tar": tarred,
    "gnu.tar": lambda: tarred(tarfile.GNU_FORMAT),
    "ustar.tar": lambda: tarred(tarfile.USTAR_FORMAT),
    "rows.tgz": lambda: gzip.compress(tarred()),
    "rows.tar.bz2": lambda: bz2.compress(tarred()),
    "rows.tar.xz": lambda: lzma.compress(tarred()),
}


@pytest.fixture(params=ARCHIVES)
def archive(request, tmp_path) -> Path:
    path = tmp_path / request.param
    path.write_bytes(ARCHIVES[request.param]())
    return path


def names(patterns) -> list[str]:
    return [location.name for location in expand(patterns)]


def contents(path) -> dict[str, bytes]:
    """The bytes of the rows of each input."""
    found: dict[str, bytes] = {}
    for chunk in read_paths([path]):
        found[chunk.source.name] = found.get(chunk.source.name, b"") + chunk.data
    return found


def test_each_file_in_an_archive_is_an_input_in_its_order(archive):
    assert names([str(archive)]) == [f"{archive}!/{inner}" for inner in FILES]


def test_files_in_archives_are_read_as_if_they_lay_there_alone(archive):
    assert contents(archive) == {
        f"{archive}!/b/rows.jsonl": FILES["b/rows.jsonl"],
        f"{archive}!/a.csv": b"3,x\n",
        f"{archive}!/long.jsonl": FILES["long.jsonl"],
        f"{archive}!/packed.jsonl.gz": b'{"n":4}\n',
    }


def test_a_file_in_an_archive_can_be_named_and_read_alone(archive):
    assert contents(f"{archive}!/a.csv") == {f"{archive}!/a.csv": b"3,x\n"}


def test_files_in_an_archive_can_be_chosen_by_a_pattern(archive):
    """By the rules of paths: a star stays within a folder, two go through folders, also through none."""
    assert names([f"{archive}!/*.jsonl"]) == [f"{archive}!/{n}" for n in ("empty.jsonl", "long.jsonl")]
    assert names([f"{archive}!/**/*.jsonl"]) == [f"{archive}!/{n}" for n in FILES if n.endswith(".jsonl")]
    assert names([f"{archive}!/b/*"]) == [f"{archive}!/b/rows.jsonl"]


def test_a_name_that_no_file_in_an_archive_has_is_refused_with_those_it_has(archive):
    with pytest.raises(InputError, match=r"!/c\.csv: no file in the archive matches; it has b/rows\.jsonl, a\.csv"):
        expand([f"{archive}!/c.csv"])


def test_files_in_archives_are_found_from_any_folder_by_their_places(archive, monkeypatch):
    monkeypatch.chdir(archive.parent)
    places = [location.places[0] for location in expand([archive.name])]
    monkeypatch.chdir("/")
    assert [expand([place])[0].identity for place in places] == [each.identity for each in expand([str(archive)])]


def test_readings_of_one_archive_in_any_order_do_not_disturb_each_other(archive):
    first, _, _, long, _ = expand([str(archive)])
    whole, part = long.open(), long.open()
    begun = part.read(10, None)
    again = first.open()
    assert again.read(100, None) == FILES["b/rows.jsonl"]
    found = [begun]
    while data := part.read(2**20, None):
        found.append(data)
    assert b"".join(found) == FILES["long.jsonl"]
    for content in (whole, part, again):
        content.close()
    first.close()
    long.close()


def test_a_file_in_a_plain_tar_is_read_from_any_place(tmp_path):
    path = tmp_path / "rows.tar"
    path.write_bytes(tarred())
    (long,) = expand([f"{path}!/long.jsonl"])
    content = long.open_at(100)
    assert content.read(50, None) == FILES["long.jsonl"][100:150]
    assert content.position == 150
    content.close()


def test_files_are_fingerprinted_apart_and_with_their_archive(archive):
    prints = [location.fingerprint() for location in expand([str(archive)])]
    assert len({each.digest for each in prints}) == len(FILES)
    assert [each.is_like(again.fingerprint()) for each, again in zip(prints, expand([str(archive)]), strict=True)] == [
        True
    ] * len(FILES)


def test_what_is_called_an_archive_and_is_none_is_taken_for_what_it_is(tmp_path):
    path = tmp_path / "rows.zip"
    path.write_bytes(b'{"n":1}\n')
    assert contents(path) == {str(path): b'{"n":1}\n'}
    with pytest.raises(InputError, match=r"rows\.zip: is no archive, so that there is no a\.csv in it"):
        expand([f"{path}!/a.csv"])


def test_a_file_whose_name_looks_like_one_in_an_archive_stands_for_itself(tmp_path):
    folder = tmp_path / "a.zip!"
    folder.mkdir()
    (folder / "a.csv").write_bytes(b"n\n1\n")
    assert names([f"{folder}/a.csv"]) == [f"{folder}/a.csv"]


def test_an_archive_of_another_name_is_refused_with_the_way_to_load_it(tmp_path):
    path = tmp_path / "rows"
    path.write_bytes(zipped(zipfile.ZIP_DEFLATED))
    with pytest.raises(InputError, match=r"is a zip archive; as a file called \.zip the files in it are loaded"):
        open_inputs(expand([str(path)]), DEFAULTS)


def test_an_archive_without_a_file_is_refused(tmp_path):
    empty, bare = tmp_path / "a.zip", tmp_path / "b.tar.gz"
    with zipfile.ZipFile(empty, "w"):
        pass
    with tarfile.open(bare, "w:gz") as archive:
        archive.addfile(tarfile.TarInfo("._x"), io.BytesIO())
    for path in (empty, bare):
        with pytest.raises(InputError, match="is an archive without a file in it"):
            expand([str(path)])


@pytest.mark.parametrize("packed", [bytes, gzip.compress], ids=["plain", "compressed"])
def test_a_tar_archive_that_does_not_go_on_to_the_mark_of_its_end_is_refused(packed, tmp_path):
    """Wherever it is cut, or one of its headers damaged: `tarfile` itself takes that for the end."""
    whole = tarred(tarfile.USTAR_FORMAT, {"a.csv": b"n\n1\n", "b.csv": b"n\n2\n"})
    second = whole.index(b"b.csv\0")
    damaged = bytearray(whole)
    damaged[second + 150] ^= 1
    archives = {"cut": whole[:second], "within": whole[: second + 100], "damaged": bytes(damaged)}
    for name, data in archives.items():
        path = tmp_path / f"{name}.tar{'.gz' if packed is gzip.compress else ''}"
        path.write_bytes(packed(data))
        with pytest.raises(InputError, match=r"cut or damaged \((it ends without|truncated header|bad checksum)"):
            expand([str(path)])


def test_an_archive_that_is_cut_is_refused_before_anything_is_read(archive):
    data = archive.read_bytes()
    archive.write_bytes(data[: len(data) * 2 // 3])
    with pytest.raises(InputError, match=r"cut or damaged|ends too early"):
        expand([str(archive)])


def test_a_file_with_a_password_is_refused(tmp_path):
    path = tmp_path / "a.zip"
    data = bytearray(zipped(zipfile.ZIP_STORED))
    at = data.index(b"PK\1\2", data.index(b"PK\1\2") + 1)  # the second entry of the list: the first is a folder
    data[at + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"a\.zip!/b/rows\.jsonl: needs a password; unpack it"):
        expand([str(path)])


def test_an_unknown_method_is_refused(tmp_path):
    path = tmp_path / "a.zip"
    data = bytearray(zipped(zipfile.ZIP_STORED))
    at = data.index(b"PK\1\2", data.index(b"PK\1\2") + 1)
    data[at + 10] = 9
    path.write_bytes(data)
    with pytest.raises(InputError, match="is compressed by method 9, which is not known"):
        expand([str(path)])


def test_rows_before_damaged_data_are_given_out(tmp_path):
    path = tmp_path / "a.zip"
    rows = b"".join(b'{"n":%d}\n' % n for n in range(200_000))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.jsonl", rows)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 100] = b"\xff" * 100
    path.write_bytes(data)
    (location,) = expand([str(path)])
    content, found = location.open(), list[bytes]()
    with pytest.raises(InputError, match=r"a\.jsonl: is damaged \(.*\), after [0-9,]+ good bytes"):
        found.extend(iter(partial(content.read, 2**16, None), b""))
    content.close()
    assert content.position > len(rows) // 4


def test_a_wrong_checksum_is_damage(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("a.jsonl", b'{"n":1}\n')
    path.write_bytes(path.read_bytes().replace(b'{"n":1}', b'{"n":2}'))
    with pytest.raises(InputError, match=r"is damaged \(Bad CRC-32 for file 'a\.jsonl'\)"):
        read_paths([path])


@pytest.mark.parametrize("name", ["rows.zip", "rows.tgz"])
def test_what_unpacks_to_more_than_it_may_is_refused(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(ARCHIVES[name]())
    with pytest.raises(InputError, match=r"input\.max_unpacked"):
        expand([str(path)], sections.InputSettings(max_unpacked=100_000))


def test_nothing_stays_open_once_inputs_are_closed(archive):
    fds = len(list(Path("/proc/self/fd").iterdir()))
    with open_inputs(expand([str(archive)]), DEFAULTS) as inputs:
        for each in inputs:
            each.open().close()
    assert len(list(Path("/proc/self/fd").iterdir())) == fds
