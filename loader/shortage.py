"""What the system has no more of for this process: threads, processes, descriptors, memory."""

from __future__ import annotations

import errno
import os
import resource

from loader.error_types import UNKNOWN, ErrorType
from loader.outcomes import Cause, Ending, Fault

HINT = "raise the limit, or lower concurrency.max_in_flight and concurrency.workers"

NO_RESOURCES = ErrorType(
    "no_resources",
    UNKNOWN,
    "this machine has no thread, process, descriptor or memory left for the request; it stops the run; a letter has it "
    "only where a row was sent, may not be sent twice, and so may have arrived",
    f"{HINT}; then resume",
)

_NO_THREAD = "can't start new thread"  # CPython says so of every failure of pthread_create


class ShortageError(RuntimeError):
    """There is no more of something; the text says of what."""


def shortage(error: object) -> str | None:
    """What was missing, in words; None for any other error."""
    if isinstance(error, ShortageError):
        return str(error)
    if isinstance(error, RuntimeError):
        return _of_processes("thread") if _NO_THREAD in str(error) else None
    if isinstance(error, MemoryError):
        return "no memory is left"
    return _of_system(error.errno) if isinstance(error, OSError) else None


def shortage_behind(error: BaseException | None) -> str | None:
    """What was missing, in words, where `error` is a sentence about an error of the system; None for any other."""
    return None if error is None else shortage(error) or shortage_behind(error.__cause__)


def reason_of(error: OSError) -> str:
    """Why something could not be opened or read, without its path; a limit of the system is named."""
    return shortage(error) or error.strerror or str(error)


def no_descriptor() -> str | None:
    """What is missing if no descriptor can be opened now, for those who are not told why they could not."""
    try:
        os.close(os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC))
    except OSError as error:
        return shortage(error)
    return None


def no_process() -> ShortageError:
    """What stands for EAGAIN where a process is started (fork(2))."""
    return ShortageError(_of_processes("process"))


def cause_of_shortage(error: BaseException, ending: Ending = Ending.UNSENT) -> Cause | None:
    """Why an attempt could not be made here, for which neither row nor target is at fault; None for other errors."""
    missing = shortage(error)
    return None if missing is None else no_more(missing, ending)


def no_more(missing: str, ending: Ending = Ending.UNSENT) -> Cause:
    """The cause of an attempt for which something was missing here: the run stops by it."""
    return Cause(NO_RESOURCES.name, missing, ending, retryable=True, fault=Fault.OURS, hint=NO_RESOURCES.what_to_do)


def _of_system(number: int | None) -> str | None:
    if number in (errno.EMFILE, errno.ENFILE):
        return f"no file descriptor is left (ulimit -n is {resource.getrlimit(resource.RLIMIT_NOFILE)[0]})"
    return "no memory is left" if number == errno.ENOMEM else None


def _of_processes(kind: str) -> str:
    return f"no {kind} can be started (ulimit -u is {_of_user()}; containers have a limit of their own)"


def _of_user() -> str:
    soft = resource.getrlimit(resource.RLIMIT_NPROC)[0]
    return "unlimited" if soft == resource.RLIM_INFINITY else str(soft)
