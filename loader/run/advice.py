"""Advice where errors stop a run: what of their cause a resume can take, and what needs a new run."""

from __future__ import annotations

from loader.run.plan import Plan

_RESUMABLE = (
    "look into the dead letter queue for the cause. Once it is mended at the target, in its credentials or in [errors]:"
    " resume. A resume cannot take"
)
_ANEW = "that is a new run, by the same command without --resume"
_REPLACED = "It sends all rows again, and its dead letters take the place of those of this run: do not replay these"


def after_errors(plan: Plan) -> str:
    """What to do where more rows failed than `[errors]` allows."""
    if plan.replay is not None:
        mended = "mended letters, other [input] or [mapping]"
        return f"{_RESUMABLE} {mended}: {_ANEW}, of the letters that no replay has settled yet"
    other = " and with another --dlq" if plan.dlq_path is not None else ""
    return f"{_RESUMABLE} another file, [input] or [mapping]: {_ANEW}{other}. {_REPLACED}"
