"""Error limits: when the failed rows of a run are too many for it to go on."""

from __future__ import annotations

from dataclasses import dataclass

from loader.config.sections import Errors


@dataclass(frozen=True, slots=True)
class ErrorLimits:
    """The limits of `[errors]` that stop a run. Errors are rejected and unknown rows of this part of the load."""

    settings: Errors

    def exceeded(self, rows: int, errors: int, which: str) -> str | None:
        """Why the run must stop, as a sentence without full stop; None if it may go on.

        `errors` of `rows` failed; `which` says in words which rows those are.
        """
        limits = self.settings
        if limits.fail_on_first_error and errors:
            return "a row failed and errors.fail_on_first_error is set"
        if 0 < limits.max_errors < errors:
            return f"{errors:,} rows failed, more than errors.max_errors = {limits.max_errors} allows"
        # Divided, not multiplied: 29 of 100 is no more than 0.29, but 0.29 * 100 is less than 29.
        if rows and rows >= limits.min_rows and errors / rows > limits.max_error_ratio:
            return (
                f"{errors:,} of the {rows:,} rows {which} failed ({errors / rows:.1%}), "
                f"more than errors.max_error_ratio = {limits.max_error_ratio:g} allows"
            )
        return None
