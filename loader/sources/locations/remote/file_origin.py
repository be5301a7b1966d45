"""Files of this machine as origins: copies that stand in for what cannot be reached."""

from __future__ import annotations

import os
from collections.abc import Iterator

from loader.shortage import reason_of
from loader.sources.locations.remote.origin import Facts, OriginError, ill

_PIECE = 256 * 1024


class FileOrigin:
    """A file."""

    def __init__(self, path: str) -> None:
        self.name = path
        self.site = f"file://{os.path.dirname(path)}"

    def facts(self) -> Facts:
        try:
            found = os.stat(self.name)
        except FileNotFoundError as error:
            raise OriginError("there is no such file") from error
        except OSError as error:
            raise ill(reason_of(error)) from error
        return Facts(found.st_size, modified=str(found.st_mtime_ns))

    def fetch(self, facts: Facts, start: int, stop: int | None) -> Iterator[bytes]:
        if self.facts() != facts:
            raise OriginError("was written since")
        try:
            with open(self.name, "rb", buffering=0) as file:
                file.seek(start)
                while stop is None or start < stop:
                    piece = file.read(_PIECE if stop is None else min(_PIECE, stop - start))
                    if not piece:
                        return
                    start += len(piece)
                    yield piece
        except OSError as error:
            raise ill(reason_of(error)) from error
