"""Fields that `[mapping]` names and no row has."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from loader.config.expressions.call import call_of
from loader.config.expressions.field_path import path_of
from loader.config.sections import FieldMapping
from loader.config.values import nearest
from loader.errors import UsageError


def absent_fields(mapping: FieldMapping, texts: Collection[str], every: Collection[str] | None) -> Iterator[str]:
    """The settings that have nothing to do, as sentences.

    `texts` are the fields of all delimited rows, those of which types are read; none if there are no such rows. `every`
    are the fields of all rows, None where those are not known beforehand. Raises UsageError where a field that is
    there was probably meant.
    """
    if texts:
        for name in mapping.types:
            yield from _absent(f"mapping.types.{name}", name, texts, refused=True)
    elif mapping.types:
        yield "mapping.types has nothing to do: it reads fields of CSV and TSV, and rows of JSON go as they are"
    if every:
        for name, new in mapping.fields.items():
            # Rows may have been renamed already.
            yield from _absent_path(f"mapping.fields.{name}", name, every, refused=new not in every)
    yield from absent_choices(mapping, texts, every)


def absent_choices(mapping: FieldMapping, texts: Collection[str], every: Collection[str] | None) -> Iterator[str]:
    """The same of fields that go, or do not, or of which something is made."""
    yield from _within_texts(mapping, texts, refused=every is not None)
    if not every:
        return
    for name, text in mapping.set.items():
        for path in call_of(text).paths:
            yield from _absent_path(f"mapping.set.{name}", path.name, every, refused=True)
    for name in mapping.drop:
        yield from _absent_path("mapping.drop", name, every, refused=True)
    for name in mapping.only:
        yield from _absent("mapping.only", name, every, refused=True)


def _within_texts(mapping: FieldMapping, texts: Collection[str], *, refused: bool) -> Iterator[str]:
    """Paths into texts, in which nothing lies unless they are said to be JSON."""
    made = [(f"set.{name}", path) for name, text in mapping.set.items() for path in call_of(text).paths]
    picked = [(f"fields.{name}", path_of(name)) for name in mapping.fields]
    for key, path in [*picked, *made, *(("drop", path_of(name)) for name in mapping.drop)]:
        is_text = path.is_nested and path.name not in texts and path.root in texts
        if is_text and mapping.types.get(path.root) != "json":
            say = f'where it is JSON, say so: mapping.types.{path.root} = "json"'
            told = f"{path.name}: {path.root} is text in CSV and TSV; {say}"
            if refused:
                raise UsageError(f"mapping.{key}: nothing lies at {told}")
            yield f"mapping.{key}: nothing lies there in some inputs: {told}"


def _absent_path(key: str, name: str, fields: Collection[str], *, refused: bool) -> Iterator[str]:
    if name not in fields:
        yield from _absent(key, path_of(name).root, fields, refused=refused)


def _absent(key: str, name: str, fields: Collection[str], *, refused: bool) -> Iterator[str]:
    if name in fields:
        return
    meant = nearest(name, fields)
    if meant and refused:
        raise UsageError(f"{key}: no input has a field {name}; did you mean {meant}?")
    yield f"{key} has nothing to do: no input has a field {name}; there are {_named(fields)}"


def _named(fields: Collection[str]) -> str:
    shown = [name[:60] for name in list(fields)[:20]]
    return ", ".join(shown) + (" ..." if len(fields) > len(shown) else "")
