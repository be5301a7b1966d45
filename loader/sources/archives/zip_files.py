"""Members of zip archives (APPNOTE of PKWARE, section 4), found by the list at the end."""

from __future__ import annotations

import lzma
import zipfile
import zlib
from collections.abc import Iterator

from loader.sources.archives.member import Member
from loader.sources.errors import InputError
from loader.sources.locations.base import Location
from loader.sources.locations.byte_source import Content
from loader.sources.locations.random_access import random_access

_MAGIC = b"PK\3\4"  # before each file
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
_LOCAL_HEADER = 30  # bytes before the name; the lengths of the name and of what follows it are the last two numbers
_PASSWORD = 0x1  # of the flags
_READ = 64 * 1024  # bytes: what is read at once is lost where it is damaged
_DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError)
_UNPACK = "unpack it (unzip, 7z x), and load the files in it"


class ZipMember(Member):
    """A file in a zip archive; unpacked as it is read, and checked by its checksum at the end."""

    def __init__(self, archive: Location, info: zipfile.ZipInfo, most: int) -> None:
        """Raises InputError where it cannot be unpacked, or comes to more than `most` bytes."""
        super().__init__(archive, info.filename)
        self._info = info
        if info.flag_bits & _PASSWORD:
            raise InputError(f"{self.name}: needs a password; {_UNPACK}")
        if info.compress_type not in _METHODS:
            raise InputError(
                f"{self.name}: is compressed by method {info.compress_type}, which is not known; {_UNPACK}"
            )
        if info.file_size > most:
            told = f"unpacks to {info.file_size:,} bytes, and input.max_unpacked is {most:,}; if it is right, raise it"
            raise InputError(f"{self.name}: {told}")

    def open(self) -> Content:
        file = random_access(self.archive)
        try:
            file.seek(self._info.header_offset)
            header = file.read(_LOCAL_HEADER)
            if len(header) < _LOCAL_HEADER or not header.startswith(_MAGIC):
                raise InputError(f"{self.name}: is damaged: nothing of it is where the list of the archive says")
            file.seek(int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little"), 1)
            return _Unpacked(self.name, zipfile.ZipExtFile(file, "r", self._info, None, True), self._info.file_size)
        except BaseException:
            file.close()
            raise


class _Unpacked:
    """The bytes of a member, counted as they come out."""

    live = False

    def __init__(self, name: str, file: zipfile.ZipExtFile, size: int) -> None:
        self.name = name
        self.position = 0
        self._file = file
        self._size = size

    def size(self) -> int:
        return self._size

    def read(self, size: int, timeout: float | None) -> bytes:
        try:
            data = self._file.read(min(size, _READ))
        except _DAMAGED as error:
            told = f"is damaged ({error or 'it ends too early'}), after {self.position:,} good bytes of content"
            raise InputError(f"{self.name}: {told}") from error
        self.position += len(data)
        if not data and self.position < self._size:
            raise InputError(f"{self.name}: ends too early, after {self.position:,} of {self._size:,} bytes")
        return data

    def close(self) -> None:
        self._file.close()


def zip_members(archive: Location, most: int) -> Iterator[ZipMember]:
    """The files in a zip archive, in the order of its list; the last of those with the same name.

    Raises InputError where the list cannot be read.
    """
    with random_access(archive) as file:
        try:
            infos = zipfile.ZipFile(file).infolist()
        except (zipfile.BadZipFile, NotImplementedError) as error:
            told = f"is a zip archive that is cut or damaged ({error}): its list of files cannot be read; get it again"
            raise InputError(f"{archive.name}: {told}") from error
    for info in {info.filename: info for info in infos}.values():
        if not info.is_dir():
            yield ZipMember(archive, info, most)
