"""Reading for inference: rows of inputs, one chunk after the other, into what is known of their columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from loader.choosing import RowChoice
from loader.config import Config
from loader.errors import UsageError
from loader.inference.key_search import KeySearch
from loader.inference.profiles import Profiles
from loader.inference.proposal import Proposal, proposed
from loader.rows import Rows
from loader.sources import Inputs, chunks, parser_for


def infer(inputs: Inputs, config: Config, keyspace: str, table: str) -> Proposal:
    """A table called `table` in `keyspace` that takes the chosen rows of `inputs`, and how they are mapped.

    Raises InputError where the inputs cannot be read to their end, UsageError where there is no row to learn from.
    """
    seen = _Seen(config)
    for rows in _rows(inputs, config, seen):
        seen.add(rows)
    return seen.proposal(keyspace, table)


def _rows(inputs: Inputs, config: Config, seen: _Seen) -> Iterator[Rows]:
    parsers = {source.index: parser_for(source, config.input) for source in inputs.sources}
    choice = RowChoice(config.input, config.mapping.booleans, lambda source: parsers[source.index])
    for chunk in choice.among(chunks(inputs, max_wait=config.batch.max_wait), 0):
        if not chunk.meant:
            continue
        parsed = parsers[chunk.source.index].parse(chunk).but(chunk.left_out, chunk.ordinal)
        seen.bad += len(parsed.bad)
        for group in parsed.groups:
            yield group.rows


class _Seen:
    """What is known of the rows up to now."""

    def __init__(self, config: Config) -> None:
        self.bad = 0
        self._rows = 0
        self._profiles = Profiles(config.input)
        self._keys: KeySearch | None = None

    def add(self, rows: Rows) -> None:
        """Look at some rows."""
        columns = self._profiles.add(rows)
        self._rows += len(rows)
        self._keys = self._keys or KeySearch(list(columns))
        self._keys.add(columns, len(rows))

    def proposal(self, keyspace: str, table: str) -> Proposal:
        """What the rows come to."""
        if self._keys is None:
            raise UsageError("there is no readable row to learn from; loader check FILE shows why")
        key, profiles = self._keys.best(), self._profiles
        remarks = list(self._remarks(key, self._keys))
        return proposed(keyspace, table, profiles.inferred(), key, remarks, profiles.null_words())

    def _remarks(self, key: Sequence[str], keys: KeySearch) -> Iterator[str]:
        yield f"proposed by loader infer from {self._rows:,} rows; look at types and key before you rely on them"
        if self.bad:
            yield f"{self.bad:,} rows could not be read and were not looked at; loader check FILE shows the first"
        if not key:
            yield "nothing tells all rows apart, so that each gets an id of its own: loaded twice it is there twice"
        elif not keys.compared_all:
            yield "so many rows that not all were compared: whether the key tells all of them apart was not seen"
        else:
            yield f"the key is {' and '.join(key)}: different in all rows that were looked at"
