"""Terminal drawing; the only module that imports rich.

Every foreign text is a `Text`, never a `str`, so nothing in it is read as markup.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import IO, cast

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from loader.report import phrases
from loader.report.best_effort import BestEffortStream
from loader.report.breakdown import Entry
from loader.report.snapshot import Pace, Snapshot

_BAR_WIDTH = 20
_NARROW = 80  # columns; where there are fewer, a bar and a table leave no room for words


def terminal_console(out: BestEffortStream) -> Console:
    """A console on a terminal that takes nothing for markup, the name of an emoji or something to colour.

    Where NO_COLOR is set (https://no-color.org) it has no colours, and all else.
    """
    return Console(file=cast(IO[str], out), force_terminal=True, markup=False, emoji=False, highlight=False)


def moving_lines(console: Console) -> Live:
    """A region that is redrawn when told, by no thread of its own, and gone when it is stopped. Not started yet.

    Data on stdout is led past it where stdout is a terminal; into a pipe or a file it goes as it is.
    """
    shared = sys.stdout is not None and sys.stdout.isatty()
    return Live(console=console, auto_refresh=False, transient=True, redirect_stdout=shared, redirect_stderr=False)


def is_narrow(console: Console) -> bool:
    """Whether lines read better there than a table."""
    return console.width < _NARROW


def picture(snapshot: Snapshot, pace: Pace, width: int) -> RenderableType:
    """The state of a run: how far, how fast, what became of the rows, what is wrong with which target.

    Each on a line of at most `width` columns, what matters most first.
    """
    lines = [_line("  ".join(phrases.counts(snapshot)))]
    lines += [_line(text, "yellow") for text in phrases.troubles(snapshot)]
    return Group(_bar(snapshot, pace) if width >= _NARROW else _progress(snapshot, pace), *lines)


def table(entries: Iterable[Entry]) -> Table:
    """The failed rows by type."""
    drawn = Table(title="failed rows by type", title_justify="left")
    drawn.add_column("type", overflow="fold")
    drawn.add_column("rows", justify="right", no_wrap=True)
    drawn.add_column("of read", justify="right", no_wrap=True)
    drawn.add_column("first", overflow="fold")
    drawn.add_column("what to do")
    for entry in entries:
        first = Text("\n").join(Text(text) for text in (entry.first, entry.error) if text)
        drawn.add_row(Text(entry.error_type), Text(entry.rows), Text(entry.share), first, Text(entry.hint))
    return drawn


def _progress(snapshot: Snapshot, pace: Pace) -> Text:
    left = phrases.time_left(snapshot, pace.bytes)
    return _line("  ".join(filter(None, (phrases.percent(snapshot), left, f"{pace.rows:,.0f} rows/s"))), "bold")


def _bar(snapshot: Snapshot, pace: Pace) -> RenderableType:
    read = phrases.size(snapshot.bytes_done)
    cells: list[RenderableType] = []
    if snapshot.bytes_total is not None:
        cells.append(ProgressBar(total=snapshot.bytes_total or 1, completed=snapshot.bytes_done, width=_BAR_WIDTH))
        cells.append(Text(phrases.percent(snapshot), style="bold"))
        read = f"{read} of {phrases.size(snapshot.bytes_total)}"
    left = phrases.time_left(snapshot, pace.bytes)
    cells.append(Text(read if left is None else f"{read}  {left}"))
    cells.append(Text(f"{pace.rows:,.0f} rows/s", style="bold"))
    grid = Table.grid(padding=(0, 1))
    grid.add_row(*cells)
    return grid


def _line(text: str, style: str = "") -> Text:
    return Text(text, style=style, no_wrap=True, overflow="ellipsis")
