"""Commit: makes settled rows durable, in the order letters, replay marks, checkpoint record, run log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from loader.checkpoint.folder import CheckpointError
from loader.checkpoint.log import CheckpointWriter, ChunkRecord, Note, Record
from loader.checkpoint.requests import RequestLog, SentRequest
from loader.checkpoint.spans import ordinal_runs, pack, without
from loader.dlq.errors import DlqError
from loader.dlq.replayed import ReplayMarks
from loader.dlq.writer import DlqWriter
from loader.errors import UnrecordableError
from loader.ledger.chunk_states import OpenChunk
from loader.ledger.ledger import Ledger
from loader.ledger.resume_state import ResumeState
from loader.outcomes import Fate
from loader.report.run_log import LogError, RunLog

_NONE_SETTLED = pack(b"\0")


class Recorder:
    """The files of one run; the only writer of all of them. Used by the pump's thread."""

    def __init__(
        self,
        dlq: DlqWriter,
        marks: ReplayMarks | None,
        checkpoint: CheckpointWriter,
        log: RunLog,
        limits: Mapping[str, int],
        resume_state: ResumeState,
        requests: RequestLog,
    ) -> None:
        self._dlq = dlq
        self._marks = marks
        self._checkpoint = checkpoint
        self._log = log
        self._limits = limits
        self._resume_state = resume_state
        self._requests = requests

    def append(self, lines: bytes) -> None:
        """Take dead letters. Raises UnrecordableError."""
        with _unrecordable():
            self._requests.flush()  # a request with a letter is not sent again, so its accepted rows must be known
            self._dlq.append(lines)

    def note(self, batches: Sequence[Sequence[int]]) -> None:
        """Note durably the ordinals of rows that may not be repeated and are about to be sent."""
        with _unrecordable():
            self._checkpoint.append(Note([run for batch in batches for run in ordinal_runs(batch)]))

    def send(self, target: str, requests: Sequence[Sequence[int]], opened: Sequence[OpenChunk]) -> None:
        """Note which rows each request holds, for the death of the process alone. Raises UnrecordableError."""
        with _unrecordable():
            chunks = [_chunk_record(chunk, _NONE_SETTLED) for chunk in opened]
            self._requests.send(target, list(map(ordinal_runs, requests)), chunks)

    def accept(self, target: str, ordinals: Sequence[int]) -> None:
        """Rows of a request were accepted, and others of it not."""
        self._requests.accept(target, ordinal_runs(ordinals))

    def sync(self, ledger: Ledger, open_requests: Iterable[SentRequest], *, final: bool) -> None:
        """Make all settled rows durable, and forget all requests but the open ones. Raises UnrecordableError."""
        with _unrecordable():
            length = self._dlq.sync()
            if self._marks is not None:
                self._marks.sync()
            changed = ledger.states.take_changed()
            if changed or final or ledger.in_doubt or ledger.cleared or ledger.left_here:
                self._checkpoint.append(self._record(ledger, changed, length, final=final))
            # Where nothing was settled, too: what was answered by a no since is in doubt no longer.
            self._requests.restart(self._resume_state.noted_chunks, self._resume_state.accepted, open_requests)
            self._log.flush()

    def _record(self, ledger: Ledger, changed: list[OpenChunk], length: int, *, final: bool) -> Record:
        totals = ledger.totals
        counts = {
            "delivered": totals.delivered,
            "rejected": totals.rejected,
            "unknown": totals.unknown,
            "skipped": dict(totals.skipped),
            "by_target": dict(totals.by_target),
            "sent_again": dict(totals.sent_again),
            "unreadable": totals.unreadable,
            "mended": totals.mended,
            "fed": {target: sorted(columns) for target, columns in ledger.fed.items()},
        }
        chunks = [_chunk_record(chunk, pack(chunk.states) if chunk.pending else "") for chunk in changed]
        return Record(
            chunks,
            counts,
            ledger.errors.to_data(),
            length,
            dict(self._limits),
            ledger.in_doubt,
            finished=final,
            cleared=ledger.cleared,
            letters=without([*self._resume_state.unclaimed, *ledger.mended.letters], ()),
            left=list(ledger.left),
        )


class DryRecorder:
    """The recorder of a dry run: letters go to a queue only where one was named, and nothing else is kept."""

    def __init__(self, dlq: DlqWriter | None) -> None:
        self._dlq = dlq

    def append(self, lines: bytes) -> None:
        if self._dlq is not None:
            with _unrecordable():
                self._dlq.append(lines)

    def note(self, batches: Sequence[Sequence[int]]) -> None:
        """Nothing is sent, so nothing needs a note."""

    def send(self, target: str, requests: Sequence[Sequence[int]], opened: Sequence[OpenChunk]) -> None:
        """The same."""

    def accept(self, target: str, ordinals: Sequence[int]) -> None:
        """The same."""

    def sync(self, ledger: Ledger, open_requests: Iterable[SentRequest], *, final: bool) -> None:  # noqa: ARG002 - nothing was settled for good
        if self._dlq is not None:
            with _unrecordable():
                self._dlq.sync()


@contextmanager
def _unrecordable() -> Iterator[None]:
    try:
        yield
    except (DlqError, CheckpointError, LogError) as error:
        raise UnrecordableError(str(error)) from error


def _chunk_record(chunk: OpenChunk, settled: str) -> ChunkRecord:
    return ChunkRecord(
        chunk.number,
        chunk.source.index,
        chunk.ordinal,
        chunk.line,
        chunk.offset,
        chunk.length,
        len(chunk.states),
        chunk.digest,
        settled,
        chunk.states.count(Fate.SKIPPED),
    )
