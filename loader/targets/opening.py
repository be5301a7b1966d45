"""Opening of a target from its settings."""

from __future__ import annotations

from loader.config import TargetSettings
from loader.errors import UsageError
from loader.targets.base import Target
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
