"""Opening of a target from its settings, once or with the retries of `[retry]`."""

from __future__ import annotations

import random
from collections.abc import Callable

from loader.config import TargetSettings
from loader.errors import UsageError
from loader.outcomes import Cause, Fault
from loader.resilience.backoff import backoff
from loader.targets.base import Target, TargetDownError
from loader.targets.context import Context
from loader.targets.kinds import KINDS


def open_target(settings: TargetSettings, context: Context) -> Target:
    """The target of these settings, by its kind.

    Raises UsageError for settings that do not go together or do not fit what is there, TargetDownError where a target
    that must be asked before rows can be mapped cannot be.
    """
    kind = KINDS.of(settings)
    if context.schema is not None and not kind.takes_schema:
        forms = ", ".join(form for each in KINDS.own if each.takes_schema for form in each.forms)
        raise UsageError(f"{context.schema}: a schema is for targets of the form {forms}")
    return kind.open(settings, context)


def open_with_retries(settings: TargetSettings, context: Context, wait: Callable[[Cause, float], None]) -> Target:
    """The target of these settings, asked for again after each wait of `[retry]` while it is down.

    `wait` is told why it could not be opened, and for how many seconds to wait; what it raises ends the opening. Raises
    UsageError as `open_target` does, TargetDownError at once where the target is at fault, else after the last retry.
    """
    retry, failures = context.retry, 0
    while True:
        try:
            return open_target(settings, context)
        except TargetDownError as error:
            failures += 1
            if error.cause.fault is not Fault.NONE or failures > retry.max_retries:
                raise
            cause = error.cause
        wait(cause, backoff(retry, failures, random.random()))
