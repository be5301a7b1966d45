"""Preview: what people are told of a target, for `check`, dry runs, and the beginning and the end of a run."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Protocol, runtime_checkable

from loader.outcomes import Cause
from loader.rows import Batch
from loader.sources.parser import Parsed
from loader.targets.base import Prepared, Target

CONNECTED = "ok"


class Preview:
    """What a target would do, in words that hold no secret.

    Every question has an answer here that suits any target. A kind that knows more derives a class of its own from this
    one and answers those questions that it knows more of.
    """

    @property
    def repetition(self) -> str:
        """What it may mean there that rows were sent twice, as a sentence without a full stop."""
        return "they may stand there twice"

    def bind(self, source: str, fields: Sequence[str] | None) -> Sequence[str]:  # noqa: ARG002 - any will do
        """What a person should know of rows of `source` with these fields; UsageError where they cannot go there.

        The names are those of the input, before `[mapping]`. None: each row has fields of its own, and is judged alone.
        """
        return ()

    def absent(self, texts: Collection[str], every: Collection[str] | None) -> Sequence[str]:  # noqa: ARG002
        """What a person should know of settings that name fields no row has; UsageError where others were meant.

        `texts` are the fields of all delimited rows, `every` those of all rows, None where they are not known.
        """
        return ()

    def left_out(self, fed: Collection[str]) -> Sequence[str]:  # noqa: ARG002
        """What a person should know of rows that had values for these columns alone (see `Prepared`)."""
        return ()

    def describe(self) -> Mapping[str, str]:
        """What requests will look like, as label and text."""
        return {}

    def preface(self) -> str:
        """What all requests have in common, which `render` leaves out; "" where it leaves out nothing."""
        return ""

    def render(self, batch: Batch) -> str:
        """The request that would carry `batch`."""
        rows, count = batch.rows, len(batch)
        place = f"{rows.source.name}, from line {rows.lines[0]} on"
        return f"{count:,} {'row' if count == 1 else 'rows'} of {place}, {sum(batch.sizes):,} bytes"

    def check(self) -> Cause | str:
        """Connect without sending a row: how that went, `CONNECTED` where it did, or why it failed."""
        return "not tried"


@runtime_checkable
class Previewed(Protocol):
    """A target that can tell more of itself than any target."""

    @property
    def preview(self) -> Preview:
        """What it would do."""


def preview_of(target: Target) -> Preview:
    """The target's own preview where it has one."""
    return target.preview if isinstance(target, Previewed) else Preview()


def mended_lines(parsed: Parsed, cuts: Iterable[Prepared]) -> Iterator[tuple[int, Cause]]:
    """The lines of those rows that go without values that do not fit, with what does not; `cuts` were made of them."""
    mended = {ordinal: cause for ready in cuts for ordinal, cause in ready.mended.items()}
    for rows in (group.rows for group in parsed.groups):
        for line, ordinal in zip(rows.lines, rows.ordinals, strict=True):
            if ordinal in mended:
                yield line, mended[ordinal]
