"""Settings of the engine: what the loop of a load decides by, besides the policies of the pump."""

from __future__ import annotations

from dataclasses import dataclass

from loader.config import sections

GRACE = 5.0  # seconds that a stop waits for what is under way


@dataclass(frozen=True, slots=True)
class Settings:
    """Limits and periods of a run. Times in seconds, 0 = none.

    `after_errors` is what a person is told to do where errors stop the run.
    """

    errors: sections.Errors
    max_held: int
    max_wait: float
    checkpoint_every: float
    run_timeout: float
    write_timeout: float
    after_errors: str = ""

    @property
    def grace(self) -> float:
        """How long a stop waits for what is under way."""
        return min(GRACE, self.write_timeout) if self.write_timeout else GRACE
