"""Reading for inference: rows of inputs, one chunk after the other, into what is known of their columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from loader.choosing import RowChoice
from loader.config import Config
from loader.contents import TextColumns, TypedColumns
from loader.errors import UsageError
from loader.inference.candidates import OF_STRINGS, OF_TEXTS
from loader.inference.column_profile import TextProfile, ValueProfile
from loader.inference.key_search import KeySearch
from loader.inference.null_words import NullWords
from loader.inference.proposal import Proposal, proposed
from loader.mapping.cql.codec import Number
from loader.rows import Rows
from loader.sources import Inputs, chunks, parser_for

Columns = Mapping[str, Sequence[Any]]
"""Values by the names of their fields, all as long; None where a row has nothing."""

_decode = msgspec.json.Decoder(dict[str, Any], float_hook=Number).decode


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
        self._nulls = frozenset({"", *config.input.null_words})
        self._words = NullWords()
        self._profiles: dict[str, TextProfile | ValueProfile] = {}
        self._keys: KeySearch | None = None

    def add(self, rows: Rows) -> None:
        """Look at some rows."""
        columns = _columns(rows)
        self._rows += len(rows)
        self._keys = self._keys or KeySearch(list(columns))
        self._keys.add(columns, len(rows))
        is_text = isinstance(rows.content, TextColumns)
        for name, values in columns.items():
            profile = self._profiles.setdefault(name, TextProfile(OF_TEXTS) if is_text else ValueProfile(OF_STRINGS))
            if isinstance(profile, TextProfile) != is_text:
                raise UsageError(f"{rows.source.name}: files of texts and files of JSON make no table together")
            if is_text:
                there = self._words.without(name, [text for text in values if text not in self._nulls])
            else:
                there = [value for value in values if value is not None]
            profile.add(there)

    def proposal(self, keyspace: str, table: str) -> Proposal:
        """What the rows come to."""
        if self._keys is None:
            raise UsageError("there is no readable row to learn from; loader check FILE shows why")
        inferred = {name: profile.inferred() for name, profile in self._profiles.items()}
        words = self._words.of(name for name, each in inferred.items() if each.type.name != "text")
        key = self._keys.best()
        return proposed(keyspace, table, inferred, key, list(self._remarks(key, self._keys)), words)

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


def _columns(rows: Rows) -> Columns:
    match rows.content:
        case TextColumns(columns, _, fields):
            return dict(zip(columns, zip(*fields, strict=True), strict=True))
        case TypedColumns(columns, values):
            return dict(zip(columns, values, strict=True))
    objects = [_decode(raw) for raw in rows.raw]
    names = dict.fromkeys(name for each in objects for name in each)
    return {name: [each.get(name) for each in objects] for name in names}
