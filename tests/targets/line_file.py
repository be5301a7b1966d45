"""A kind of target from outside the package: rows as lines of a file. It is what a package of its own would hold."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from urllib.parse import unquote, urlsplit

from loader.config.contradiction import Contradiction, target_key
from loader.config.declaration import key
from loader.config.target_kind import shown_name
from loader.config.values import Kind, RefusedError, switch, text, toml
from loader.error_types import REFUSED, ErrorType
from loader.mapping.shaped_json import json_mapper
from loader.outcomes import Cause, Ending, Result
from loader.rows import Batch, Rows
from loader.targets.base import Done
from loader.targets.context import Context
from loader.targets.kind import TargetKind
from loader.targets.sized_batcher import SizedBatcher, SizedItems

NOT_WANTED = ErrorType("not_wanted", REFUSED, "the row holds what the file refuses", "take these rows out")


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
    section = LineFile
    error_types = (NOT_WANTED,)

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

    def __init__(self, settings: LineFile, context: Context) -> None:
        self.name = shown_name(settings)
        self.repeatable = settings.repeatable
        self._form = LineForm(context, settings.ending)
        self._most = context.batching.max_bytes
        self._refused = settings.refuse.encode()
        self._path = Path(unquote(urlsplit(settings.url).path))
        self._work: SimpleQueue[tuple[Batch, Done] | None] = SimpleQueue()
        threading.Thread(target=self._write_all, daemon=True).start()

    def batcher(self) -> SizedBatcher:
        return SizedBatcher(self._form, self._most)

    def submit(self, batch: Batch, done: Done) -> None:
        self._work.put((batch, done))

    def close(self) -> None:
        self._work.put(None)

    def _write_all(self) -> None:
        while (work := self._work.get()) is not None:
            batch, done = work
            done(self._write(batch))

    def _write(self, batch: Batch) -> Result:
        refused = [i for i, line in enumerate(batch.payload) if self._refused and self._refused in line]
        with self._path.open("ab") as file:
            file.write(b"".join(line + b"\n" for i, line in enumerate(batch.payload) if i not in refused))
        cause = Cause(NOT_WANTED.name, "the file takes no such row", Ending.REFUSED)
        return Result(rows=dict.fromkeys(refused, cause))


class LineForm:
    """A row is a line of JSON, as `[mapping]` has it."""

    overhead = 1  # the end of the last

    def __init__(self, context: Context, ending: str) -> None:
        self.rows = context.batching.size
        self._mapper = json_mapper(context.mapping, context.texts, context.identity)
        self._ending = ending.encode()

    def items(self, rows: Rows) -> SizedItems:
        mapped = self._mapper.map(rows)
        lines = [item + self._ending for item in mapped.items]
        return SizedItems(lines, list(map(len, lines)), mapped.unfit)
