"""Transport protocol: for each request an answer, or the cause why there is none.

Two implementations stand behind it, held to one suite of tests: `pooled` (urllib3) and `curl` (libcurl, where pycurl is
installed).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from loader.outcomes import Cause
from loader.targets.http.request import Request, Response

ANSWER_LIMIT = 64 * 2**20  # bytes of an answer's body, decoded

Make = Callable[[], Request]
Reply = Callable[[Response | Cause], None]


class Transport(Protocol):
    """Sends requests to one host, each bounded as a whole by `timeouts.write`. Thread-safe.

    There are no retries here but one: a pooled connection that proves closed before the first byte went out is replaced
    at once, since nothing was sent.
    """

    @property
    def description(self) -> str:
        """What carries the requests, for people."""

    def submit(self, make: Make, reply: Reply) -> None:
        """Start one attempt at the request that `make` makes, and return at once.

        Both are called exactly once, from a thread of the transport. `reply` gets a complete answer, or the cause that
        says how far the attempt came; it must not raise. An exception of `make` reaches it as a cause of type "defect".
        """

    def connect(self) -> Cause | None:
        """Connect, through proxy and TLS as a request would, and send nothing: why that failed, or None."""

    def close(self) -> None:
        """Close idle connections; those in use are closed when their attempt ends. Does not wait. Idempotent."""
