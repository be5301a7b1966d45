"""Name clash: two fields would have the same name at the target, and one of them would be lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping

from loader.mapping.error_types import BAD_VALUE
from loader.outcomes import Cause, ColumnError, Ending


def name_clash(names: Mapping[str, str], fields: Collection[str]) -> Cause:
    """Why a row with these fields does not fit; `names` are those that fields get, by the field."""
    count = Counter(names.get(name, name) for name in fields)
    errors = [
        ColumnError(name, names.get(name, name), "a name that no other field has")
        for name in fields
        if count[names.get(name, name)] > 1
    ]
    clashing = ", ".join(f"{each.column} -> {each.value}" for each in errors)
    hint = "change mapping.fields so that each field has a name of its own"
    return Cause(
        BAD_VALUE.name, f"fields with the same name: {clashing}", Ending.REFUSED, columns=tuple(errors), hint=hint
    )
