"""Where records end that have a quote open, looked through once for all of them."""

from __future__ import annotations

from collections.abc import Sequence

from loader.sources.text.blocks import shown_limit
from loader.sources.text.edges import EdgeFinder, Line

WINDOW = 256 * 1024  # bytes looked through at once: fits the processor's cache


class OpenEnd:
    """The end of any record that is open at the end of a line before `until`; places are bytes from the input's begin.

    All of them are within quotes at each of these line ends, and so end at the same place: their content at `stop`, or
    None as long as that was not found, and then not before `until`.
    """

    def __init__(self, finder: EdgeFinder, until: int = 0) -> None:
        """At `until` a line begins, and the record that was looked through goes on."""
        self.until = until
        self.stop: int | None = None
        self._finder = finder
        self._seen = (until, False)  # how far the input was looked through, and whether it ends there

    def lines(self, data: bytes, offset: int) -> Sequence[Line]:
        """A window of the lines before `until`, each read by itself; `data` begins with the first, at `offset`."""
        known, size = self.until - offset, WINDOW
        while True:
            stop = min(size, known)
            # One byte more: a CR may be half of a line end.
            lines = [line for line in self._finder.by_line(data[: stop + 1]) if line.end <= stop]
            if lines or stop == known:
                return lines
            size *= 2

    def look(self, data: bytes, offset: int, *, final: bool) -> None:
        """Look for the end in `data`, which begins before `until`, at `offset`. `final`: nothing follows it."""
        seen = (offset + len(data), final)
        if self.stop is not None or seen == self._seen:
            return
        self._seen = seen
        last_line, stop = self._finder.open_end(data[self.until - offset :], final=final)
        self.stop = None if stop is None else self.until + stop
        self.until += last_line

    def why_bad(self, begin: int, max_row_bytes: int) -> str | None:
        """Where the row that begins at `begin`, in a line with an open quote, does not end.

        None if it ends soon enough, or may do so in what was not looked through.
        """
        seen, final = self._seen
        if (seen - 1 if self.stop is None else self.stop) - begin > max_row_bytes:
            return f"within {shown_limit(max_row_bytes)}"
        return "in the rest of the input" if final and self.stop is None else None
