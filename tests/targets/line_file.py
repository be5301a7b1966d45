"""A kind of target from outside the package: rows as lines of a file. It is what a package of its own would hold."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from urllib.parse import unquote, urlsplit

from loader.config.contradiction import Contradiction, target_key
from loader.config.declaration import key
from loader.config.values import Kind, RefusedError, switch, text, toml
from loader.outcomes import Cause, Ending, Result
from loader.rows import Batch, Rows
from loader.targets.base import Done, Prepared
from loader.targets.context import Context
from loader.targets.kind import TargetKind


def _url(value: object) -> str:
    if not isinstance(value, str) or urlsplit(value).hostname or not urlsplit(value).path.strip("/"):
        raise RefusedError.expected("a URL like lines:///path/of/file")
    return value


@dataclass(frozen=True, slots=True)
class LineFile:
    """A file that rows are appended to."""

    name: str
    url: str = field(metadata=key(Kind("a URL like lines:///path/of/file", _url, toml), "The file.", secret=True))
    repeatable: bool = field(default=False, metadata=key(switch(), "Whether rows may be written twice."))
    fallback: str = field(default="", metadata=key(text(), "Name of another target."))
    refuse: str = field(default="", metadata=key(text(), "Rows that hold this are refused."))
    ending: str = field(default="", metadata=key(text(), "What stands behind each row."))
    password: str = field(default="", repr=False, metadata=key(text(), "Nobody knows what for.", secret=True))


class LineFileKind(TargetKind[LineFile]):
    """`lines:///path`."""

    schemes = ("lines",)
    forms = ("lines:///path/of/file",)
    section = LineFile
    example = "lines"

    def contradictions(self, settings: LineFile) -> Iterator[Contradiction]:
        if "\n" in settings.ending:
            yield Contradiction.of("expected no line break", target_key(settings.name, "ending"))

    def compared(self, settings: LineFile) -> Mapping[str, str]:
        return {"ending": settings.ending}

    def open(self, settings: LineFile, context: Context) -> LineFileTarget:
        return LineFileTarget(settings, context)


KIND = LineFileKind()


class LineFileTarget:
    """Appends batches by a thread of its own."""

    keyed = False
    repetition = "a row that is written twice stands there twice"

    def __init__(self, settings: LineFile, context: Context) -> None:
        self.name = settings.name or settings.url
        self.repeatable = settings.repeatable
        self._settings = settings
        self._path = Path(unquote(urlsplit(settings.url).path))
        self._size = context.batching.size
        self._work: SimpleQueue[tuple[Batch, Done] | None] = SimpleQueue()
        threading.Thread(target=self._write_all, daemon=True).start()

    def batcher(self) -> LineBatcher:
        return LineBatcher(self._size)

    def submit(self, batch: Batch, done: Done) -> None:
        self._work.put((batch, done))

    def close(self) -> None:
        self._work.put(None)

    def bind(self, source: str, fields: Sequence[str] | None) -> Sequence[str]:
        return ()

    def absent(self, texts: Collection[str], every: Collection[str] | None) -> Sequence[str]:
        return ()

    def left_out(self, fed: Collection[str]) -> Sequence[str]:
        return ()

    def describe(self) -> Mapping[str, str]:
        return {"file": str(self._path), "password": self._settings.password}

    def preface(self) -> str:
        return ""

    def render(self, batch: Batch) -> str:
        return self._text(range(len(batch)), batch)

    def check(self) -> Cause | None:
        return None

    def _write_all(self) -> None:
        while (work := self._work.get()) is not None:
            batch, done = work
            done(self._write(batch))

    def _write(self, batch: Batch) -> Result:
        hidden = self._settings.refuse.encode()
        refused = [i for i, row in enumerate(batch.payload) if hidden and hidden in row]
        with self._path.open("a") as file:
            file.write(self._text([i for i in range(len(batch)) if i not in refused], batch))
        return Result(rows=dict.fromkeys(refused, Cause("not_wanted", "the file takes no such row", Ending.REFUSED)))

    def _text(self, indexes: Sequence[int], batch: Batch) -> str:
        return "".join(f"{batch.payload[i].decode()}{self._settings.ending}\n" for i in indexes)


class LineBatcher:
    """Batches by count alone."""

    def __init__(self, size: int) -> None:
        self._size = size

    def add(self, rows: Rows) -> Prepared:
        whole = Batch(rows, rows.raw, [len(row) for row in rows.raw])
        return Prepared([whole.slice(i, min(i + self._size, len(rows))) for i in range(0, len(rows), self._size)])

    def flush(self) -> Prepared:
        return Prepared(())

    def shrink(self, batch: Batch) -> int:
        return sum(batch.sizes)

    def limit_to(self, max_bytes: int) -> None:
        """Lines have no limit."""
