"""Stops: why a run ends before its input does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from loader.errors import UnrecordableError, unforeseen
from loader.exit_codes import ExitCode
from loader.ledger.resume_state import ChangedInputError
from loader.outcomes import Cause, Ending, Fault
from loader.shortage import HINT, shortage_behind
from loader.sources.errors import InputError, OtherContentError, OutOfReachError


@dataclass(frozen=True, slots=True)
class Stop:
    """A reason to stop: reading ends, what is under way is settled within `grace`, the rest is handed back.

    `grace` is in seconds; None means the run's own (5 s, or `timeouts.write` if that is less). `parked_until` is the
    time in seconds since the epoch at which the server wants to be asked again.
    """

    status: str  # "stopped" | "parked" | "interrupted" | "failed"
    exit_code: ExitCode
    message: str
    hint: str | None = None
    grace: float | None = None
    parked_until: float | None = None


_AT_FAULT = {
    Ending.REFUSED: "the target is",
    Ending.UNSENT: "the target, or the way to it, is",
    # Rows were sent, and an answer came that cannot be understood: that is for the settings to mend.
    Ending.AMBIGUOUS: "the settings of the target are",
}


def stopped(message: str, hint: str | None = None, *, grace: float | None = None) -> Stop:
    """The target or the rows gave reason to stop: exit code 3."""
    return Stop("stopped", ExitCode.STOPPED, message, hint, grace)


def out_of_time(seconds: float) -> Stop:
    """`timeouts.run` seconds are over."""
    return stopped(f"timeouts.run: {seconds:g} s are over", "resume to go on")


def target_fault(name: str, cause: Cause) -> Stop:
    """The target, the way to it, what the config says of it, or this machine is at fault, not the rows."""
    if cause.fault is Fault.OURS:
        return stopped(cause.message, cause.hint)
    return stopped(f"{name}: {cause.message}: {_AT_FAULT[cause.ending]} at fault, not the rows", cause.hint)


def parked(message: str, until: float) -> Stop:
    """The server asked for a longer wait than `throttle.max_wait`: exit code 4."""
    hint = "resume after that time, or raise throttle.max_wait"
    return Stop("parked", ExitCode.PARKED, message, hint, parked_until=until)


def interrupted(message: str, *, grace: float | None = None) -> Stop:
    """A person or a supervisor said so: exit code 130."""
    return Stop("interrupted", ExitCode.INTERRUPTED, message, grace=grace)


def out_of_reach(whys: Sequence[str]) -> Stop:
    """Inputs could not be read to their ends, for the reasons given."""
    count = "1 input was" if len(whys) == 1 else f"{len(whys)} inputs were"
    message = f"{count} out of reach, and what is left of {'it' if len(whys) == 1 else 'them'} is unread: {whys[0]}"
    return stopped(message, "once it can be reached again: resume, which reads what is unread")


def failed(message: str) -> Stop:
    """A defect of the program: exit code 5."""
    return Stop("failed", ExitCode.DEFECT, message, "please report this with the run's run.log", grace=0.0)


def input_failed(error: Exception) -> Stop:
    """The input cannot be read on; anything else that reading raised is a defect."""
    if (missing := shortage_behind(error)) is not None:
        return stopped(f"the input cannot be read on: {missing}", f"{HINT}; then resume")
    if isinstance(error, ChangedInputError | OtherContentError):
        return input_changed(error)
    if isinstance(error, OutOfReachError):
        return stopped(f"the input cannot be read on: {error}", "once it can be reached again: resume")
    if isinstance(error, OSError | EOFError | InputError):
        return stopped(f"the input cannot be read on: {error}", "mend the file, then resume")
    return failed(f"reading failed: {unforeseen(error)}")


def input_changed(error: ChangedInputError | OtherContentError) -> Stop:
    """The input is not the one that earlier parts of the run have read."""
    hint = (
        "put back what it was (a stream is fed again from its start), then resume; or give this run up and start a new"
        " one, by the same command without --resume, which sends all rows again"
    )
    return stopped(f"the input changed since the run began: {error}", hint)


def unrecordable(error: UnrecordableError) -> Stop:
    """What became of rows cannot be written."""
    mend = "make room or mend the path" if shortage_behind(error) is None else HINT
    return stopped(str(error), f"{mend}; then resume", grace=0.0)
