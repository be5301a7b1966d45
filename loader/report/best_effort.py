"""Best-effort stream: output for a person that may go away while the load goes on."""

from __future__ import annotations

from typing import TextIO


class BestEffortStream:
    """Writes to `stream` until that fails for the first time; then, and where it is None, it says nothing.

    A terminal that hung up, a reader that went away or a full disk behind a redirection is no reason to end a load or
    to lose its exit code. What is told here stands in report and log too.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self.lost: OSError | None = None  # why it says nothing any more
        self._stream = stream
        self.encoding: str = getattr(stream, "encoding", None) or "utf-8"

    def write(self, text: str) -> int:
        if self._stream is not None:
            try:
                self._stream.write(text)
            except OSError as error:
                self._lose(error)
        return len(text)

    def flush(self) -> None:
        if self._stream is not None:
            try:
                self._stream.flush()
            except OSError as error:
                self._lose(error)

    def line(self, text: str) -> None:
        """Say one line at once."""
        self.write(text + "\n")
        self.flush()

    def isatty(self) -> bool:
        return self._stream is not None and self._stream.isatty()

    def _lose(self, error: OSError) -> None:
        self.lost = error
        self._stream = None
