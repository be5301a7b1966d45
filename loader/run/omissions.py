"""What a load that went through had nothing of: inputs without rows, columns without values."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from loader.ledger.ledger import Ledger
from loader.rows import Source
from loader.sources.locations.names import STANDARD_INPUT
from loader.targets.base import Target
from loader.targets.preview import preview_of


def omissions(
    sources: Iterable[Source], before: Collection[int], targets: Iterable[Target], ledger: Ledger
) -> Iterator[str]:
    """What a person should know of all rows of a load, over all its parts, as sentences.

    `before` are the indexes of the inputs that earlier parts have had rows of.
    """
    for source in sources:
        if source.index not in ledger.sources and source.index not in before:
            yield _no_row(source)
    for target in targets if ledger.totals.read else ():
        yield from preview_of(target).left_out(ledger.fed.get(target.name, ()))


def _no_row(source: Source) -> str:
    if source.name == STANDARD_INPUT:
        return "standard input ended without a row; look at what the command that feeds it has to say"
    if source.letters:
        return f"{source.name}: holds no letter"
    return f"{source.name}: holds no row{' but its header' if source.layout.columns and source.size else ''}"
