"""Proposal: a table and a mapping that load some rows, and what is unsure of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from unicodedata import combining, normalize

from loader.inference.column_profile import Inferred
from loader.mapping.cql.table import Column, Table, kind_of
from loader.mapping.cql.types import CqlType

_ROW_ID = "row_id"
_FIRST_LETTER = re.compile("[a-z]")


@dataclass(frozen=True)
class Proposal:
    """`table` has a column for each field. `fields` and `types` are those of `[mapping]`, `made` what its `set` makes.

    `doubts` are sentences by the name of a column, `remarks` those on all of it. `null_words` are those of `[input]`.
    """

    table: Table
    fields: Mapping[str, str] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)
    made: Mapping[str, str] = field(default_factory=dict)
    doubts: Mapping[str, str] = field(default_factory=dict)
    remarks: Sequence[str] = ()
    null_words: Sequence[str] = ()


def proposed(
    keyspace: str,
    name: str,
    inferred: Mapping[str, Inferred],
    key: Sequence[str],
    remarks: Sequence[str],
    null_words: Sequence[str],
) -> Proposal:
    """The proposal for fields of these types, of which `key` tell rows apart, the first as the partition key.

    Where `key` is empty each row gets an id that is made for it.
    """
    *columns_of_fields, row_id = column_names([*inferred, _ROW_ID])
    names = dict(zip(inferred, columns_of_fields, strict=True))
    types = {names[field]: each.type for field, each in inferred.items()}
    made = {} if key else {row_id: "uuid()"}
    key_columns = [names[field] for field in key] or list(made)
    partition, clustering = tuple(key_columns[:1]), tuple(key_columns[1:])
    columns = tuple(
        Column(column, each, kind_of(column, partition, clustering, is_static=False))
        for column, each in {**dict.fromkeys(made, CqlType("uuid")), **types}.items()
    )
    return Proposal(
        Table(keyspace, name, columns, partition, clustering),
        {field: names[field] for field in inferred if field.casefold() != names[field]},
        {field: each.kind for field, each in inferred.items() if each.kind is not None},
        made,
        {names[field]: each.doubt for field, each in inferred.items() if each.doubt},
        remarks,
        null_words,
    )


def column_names(fields: Sequence[str]) -> list[str]:
    """A name for each field that needs no quotes in CQL, all of them different."""
    names: list[str] = []
    for at, field_name in enumerate(fields, 1):
        base = identifier(field_name) or f"column_{at}"
        name, number = base, 1
        while name in names:
            number += 1
            name = f"{base}_{number}"
        names.append(name)
    return names


def identifier(text: str) -> str:
    """`text` as a name of CQL without quotes; "" where nothing of it can stand there."""
    plain = "".join(char for char in normalize("NFKD", text.casefold()) if not combining(char))  # Größe: grosse
    name = re.sub("[^a-z0-9]+", "_", plain).strip("_")
    if not name or _FIRST_LETTER.match(name):
        return name[:48]
    return f"c_{name}"[:48]
