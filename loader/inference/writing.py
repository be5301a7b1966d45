"""A proposal as files: the table as CQL, the mapping as a config."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from cassandra.metadata import protect_name

from loader.config.values import toml, toml_key
from loader.inference.proposal import Proposal
from loader.mapping.cql.definition import type_of
from loader.mapping.cql.table import Column

_WIDTH = 44  # characters before a remark


def table_text(proposal: Proposal) -> str:
    """The file that makes the table, with what is unsure as remarks."""
    return "\n".join(_table_lines(proposal)) + "\n"


def config_text(proposal: Proposal, url: str, settings: Mapping[str, str]) -> str:
    """The config that loads into it at `url`; `settings` are keys of `[input]` with their values as TOML."""
    return "\n".join(_config_lines(proposal, url, settings)) + "\n"


def _table_lines(proposal: Proposal) -> Iterator[str]:
    table = proposal.table
    keyspace, name = protect_name(table.keyspace), protect_name(table.name)
    yield from (f"-- {_on_one_line(remark)}" for remark in proposal.remarks)
    yield "-- one copy of each row, which is for trying: several nodes want more, commonly 3 in each data center"
    yield f"CREATE KEYSPACE IF NOT EXISTS {keyspace}"
    yield "  WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1};"
    yield ""
    yield f"CREATE TABLE {keyspace}.{name} ("
    yield from (f"  {line}" for line in map(_column, table.columns, _doubts(proposal)))
    yield f"  PRIMARY KEY ({', '.join([_partition(table.partition_key), *map(protect_name, table.clustering)])})"
    yield ");"


def _partition(names: Sequence[str]) -> str:
    return protect_name(names[0]) if len(names) == 1 else f"({', '.join(map(protect_name, names))})"


def _doubts(proposal: Proposal) -> Sequence[str]:
    return [proposal.doubts.get(column.name, "") for column in proposal.table.columns]


def _column(column: Column, doubt: str) -> str:
    defined = f"{protect_name(column.name)} {type_of(column)},"
    return f"{defined:<{_WIDTH}} -- {_on_one_line(doubt)}" if doubt else defined


def _config_lines(proposal: Proposal, url: str, settings: Mapping[str, str]) -> Iterator[str]:
    yield from (f"# {_on_one_line(remark)}" for remark in proposal.remarks)
    yield "[target.table]"
    yield f"url = {toml(url)}"
    if settings or proposal.null_words:
        yield "\n[input]"
        yield from (f"{key} = {value}" for key, value in settings.items())
        if proposal.null_words:
            yield f"null_words = {toml(list(proposal.null_words))}   # they stand in columns that hold no text"
    for section, said in (("fields", proposal.fields), ("types", proposal.types), ("set", proposal.made)):
        if said:
            yield f"\n[mapping.{section}]"
            yield from (f"{toml_key(name)} = {toml(value)}" for name, value in said.items())


def _on_one_line(text: str) -> str:
    return " ".join(text.split())
