"""`requests`: which rows each request holds that may have arrived, so that it can be sent again as it was.

Lines are written before their requests go and are never fsynced: they outlive the process, which is all that they are
for. After a loss of power those that are left are as true, and what is missing is cut anew. Whenever the checkpoint has
taken in what was settled, the file begins anew with what is still open, so that it stays short.
"""

from __future__ import annotations

import os
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from loader.checkpoint.errors import CheckpointError
from loader.checkpoint.log import ChunkRecord
from loader.checkpoint.spans import Run
from loader.durable import files
from loader.durable.checksummed_lines import seal, unseal


class SentRequest(msgspec.Struct, frozen=True):
    """The rows of one request, as ascending runs of ordinals, and the name of the target that it went to.

    `in_doubt` says that it may have arrived: not where each of its attempts was answered by a no, or never left.
    """

    target: str
    runs: list[Run]
    in_doubt: bool = True

    @property
    def ordinals(self) -> Iterator[int]:
        return (ordinal for first, count in self.runs for ordinal in range(first, first + count))

    def is_within(self, first: int, count: int) -> bool:
        """Whether all of its rows are among so many from `first` on."""
        return self.runs[0][0] >= first and sum(self.runs[-1]) <= first + count


class OpenRequests:
    """Requests that may have arrived, found by their rows. A row is in one of them at most: the last that had it."""

    def __init__(self, requests: Iterable[SentRequest] = ()) -> None:
        self._starts: list[int] = []  # of the runs of all requests, ascending
        self._owners: list[tuple[int, SentRequest]] = []  # the end of each of these runs, and whose it is
        for request in requests:
            self.add(request)

    def __iter__(self) -> Iterator[SentRequest]:
        return iter({id(request): request for _, request in self._owners}.values())

    def __bool__(self) -> bool:
        return bool(self._starts)

    def add(self, request: SentRequest) -> None:
        """A request went out; those before it that had any of its rows were answered, or they would not go in it."""
        for first, count in request.runs:
            for earlier in self.among(first, count):
                self.remove(earlier)
        for first, count in request.runs:
            place = bisect_left(self._starts, first)
            self._starts.insert(place, first)
            self._owners.insert(place, (first + count, request))

    def remove(self, request: SentRequest) -> None:
        for first, _ in request.runs:
            place = bisect_left(self._starts, first)
            del self._starts[place], self._owners[place]

    def among(self, first: int, count: int) -> list[SentRequest]:
        """Those with rows among so many from `first` on, in the order of their first rows there."""
        place = bisect_right(self._starts, first) - 1
        if place < 0 or self._owners[place][0] <= first:
            place += 1
        found = self._owners[place : bisect_left(self._starts, first + count)]
        return list({id(request): request for _, request in found}.values())


class _Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is noted at once: chunks that no record has yet, rows that were accepted, and requests that go out then.

    `accepted`, `sent` and `answered` are by target. Accepted rows are noted where the request was not accepted as a
    whole: it is not to be sent again. `answered` requests did not arrive, and wait to go again as they were.
    """

    chunks: list[ChunkRecord] = []
    accepted: dict[str, list[Run]] = {}
    sent: dict[str, list[list[Run]]] = {}
    answered: dict[str, list[list[Run]]] = {}


@dataclass(slots=True)
class NotedRequests:
    """What the file says. `accepted` has the target of each accepted row by ordinal.

    `is_damaged` where a whole line does not hold: neither a torn end nor zeros, as a loss of power leaves them there.
    """

    chunks: dict[int, ChunkRecord] = field(default_factory=dict)
    accepted: dict[int, str] = field(default_factory=dict)
    requests: OpenRequests = field(default_factory=OpenRequests)
    is_damaged: bool = False

    def take(self, line: _Line) -> None:
        """Add what was noted next."""
        self.chunks.update((chunk.number, chunk) for chunk in line.chunks)
        for target, runs in line.accepted.items():
            self.accepted.update((ordinal, target) for ordinal in SentRequest(target, runs).ordinals)
        for noted, in_doubt in ((line.sent, True), (line.answered, False)):
            for target, requests in noted.items():
                for request in requests:
                    self.requests.add(SentRequest(target, request, in_doubt))


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Line).decode


class RequestLog:
    """Notes requests before they go. Raises CheckpointError where it cannot. Used by one thread."""

    def __init__(self, path: Path) -> None:
        """Writes to `path`, which is made with the first note; `restart` begins with what it holds already."""
        self._path = path
        self._fd = -1
        self._length = 0
        self._targets: set[str] = set()  # those to which requests were noted
        self._accepted: dict[str, list[Run]] = {}  # not written yet

    def send(self, target: str, requests: Sequence[list[Run]], chunks: Sequence[ChunkRecord]) -> None:
        """Requests are about to go to `target`; `chunks` are new ones, which no record has."""
        self._targets.add(target)
        accepted, self._accepted = self._accepted, {}
        self._write(_Line(list(chunks), accepted, {target: list(requests)}))

    def accept(self, target: str, runs: Sequence[Run]) -> None:
        """Some rows of a request were accepted, and others not. Written with what relies on it."""
        if target in self._targets:
            self._accepted.setdefault(target, []).extend(runs)

    def flush(self) -> None:
        """Write what was accepted: what follows tells of the rest of these requests."""
        if self._accepted:
            accepted, self._accepted = self._accepted, {}
            self._write(_Line(accepted=accepted))

    def restart(
        self, chunks: Iterable[ChunkRecord], accepted: Mapping[int, str], requests: Iterable[SentRequest]
    ) -> None:
        """Begin anew with what no record has and no part has settled."""
        self._accepted = {}
        line = _Line(list(chunks), _by_target(accepted), {}, {})
        for request in requests:
            noted = line.sent if request.in_doubt else line.answered
            noted.setdefault(request.target, []).append(request.runs)
        self._targets.update(line.sent, line.answered)
        try:
            self._replace(seal(_encode(line)) if line != _Line() else b"")
        except OSError as error:
            raise self._failure(error) from error

    def close(self) -> None:
        """Idempotent."""
        if self._fd >= 0:
            fd, self._fd = self._fd, -1  # first: closed twice, the number may be another file's
            os.close(fd)

    def _replace(self, data: bytes) -> None:
        """Put `data` in the place of what stands there, at once: whenever the process dies, one of both is there."""
        if not data:
            if self._fd >= 0 and self._length:
                os.ftruncate(self._fd, 0)
            self._length = 0
            return
        part = self._path.with_name(".requests")
        fd = files.open_private(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND)
        try:
            files.write_all(fd, data)
            part.rename(self._path)
        except BaseException:  # a KeyboardInterrupt too, in a program that lives on
            os.close(fd)
            raise
        self.close()
        self._fd, self._length = fd, len(data)

    def _write(self, line: _Line) -> None:
        data = seal(_encode(line))
        try:
            if self._fd < 0:
                self._fd = files.open_private(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND)
            files.write_all(self._fd, data)
        except OSError as error:
            raise self._failure(error) from error
        self._length += len(data)

    def _failure(self, error: OSError) -> CheckpointError:
        return CheckpointError(f"{self._path}: the requests of the run cannot be noted: {error.strerror or error}")


def read_requests(path: Path) -> NotedRequests:
    """What was noted, up to the first line that is not whole: nothing behind it was. Raises CheckpointError."""
    noted = NotedRequests()
    if not path.exists():
        return noted
    try:
        with os.fdopen(files.open_private(path, os.O_RDONLY), "rb") as file:
            for line in file:
                payload = unseal(line)
                if payload is None:
                    noted.is_damaged = bool(line.strip(b"\0")) and line.endswith(b"\n")
                    break
                noted.take(_decode(payload))
    except (OSError, msgspec.DecodeError) as error:
        raise CheckpointError(f"{path}: {error}") from error
    return noted


def _by_target(accepted: Mapping[int, str]) -> dict[str, list[Run]]:
    by_target: dict[str, list[Run]] = {}
    for ordinal, target in accepted.items():
        by_target.setdefault(target, []).append((ordinal, 1))
    return by_target
