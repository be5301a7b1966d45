"""Members of tar archives (POSIX.1-2001, pax), in plain archives and in compressed ones."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from typing import IO, Self, cast

from loader.sources.archives.member import Member
from loader.sources.compression.decompressed import decompressed
from loader.sources.errors import InputError
from loader.sources.locations.base import Location
from loader.sources.locations.byte_source import ByteSource, Content
from loader.sources.locations.random_access import random_access

_READ = 2**20


class TarMember(Member):
    """A file in a tar archive that is not compressed: a part of its bytes."""

    seekable = True

    def __init__(self, archive: Location, info: tarfile.TarInfo) -> None:
        super().__init__(archive, info.name)
        self._begin = info.offset_data
        self._size = info.size

    def open(self) -> Content:
        return self.open_at(0)

    def open_at(self, offset: int) -> Content:
        return _Part(self.name, self.archive.open_at(self._begin + offset), self._size, offset)


class PackedTarMember(Member):
    """A file in a compressed tar archive: what comes before it is unpacked, too."""

    def __init__(self, archive: Location, info: tarfile.TarInfo, unpacked: _Unpacked) -> None:
        super().__init__(archive, info.name)
        self._begin = info.offset_data
        self._size = info.size
        self._unpacked = unpacked

    def open(self) -> Content:
        return _Part(self.name, self._unpacked.at(self._begin), self._size)

    def close(self) -> None:
        self._unpacked.close()


class _Part:
    """A part of a source, from where it stands on."""

    live = False

    def __init__(self, name: str, source: ByteSource, size: int, position: int = 0) -> None:
        self.name = name
        self.position = position
        self._source = source
        self._size = size

    def size(self) -> int:
        return self._size

    def read(self, size: int, timeout: float | None) -> bytes | None:
        most = min(size, self._size - self.position)
        data = self._source.read(most, timeout) if most else b""
        self.position += len(data or b"")
        if data == b"" and self.position < self._size:
            raise InputError(f"{self.name}: ends too early, after {self.position:,} of {self._size:,} bytes")
        return data

    def close(self) -> None:
        self._source.close()


class _Unpacked:
    """The content of a compressed archive, forward from any place; who comes next goes on where the last one ended."""

    def __init__(self, archive: Location, most: int) -> None:
        self._archive = archive
        self._most = most
        self._idle: _Forward | None = None

    def at(self, offset: int) -> _Forward:
        """The content from `offset` on. Raises InputError where what is before it cannot be unpacked."""
        stream, self._idle = self._idle, None
        if stream is None or stream.place > offset:
            if stream is not None:
                stream.end()
            stream = _Forward(decompressed(self._archive.open(), self._most)[0], self)
        try:
            stream.skip_to(offset)
        except BaseException:
            stream.end()
            raise
        return stream

    def keep(self, stream: _Forward) -> None:
        """Keep what was read up to some place, for who goes on from there."""
        self.close()
        self._idle = stream

    def close(self) -> None:
        """Close what is kept. Idempotent."""
        if self._idle is not None:
            self._idle.end()
            self._idle = None


class _Forward:
    """A source that gives out no more than was asked for, and knows its place."""

    live = False

    def __init__(self, source: ByteSource, owner: _Unpacked) -> None:
        self.name = source.name
        self.place = 0
        self._source = source
        self._owner = owner
        self._left = b""

    @property
    def position(self) -> int:
        return self._source.position

    def read(self, size: int, timeout: float | None = None) -> bytes:
        while not self._left:
            fresh = self._source.read(_READ, timeout)
            if fresh == b"":
                return b""
            self._left = fresh or b""
        data, self._left = self._left[:size], self._left[size:]
        self.place += len(data)
        return data

    def skip_to(self, offset: int) -> None:
        """Read up to `offset`, or the end."""
        while self.place < offset and self.read(min(offset - self.place, _READ)):
            pass

    def close(self) -> None:
        """Leave it to who reads on from here."""
        self._owner.keep(self)

    def end(self) -> None:
        """Close the source."""
        self._source.close()


class _File:
    """A source as `tarfile` reads streams: as many bytes as are asked for, unless it ends."""

    def __init__(self, source: _Forward) -> None:
        self._source = source

    def read(self, size: int) -> bytes:
        parts: list[bytes] = []
        while size and (data := self._source.read(size)):
            parts.append(data)
            size -= len(data)
        return b"".join(parts)


class _Header(tarfile.TarInfo):
    """A header. What is none, and no mark of the end, is damage: `tarfile` takes it for the end of the archive."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        try:
            return super().frombuf(buf, encoding, errors)
        except tarfile.HeaderError as error:
            if buf == bytes(tarfile.BLOCKSIZE):
                raise
            raise tarfile.ReadError(str(error) if buf else "it ends without the mark of its end") from error


def _file(source: _Forward) -> IO[bytes]:
    """A file object with all that `tarfile` asks of a stream."""
    return cast("IO[bytes]", _File(source))


def tar_members(archive: Location) -> Iterator[TarMember]:
    """The files in a plain tar archive, in its order; the last of those with the same name. Raises InputError."""
    with random_access(archive) as file:
        infos = _files(archive, tarfile.TarFile(fileobj=file, tarinfo=_Header))
    return (TarMember(archive, info) for info in infos)


def packed_tar_members(archive: Location, most: int) -> Iterator[PackedTarMember]:
    """The same of a compressed archive, all of which is unpacked for that, to at most `most` bytes."""
    unpacked = _Unpacked(archive, most)
    stream = unpacked.at(0)
    try:
        with tarfile.open(mode="r|", fileobj=_file(stream), tarinfo=_Header) as tar:
            infos = _files(archive, tar)
    finally:
        stream.end()
    return (PackedTarMember(archive, info, unpacked) for info in infos)


def _files(archive: Location, tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    found: dict[str, tarfile.TarInfo] = {}
    try:
        for info in tar:
            if info.issparse():
                told = "holds a sparse file; unpack it (tar -xf), and load the files in it"
                raise InputError(f"{archive.name}: {told}")
            if info.isreg():
                found[info.name] = info
    except tarfile.TarError as error:
        told = f"is a tar archive that is cut or damaged ({error}): not all of its files can be told; get it again"
        raise InputError(f"{archive.name}: {told}") from error
    return iter(found.values())
