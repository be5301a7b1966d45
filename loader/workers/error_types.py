"""Error types of rows whose worker process died."""

from loader.error_types import UNKNOWN, ErrorType

WORKER_LOST = ErrorType(
    "worker_lost",
    UNKNOWN,
    "the worker process that had sent the row died before the answer came, and the row may not be sent twice",
    "these rows were sent and may have arrived; look at the target, "
    "and replay them with --class unknown if they are not there; "
    "where the kernel ended the worker for want of memory, lower concurrency.workers or concurrency.max_held",
)
