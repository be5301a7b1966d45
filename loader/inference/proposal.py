"""Proposal: a table and a mapping that load some rows, and what is unsure of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from loader.inference.column_profile import Inferred
from loader.mapping.cql.table import Column, Table, kind_of

_FIRST_LETTER = re.compile("[a-z]")


@dataclass(frozen=True)
class Proposal:
    """`table` has a column for each field. `fields` and `types` are those of `[mapping]`; `doubts` are sentences by the
    name of a column, `remarks` those on all of it. `null_words` are those of `[input]`.
    """

    table: Table
    fields: Mapping[str, str] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)
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
    """The proposal for fields of these types, of which `key` tell rows apart, the first as the partition key."""
    names = column_names(list(inferred))
    partition, clustering = (names[key[0]],), tuple(names[field] for field in key[1:])
    columns = tuple(
        Column(names[field], each.type, kind_of(names[field], partition, clustering, is_static=False))
        for field, each in inferred.items()
    )
    return Proposal(
        Table(keyspace, name, columns, partition, clustering),
        {field: column for field, column in names.items() if field.casefold() != column},
        {field: each.kind for field, each in inferred.items() if each.kind is not None},
        {names[field]: each.doubt for field, each in inferred.items() if each.doubt},
        remarks,
        null_words,
    )


def column_names(fields: Sequence[str]) -> dict[str, str]:
    """A name for each field that needs no quotes in CQL, all of them different."""
    names: dict[str, str] = {}
    for at, field_name in enumerate(fields, 1):
        base = identifier(field_name) or f"column_{at}"
        name, number = base, 1
        while name in names.values():
            number += 1
            name = f"{base}_{number}"
        names[field_name] = name
    return names


def identifier(text: str) -> str:
    """`text` as a name of CQL without quotes; "" where nothing of it can stand there."""
    name = re.sub("[^a-z0-9]+", "_", text.lower()).strip("_")
    if not name or _FIRST_LETTER.match(name):
        return name[:48]
    return f"c_{name}"[:48]
