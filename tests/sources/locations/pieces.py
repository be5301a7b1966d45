"""A location from outside the package: the files of a folder, one behind the other, as one input.

It is what a package of its own would hold. `pieces:///folder` names the folder; a user in it is a secret for nobody.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from hashlib import blake2b
from itertools import accumulate
from pathlib import Path
from urllib.parse import unquote, urlsplit

from loader.config import public_url
from loader.sources import InputError
from loader.sources.locations import Access, Fingerprint, Location, LocationKind


class PiecesContent:
    """The bytes of all files from `offset` on."""

    live = False

    def __init__(self, name: str, files: Sequence[Path], offset: int) -> None:
        self.name = name
        self.position = offset
        self._sizes = [file.stat().st_size for file in files]
        self._ends = list(accumulate(self._sizes))
        self._files = files

    def read(self, size: int, timeout: float | None) -> bytes | None:
        at = bisect_right(self._ends, self.position)
        if at == len(self._files):
            return b""
        try:
            with self._files[at].open("rb") as file:
                file.seek(self.position - (self._ends[at] - self._sizes[at]))
                data = file.read(min(size, self._ends[at] - self.position))
        except OSError as error:
            raise InputError(f"{self.name}: cannot be read on: {error.strerror}") from error
        if not data:
            raise InputError(f"{self.name}: {self._files[at].name} was cut while it was read")
        self.position += len(data)
        return data

    def size(self) -> int | None:
        return self._ends[-1]

    def close(self) -> None:
        """No file is open between two reads."""


class Pieces(Location):
    """All files of a folder, by name."""

    def __init__(self, url: str) -> None:
        self.name = public_url(url)
        self._folder = Path(unquote(urlsplit(url).path))

    @property
    def places(self) -> tuple[str, ...]:
        return (self.name,)

    @property
    def identity(self) -> str:
        return f"pieces:{self._folder}"

    def open(self) -> PiecesContent:
        return PiecesContent(self.name, self._files(), 0)

    def open_at(self, offset: int) -> PiecesContent:
        with (self._folder / ".opened").open("a") as told:  # for the test
            told.write(f"{offset}\n")
        return PiecesContent(self.name, self._files(), offset)

    def fingerprint(self) -> Fingerprint:
        digest = blake2b(b"".join(file.read_bytes() for file in self._files()))
        return Fingerprint(self.open().size(), digest.hexdigest(), whole=True)

    def _files(self) -> list[Path]:
        files = sorted(self._folder.glob("[!.]*")) if self._folder.is_dir() else []
        if not files:
            raise InputError(f"{self.name}: there is no folder with files")
        return files


class PiecesKind(LocationKind):
    """`pieces:///folder`."""

    schemes = ("pieces",)

    def expand(self, pattern: str, access: Access) -> Sequence[Location]:
        pieces = Pieces(pattern)
        pieces.open().close()
        return [pieces]


KIND = PiecesKind()
