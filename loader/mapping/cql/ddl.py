"""Parser of CQL table definitions, as `DESCRIBE` prints them and as people write them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from loader.errors import UsageError
from loader.mapping.cql.table import Column, Table, kind_of
from loader.mapping.cql.tokens import CqlSyntaxError, TokenKind, Tokens
from loader.mapping.cql.types import CqlType, UnknownTypeError, read_type


def read_schema(text: str, table: str | None) -> Table:
    """The table called `table` ("keyspace.name" or "name", in any case), or the only one that `text` defines.

    `text` holds CREATE TYPE and CREATE TABLE statements; others are passed over. The keyspace of a table is that before
    its name, else that of the last USE, else "", which stands for any. Raises UsageError, with the line where something
    cannot be read.
    """
    schema = _Schema(Tokens(text))
    while schema.tokens.next.kind is not TokenKind.END:
        _read_statement(schema)
    return _choose(schema.tables, table)


@dataclass(slots=True)
class _Schema:
    """What was read so far. `types` are the fields of user-defined types, by keyspace and name."""

    tokens: Tokens
    keyspace: str = ""
    types: dict[tuple[str, str], list[tuple[str, str]]] = field(default_factory=dict)
    tables: list[Table] = field(default_factory=list)

    def take_name(self, what: str) -> tuple[str, str]:
        """Take the name of a table or type, with its keyspace."""
        name = self.tokens.name(what)
        return (name, self.tokens.name(what)) if self.tokens.skip(".") else (self.keyspace, name)

    def take_type(self, keyspace: str) -> CqlType:
        """Take a type, as a definition within `keyspace` understands it."""
        line = self.tokens.next.line
        try:
            return read_type(self.tokens, lambda name: self._fields(keyspace, name))
        except UnknownTypeError as error:
            raise UsageError(f"line {line}: {error}") from error

    def _fields(self, keyspace: str, name: str) -> Sequence[tuple[str, str]]:
        return self.types.get((keyspace, name)) or self.types["", name]


def _read_statement(schema: _Schema) -> None:
    tokens = schema.tokens
    if tokens.skip("use"):
        schema.keyspace = tokens.name("the name of a keyspace")
    elif tokens.skip("create", "type"):
        _read_type_definition(schema)
    elif tokens.skip("create", "table") or tokens.skip("create", "columnfamily"):
        _read_table(schema)
    while tokens.next.kind is not TokenKind.END and not tokens.skip(";"):
        tokens.take()


def _read_type_definition(schema: _Schema) -> None:
    schema.tokens.skip("if", "not", "exists")
    keyspace, name = schema.take_name("the name of a type")
    fields: list[tuple[str, str]] = []
    schema.tokens.expect("(")
    while not fields or schema.tokens.skip(","):
        fields.append((schema.tokens.name("the name of a field"), str(schema.take_type(keyspace))))
    schema.tokens.expect(")")
    schema.types[keyspace, name] = fields


@dataclass(slots=True)
class _Definition:
    """The inside of a CREATE TABLE, as read so far."""

    types: dict[str, CqlType] = field(default_factory=dict)
    frozen: set[str] = field(default_factory=set)
    static: set[str] = field(default_factory=set)
    partition_key: list[str] = field(default_factory=list)
    clustering: list[str] = field(default_factory=list)


def _read_table(schema: _Schema) -> None:
    tokens = schema.tokens
    tokens.skip("if", "not", "exists")
    line = tokens.next.line
    keyspace, name = schema.take_name("the name of a table")
    definition = _Definition()
    tokens.expect("(")
    while not tokens.skip(")"):
        if tokens.skip("primary", "key"):
            _read_primary_key(tokens, definition)
        else:
            _read_column(schema, keyspace, definition)
        if not tokens.at(")"):
            tokens.expect(",")
    schema.tables.append(_table(keyspace, name, definition, line))


def _read_primary_key(tokens: Tokens, definition: _Definition) -> None:
    """What stands after PRIMARY KEY: `(a, b)` or `((a, b), c)`."""
    tokens.expect("(")
    if tokens.skip("("):
        definition.partition_key = _read_names(tokens)
    else:
        definition.partition_key = [tokens.name("the name of a column")]
    definition.clustering = _read_names(tokens) if tokens.skip(",") else []
    if not definition.clustering:
        tokens.expect(")")


def _read_names(tokens: Tokens) -> list[str]:
    """Names between commas, and the bracket that ends them."""
    names = [tokens.name("the name of a column")]
    while tokens.skip(","):
        names.append(tokens.name("the name of a column"))
    tokens.expect(")")
    return names


def _read_column(schema: _Schema, keyspace: str, definition: _Definition) -> None:
    tokens = schema.tokens
    line = tokens.next.line
    name = tokens.name("the name of a column")
    if name in definition.types:
        raise UsageError(f'line {line}: the column "{name}" stands there twice')
    if tokens.at("frozen", "<") or tokens.at("tuple", "<"):  # tuples always are, whether it is said or not
        definition.frozen.add(name)
    definition.types[name] = schema.take_type(keyspace)
    if tokens.skip("static"):
        definition.static.add(name)
    if tokens.skip("masked", "with"):
        _skip_mask(tokens)
    if tokens.skip("primary", "key"):
        definition.partition_key = [name]


def _skip_mask(tokens: Tokens) -> None:
    """DEFAULT, or a function with its arguments."""
    tokens.name("the name of a function")
    if tokens.skip(".") and tokens.next.is_name:
        tokens.take()
    depth = 0
    while tokens.at("(") or depth:
        token = tokens.take()
        if token.kind is TokenKind.END:
            raise CqlSyntaxError.expected('")"', token)
        depth += {"(": 1, ")": -1}.get(token.text, 0) if token.kind is TokenKind.MARK else 0


def _table(keyspace: str, name: str, definition: _Definition, line: int) -> Table:
    partition_key, clustering = tuple(definition.partition_key), tuple(definition.clustering)
    if not partition_key:
        raise UsageError(f'line {line}: the table "{name}" has no primary key')
    for column in partition_key + clustering:
        if column not in definition.types:
            raise UsageError(f'line {line}: the primary key of "{name}" has a column "{column}" that the table has not')
    others = [column for column in definition.types if column not in partition_key + clustering]
    columns = [
        Column(
            column,
            definition.types[column],
            kind_of(column, partition_key, clustering, is_static=column in definition.static),
            column in definition.frozen,
        )
        for column in (*partition_key, *clustering, *others)
    ]
    return Table(keyspace, name, tuple(columns), partition_key, clustering)


def _choose(tables: Sequence[Table], name: str | None) -> Table:
    if not tables:
        raise UsageError("the schema defines no table: expected CREATE TABLE")
    defined = ", ".join(_full_name(table) for table in tables)
    if name is None:
        if len(tables) > 1:
            raise UsageError(f"the schema defines several tables: say which one, of {defined}")
        return tables[0]
    found = _called(tables, name, str) or _called(tables, name, str.casefold)
    if not found:
        raise UsageError(f"the schema defines no table {name}, but {defined}")
    if len(found) > 1:
        raise UsageError(f"the schema defines several tables {name}: say which one, of {defined}")
    return found[0]


def _called(tables: Sequence[Table], name: str, form: Callable[[str], str]) -> list[Table]:
    """The tables of this name, where names are compared in a form of them."""
    return [
        table
        for table in tables
        if form(name) in (form(table.name), form(_full_name(table)))
        or (not table.keyspace and form(name).endswith(form(f".{table.name}")))
    ]


def _full_name(table: Table) -> str:
    return f"{table.keyspace}.{table.name}" if table.keyspace else table.name
