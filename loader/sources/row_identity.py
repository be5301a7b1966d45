"""Identity of rows: what each is known by, in every attempt, part of a run and replay of its letter."""

from __future__ import annotations

from dataclasses import dataclass

from loader.keys import kept_key, row_keys
from loader.rows import Rows


@dataclass(frozen=True, slots=True)
class RowIdentity:
    """What a row of a run is known by, in every attempt, part of the run and replay of its letter.

    `started_us` is when the run began, in microseconds since the epoch.
    """

    run_id: str
    started_us: int

    def keys(self, rows: Rows) -> list[str]:
        """The `row_key` of each row."""
        if rows.origins is None:
            return row_keys(self.run_id, rows.source, rows.offsets)
        return [kept_key(self.run_id, origin) for origin in rows.origins]

    def times(self, rows: Rows) -> list[int]:
        """A moment for each row, in microseconds since the epoch: the start of the run and as many more as the row's
        ordinal, so that no two of a run share one, and later rows have later ones.
        """
        own = [self.started_us + ordinal for ordinal in rows.ordinals]
        if rows.origins is None:
            return own
        kept = (origin.row_time for origin in rows.origins)
        return [time if then is None else then for then, time in zip(kept, own, strict=True)]
