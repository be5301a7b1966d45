"""Result of a rehearsal's comparison."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from loader.report.safe_text import safe

_TEXT = 160  # characters of a value


@dataclass(frozen=True, slots=True)
class Difference:
    """A value that is not as it was sent. `place` is "file:line" of the last row with this key; all are texts.

    `column` is "" where the whole row is missing.
    """

    place: str
    key: str
    column: str
    sent: str
    found: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """The rows of the scratch table against those sent.

    `keys` is how many rows there must be, None where that cannot be told (too many to count, rows that expire, rows
    without an answer). `repeated` rows have the key of a row before them; None where that cannot be told. `compared`
    keys were read back, `differing` of them are not as sent, the first of which are told in `differences`.
    `not_comparable` values could stand there in several ways.
    """

    keyspace: str
    host: str
    rows: int
    keys: int | None
    repeated: int | None
    compared: int
    differing: int
    not_comparable: int
    differences: tuple[Difference, ...] = ()

    @property
    def is_equal(self) -> bool:
        """Whether all that could be compared is as it was sent."""
        return not self.differing and self.keys in (None, self.rows)


def comparison_lines(comparison: Comparison) -> Iterator[str]:
    """The same for people."""
    rows = f"read back: {comparison.rows:,} rows"
    if comparison.keys is not None:
        rows += " as expected" if comparison.keys == comparison.rows else f", expected {comparison.keys:,}"
    yield rows
    if comparison.repeated:
        yield f"repeated keys: {comparison.repeated:,} rows have the key of a row before them"
    verdict = f"{comparison.differing:,} differ" if comparison.differing else "all equal"
    yield f"compared field by field: {comparison.compared:,} keys, {verdict}"
    for each in comparison.differences:
        yield _sentence(each)
    if comparison.not_comparable:
        yield f"not compared: {comparison.not_comparable:,} values of which nobody can tell what must stand there"


def _sentence(difference: Difference) -> str:
    head = f"  {safe(difference.place, _TEXT)}: ({safe(difference.key, _TEXT)})"
    if not difference.column:
        return f"{head} is not there"
    sent, found = safe(difference.sent, _TEXT), safe(difference.found, _TEXT)
    return f"{head} {safe(difference.column)}: sent {sent}, found {found}"
