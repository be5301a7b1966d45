"""What a whole answer must say so that its request counts as accepted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from loader.config.values import Kind, Refusal, RefusedError, nearest, toml
from loader.targets.http.settings.row_answers import is_path

Scalar = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Accept:
    """A condition on the JSON of a 2xx answer; paths are dotted, `*` is the only member of an object.

    One of `equals` stands at `path`; "" asks for nothing. At `absent` stands nothing, or null, false, 0 or something
    empty; "" asks for nothing. At least one of the two is set, and both must hold.
    """

    path: str = ""
    equals: tuple[Scalar, ...] = ()
    absent: str = ""


_MEMBERS = ("path", "equals", "absent")
_EXPECTED = '{path = "status", equals = ["ok"]}, {absent = "errors"}, both in one, or "" for none'


def parse_accept(value: object) -> Accept | None:
    """A table of conditions, or "" for none. Raises `RefusedError`."""
    if value == "":
        return None
    if not isinstance(value, Mapping) or not value:
        raise RefusedError.expected(_EXPECTED)
    refusals = [Refusal("unknown key", nearest(name, _MEMBERS), (name,)) for name in value if name not in _MEMBERS]
    refusals += [
        Refusal('expected a dotted path like "data.status"', at=(name,))
        for name in ("path", "absent")
        if name in value and not (value[name] and is_path(value[name]))
    ]
    if ("path" in value) != ("equals" in value):
        refusals.append(Refusal(f"expected path and equals together; expected {_EXPECTED}"))
    equals = value.get("equals", ())
    if "equals" in value and not _are_scalars(equals):
        refusals.append(Refusal('expected a list of texts, numbers, true or false, like ["ok"]', at=("equals",)))
    if refusals:
        raise RefusedError(*refusals)
    return Accept(value.get("path", ""), tuple(equals), value.get("absent", ""))


def _are_scalars(value: object) -> bool:
    return isinstance(value, list | tuple) and bool(value) and all(isinstance(each, Scalar) for each in value)


def _write(accept: Accept | None) -> str:
    if accept is None:
        return toml("")
    table = {"path": accept.path, "equals": accept.equals, "absent": accept.absent}
    return toml({name: value for name, value in table.items() if value})


ACCEPT = Kind(_EXPECTED, parse_accept, _write)
