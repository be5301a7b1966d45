"""CQL types, parsed from the text of the server or of a table definition."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from loader.errors import UsageError
from loader.mapping.cql.tokens import CqlSyntaxError, Token, TokenKind, Tokens

Udts = Callable[[str], Sequence[tuple[str, str]]]
"""Gives the fields of a user-defined type, by its name without quotes: name and type text of each, in order.

Raises LookupError where there is no such type.
"""

SCALARS = frozenset(
    (
        "ascii",
        "bigint",
        "blob",
        "boolean",
        "counter",
        "date",
        "decimal",
        "double",
        "duration",
        "float",
        "inet",
        "int",
        "smallint",
        "text",
        "time",
        "timestamp",
        "timeuuid",
        "tinyint",
        "uuid",
        "varint",
    )
)
_ALIASES = {"varchar": "text"}
_CONTAINERS = {"list": 1, "set": 1, "map": 2}  # and how many types each holds


class UnknownTypeError(UsageError):
    """A type that this program cannot write."""


@dataclass(frozen=True, slots=True)
class CqlType:
    """A type as a tree. Whether it is frozen makes no difference to its bytes and is left out.

    `name` is a scalar's, `list`, `set`, `map`, `tuple`, `vector`, or that of a user-defined type. `args` are the types
    within: of elements, of key and value, or of the fields. `fields` are the names of a user-defined type's fields,
    parallel to `args`; other types have none. `dimension` is how many elements a vector has.
    """

    name: str
    args: tuple[CqlType, ...] = ()
    fields: tuple[str, ...] = ()
    dimension: int = 0

    @property
    def is_udt(self) -> bool:
        return bool(self.fields)

    def __str__(self) -> str:
        """The type in CQL, without `frozen`."""
        if self.is_udt:
            return quoted(self.name)
        args = [str(arg) for arg in self.args]
        if self.dimension:
            args.append(str(self.dimension))
        return f"{self.name}<{', '.join(args)}>" if args else self.name


def quoted(name: str) -> str:
    """A name as a CQL identifier. It is always quoted, so that no name can be read as anything else."""
    return '"' + name.replace('"', '""') + '"'


def unquoted(name: str) -> str:
    """A name as the column is called, where it is given as CQL spells it."""
    return name[1:-1].replace('""', '"') if len(name) > 2 and name[0] == name[-1] == '"' else name


WRITE_TIMESTAMP = CqlType("write timestamp")
"""What `USING TIMESTAMP` takes, which no table has: to the server a bigint, microseconds since 1970."""


def parse_type(text: str, udts: Udts) -> CqlType:
    """The type that `text` describes, such as `frozen<map<text, list<frozen<address>>>>` or `vector<float, 3>`.

    Raises UnknownTypeError, also for types that only Java classes describe.
    """
    try:
        tokens = Tokens(text)
        found = read_type(tokens, udts)
    except CqlSyntaxError as error:
        raise UnknownTypeError(f"the type {text} cannot be read: {error}") from error
    if tokens.next.kind is not TokenKind.END:
        raise UnknownTypeError(f"the type {text} cannot be read: nothing was expected where {tokens.next} stands")
    return found


def read_type(tokens: Tokens, udts: Udts) -> CqlType:
    """Take one type from `tokens`. Raises CqlSyntaxError or UnknownTypeError."""
    first = tokens.take()
    if not first.is_name:
        if first.kind is TokenKind.STRING:
            raise UnknownTypeError(f"there is no way to write the type '{first.text}', which is a Java class")
        raise CqlSyntaxError.expected("a type", first)
    if tokens.skip("<"):
        return _with_arguments(first, tokens, udts)
    if first.kind is TokenKind.NAME and (name := _ALIASES.get(first.text, first.text)) in SCALARS:
        return CqlType(name)
    # A type of another keyspace cannot be used, so a keyspace before the dot is this one.
    return _user_defined(tokens.name("the name of a type") if tokens.skip(".") else first.text, udts)


def _with_arguments(first: Token, tokens: Tokens, udts: Udts) -> CqlType:
    """A type whose name and opening bracket are taken."""
    args = [read_type(tokens, udts)]
    dimension = 0
    while not tokens.skip(">"):
        tokens.expect(",")
        if first.text == "vector" and tokens.next.text.isdecimal() and not dimension:
            dimension = int(tokens.take().text)
        else:
            args.append(read_type(tokens, udts))
    match first.text:
        case "frozen" if len(args) == 1:
            return args[0]
        case "tuple":
            return CqlType("tuple", tuple(args))
        case "vector" if len(args) == 1 and dimension > 0:
            return CqlType("vector", tuple(args), dimension=dimension)
        case name if _CONTAINERS.get(name) == len(args):
            return CqlType(name, tuple(args))
    raise UnknownTypeError(f"there is no type called {first.text} with these arguments")


def _user_defined(name: str, udts: Udts) -> CqlType:
    try:
        fields = udts(name)
    except LookupError:
        raise UnknownTypeError(f"there is no type called {name}") from None
    if not fields:
        raise UnknownTypeError(f"the type {name} has no fields")
    types = tuple(parse_type(text, udts) for _, text in fields)
    return CqlType(name, types, tuple(field for field, _ in fields))
