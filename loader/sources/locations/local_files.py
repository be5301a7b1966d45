"""Files and FIFOs of this machine as locations, named by paths and globs."""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Hashable, Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote_to_bytes, urlsplit

from loader.durable.files import identity, is_text, working_folder
from loader.shortage import reason_of
from loader.sources.errors import InputError
from loader.sources.locations.access import Access
from loader.sources.locations.base import Fingerprint, Location, LocationKind
from loader.sources.locations.descriptor import Descriptor
from loader.sources.locations.names import is_by_product

_HASHED = 64 * 1024
_SCHEME = "file://"


class File(Location):
    """The file, FIFO or device at a path, which symlinks may lead to."""

    def __init__(self, path: str | Path) -> None:
        self.name = str(path)

    @property
    def once(self) -> bool:  # type: ignore[override]
        """Whether it is a FIFO or a device: what was read of it is gone."""
        return os.path.exists(self.name) and not os.path.isfile(self.name)

    @property
    def places(self) -> tuple[str, ...]:
        joined = os.path.join(working_folder(), self.name)
        real = os.path.realpath(self.name)
        # What has no name of its own, as /dev/fd/63 has none, really lies nowhere.
        lies = real if is_text(real) and os.path.exists(real) else os.path.normpath(joined)
        return tuple(dict.fromkeys((joined, os.path.normpath(joined), lies)))

    @property
    def identity(self) -> Hashable | None:
        return identity(self.path)

    @property
    def path(self) -> Path:
        return Path(self.name)

    def open(self) -> Descriptor:
        """Waits until somebody writes to a FIFO.

        What is a regular file now is opened without waiting, and what turns out to be of another type than it was a
        moment ago is not read: a file that gives way to a FIFO must not hang the load.
        """
        name = self.name
        try:
            before = os.stat(name)
            waits = 0 if stat.S_ISFIFO(before.st_mode) else os.O_NONBLOCK
            fd = os.open(name, os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY | waits)
        except FileNotFoundError as error:
            raise InputError(f"{name}: there is no such file") from error
        except OSError as error:
            raise InputError(f"{name}: cannot be opened: {reason_of(error)}") from error
        descriptor = Descriptor(fd, name, owned=True)
        after = os.fstat(fd).st_mode
        if stat.S_ISDIR(after) or stat.S_IFMT(after) != stat.S_IFMT(before.st_mode):
            descriptor.close()
            raise InputError(f"{name}: {'is a directory, not a file' if stat.S_ISDIR(after) else 'changed its type'}")
        return descriptor

    def open_at(self, offset: int) -> Descriptor:
        descriptor = self.open()
        descriptor.skip_to(offset)
        return descriptor

    def fingerprint(self) -> Fingerprint:
        """The blake2b of the first and last 64 KiB, which is all of a file that is not longer than both."""
        if not os.path.isfile(self.name):
            return Fingerprint()
        try:
            with open(self.name, "rb") as file:
                return _fingerprint(file)
        except OSError as error:
            raise InputError(f"{self.name}: cannot be read: {reason_of(error)}") from error

    def goes_on_behind(self, before: Fingerprint) -> bool:
        size = before.size
        if size is None or not os.path.isfile(self.name) or os.path.getsize(self.name) <= size:
            return False
        with open(self.name, "rb") as file:
            return _digest(file, size) == before.digest

    def check(self) -> None:
        """Raise InputError if it cannot be opened, or letters could not name it (PEP 383).

        FIFOs are not opened: that would wait for a writer.
        """
        name = self.name
        if "\0" in name:
            raise InputError(f"{name}: no file has such a name")
        if not is_text(name):
            raise InputError(f"{name}: its name is not UTF-8, and no letter could hold it; rename it, or: push - <FILE")
        try:
            mode = os.stat(name).st_mode
        except FileNotFoundError as error:
            raise InputError(f"{name}: there is no such file") from error
        except OSError as error:
            raise InputError(f"{name}: cannot be read: {reason_of(error)}") from error
        if stat.S_ISDIR(mode):
            example = os.path.join(name, "*.jsonl")
            raise InputError(f"{name}: is a directory; name its files, for example {example}, or take all: --recursive")
        if stat.S_ISREG(mode):
            self.open().close()
        elif not os.access(name, os.R_OK):
            raise InputError(f"{name}: cannot be read: permission denied")


class FileKind(LocationKind):
    """A path, a glob, or `file:///path`.

    A name that exists stands for itself, whatever characters it holds; otherwise a glob stands for the files that match
    it, sorted (`**` goes down folders; folders themselves do not match). With `recursive` a folder stands for all files
    in it and below.
    """

    schemes = ("file",)

    def expand(self, pattern: str, access: Access) -> Sequence[File]:
        is_url = pattern.lower().startswith(_SCHEME) and not os.path.lexists(pattern)
        names = _matches(_path_of(pattern) if is_url else pattern)
        files = [File(name) for name in (_within(names) if access.recursive else names)]
        for file in files:
            file.check()
        return files


KIND = FileKind()


def _path_of(url: str) -> str:
    """The path that a URL names (RFC 8089)."""
    parts = urlsplit(url)
    if parts.netloc not in ("", "localhost") or not parts.path or parts.query or parts.fragment:
        raise InputError(f"{url}: expected file:///path, where %3F stands for a question mark, and %23 for a #")
    return os.fsdecode(unquote_to_bytes(parts.path.encode(errors="surrogatepass")))


def _within(names: Sequence[str]) -> Iterator[str]:
    """What is no folder as it is, and for each folder the files in it, sorted, without hidden ones and by-products."""
    for name in names:
        if not os.path.isdir(name):
            yield name
            continue
        found = sorted(_below(name))
        if not found:
            raise InputError(f"{name}: no file is in it")
        yield from found


def _below(folder: str) -> Iterator[str]:
    for where, folders, files in os.walk(folder):
        folders[:] = [each for each in folders if not is_by_product(each)]
        yield from (os.path.join(where, each) for each in files if not is_by_product(each))


def _matches(pattern: str) -> list[str]:
    if os.path.lexists(pattern) or not glob.has_magic(pattern):
        return [pattern]
    files = sorted(path for path in glob.glob(pattern, recursive=True) if not os.path.isdir(path))
    if not files:
        raise InputError(f"{pattern}: no file matches")
    return files


def _fingerprint(file: BinaryIO) -> Fingerprint:
    facts = os.fstat(file.fileno())
    whole = facts.st_size <= 2 * _HASHED
    return Fingerprint(facts.st_size, _digest(file, facts.st_size), whole, str(facts.st_mtime_ns), str(facts.st_ino))


def _digest(file: BinaryIO, size: int) -> str:
    """That of the ends of the first `size` bytes."""
    digest = blake2b(file.read(min(_HASHED, size)), digest_size=16)
    file.seek(max(0, size - _HASHED))
    digest.update(file.read(min(_HASHED, size)))
    return digest.hexdigest()
