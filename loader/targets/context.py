"""Context of a target: what it is told of its run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from loader.config.sections import Batching, Config, FieldMapping, Retry, Timeouts
from loader.sources.row_identity import RowIdentity
from loader.texts.text_meaning import TextMeaning


@dataclass(frozen=True, slots=True)
class Context:
    """What a target needs to know of its run.

    `started_us` is when the run began, in microseconds since the epoch, the same in all its parts. `wall` gives seconds
    since the epoch, `mask` hides secrets in a text. `schema` is a file of CREATE TABLE statements that tells of a table
    in place of its cluster, which is then not asked; such a target sends nothing.
    """

    run_id: str
    started_us: int
    batching: Batching
    timeouts: Timeouts
    retry: Retry
    mapping: FieldMapping
    texts: TextMeaning
    max_in_flight: int
    wall: Callable[[], float]
    mask: Callable[[str], str]
    schema: Path | None = None

    @property
    def identity(self) -> RowIdentity:
        """What rows are known by."""
        return RowIdentity(self.run_id, self.started_us)

    @classmethod
    def of(
        cls,
        config: Config,
        run_id: str,
        started_us: int,
        wall: Callable[[], float],
        schema: Path | None = None,
    ) -> Context:
        """What the config of a run says of it."""
        return cls(
            run_id,
            started_us,
            config.batch,
            config.timeouts,
            config.retry,
            config.mapping,
            config.input.texts,
            config.concurrency.max_in_flight,
            wall,
            config.secrets.mask,
            schema,
        )
