"""Changes between a run and what would be loaded now: what forbids that one is the next part of the other."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from typing import Any

from loader.checkpoint.folder import InputFacts, Manifest
from loader.config.sections import Retry
from loader.config.values import toml
from loader.errors import LoaderError
from loader.report.safe_text import safe
from loader.sources import expand
from loader.sources.locations import Access
from loader.sources.locations.names import spoken
from loader.targets.kind import ONE_ROW, SEVERAL_ROWS

_AS_BEFORE = {ONE_ROW: "to 1", SEVERAL_ROWS: "to 2 or more"}
_WRITTEN_SINCE = "was written since; its size and ends are the same, its middle was not compared"
_VALUE = 200  # characters of a setting


def changes(
    before: Manifest, now: Manifest, mask: Callable[[str], str], *, finished: bool, mended: Collection[int] = ()
) -> Iterator[str]:
    """Sentences on what is otherwise now than in a run of the same paths; `mask` hides the secrets of now.

    `mended` are the inputs, by index, that may have other content.
    """
    for index, (old, new) in enumerate(zip(before.inputs, now.inputs, strict=True)):
        if index in mended:
            continue
        change = _change_since_the_end(old, new) if finished else _change_on_the_way(old, new)
        if change is not None:
            yield change
        elif old.layout != new.layout:
            yield f"{old.name} has another format or other columns than before"
    yield from _target_changes(before.targets, now.targets, mask)
    yield from _setting_changes("input.", before.input, now.input, mask)
    yield from _setting_changes("mapping.", before.mapping, now.mapping, mask)


def other_requests(run: Manifest, now: Manifest) -> Iterator[str]:
    """What was under way is sent again as it was, under its key; a request of another form is another request."""
    for target, rows in run.requests.items():
        then_and_now = {rows, now.requests.get(target, "")}
        if then_and_now == {ONE_ROW, SEVERAL_ROWS}:
            yield (
                f"requests to {target} carried {rows} each, and would carry {now.requests[target]} now, so that what "
                f"was under way could not be sent again as it was; set batch.size {_AS_BEFORE[rows]} for this resume"
            )


def changed_files(run: Manifest) -> Iterator[str]:
    """Sentences on the inputs of a run that are other files now; what cannot be looked at is passed over."""
    for old, name in zip(run.inputs, run.input_names(), strict=True):
        with suppress(LoaderError):
            [found] = expand([name], access=Access(retry=Retry(max_retries=0)))
            now = InputFacts(old.name, found.fingerprint(), places=found.places)
            change = _change_since_the_end(old, now) if _are_known(old, now) and now.is_at_place_of(old) else None
            if change is not None:
                yield f"{change}; to load it: loader push"


def touched_files(run: Manifest, now: Manifest) -> tuple[str, ...]:
    """Sentences on inputs that another time is written at, although they seem to be what they were."""
    pairs = zip(run.inputs, now.inputs, strict=True)
    touched = [
        old.name
        for old, new in pairs
        if old.fingerprint.is_like(new.fingerprint) and old.fingerprint.written != new.fingerprint.written
    ]
    return tuple(f"{path} was touched since the run began, but its size and ends are the same" for path in touched)


def surely_same_files(run: Manifest, now: Manifest) -> bool:
    """Whether all inputs are what they were, as far as can be told before they are read."""
    return all(old.fingerprint.is_like(new.fingerprint) for old, new in zip(run.inputs, now.inputs, strict=True))


def _change_on_the_way(old: InputFacts, new: InputFacts) -> str | None:
    """Why an unfinished run cannot read on in an input. Of streams each chunk is compared when it comes again."""
    return None if old.stream or old.fingerprint.is_like(new.fingerprint) else _other_file(old, new)


def _change_since_the_end(old: InputFacts, new: InputFacts) -> str | None:
    """Why what a finished run has loaded cannot stand for an input as it is now."""
    if not _are_known(old, new):
        return f"{spoken(old.name)} brings a new stream each time"
    if not old.fingerprint.is_like(new.fingerprint):
        return _other_file(old, new)
    return None if old.fingerprint.is_proved_by(new.fingerprint) else f"{old.name} {_WRITTEN_SINCE}"


def _are_known(old: InputFacts, new: InputFacts) -> bool:
    return old.fingerprint.is_known and new.fingerprint.is_known


def _other_file(old: InputFacts, new: InputFacts) -> str:
    then, now = old.fingerprint.size, new.fingerprint.size
    if not _are_known(old, new):
        how = "a file, or a stream, then and not now"
    elif None not in (then, now) and then != now:
        how = f"{then:,} bytes then, {now:,} now"
    else:
        how = "as large as then, with another content"
    return f"{old.name} is not the file it was ({how})"


def _target_changes(before: Mapping[str, Any], now: Mapping[str, Any], mask: Callable[[str], str]) -> Iterator[str]:
    for name in sorted(before.keys() | now.keys()):
        if name not in before or name not in now:
            yield f"{mask(name)} is a target {'now, and was none' if name in now else 'no more'}"
        else:
            yield from _setting_changes("the target's " if not name else f"{name}: ", before[name], now[name], mask)


def _setting_changes(
    where: str, before: Mapping[str, Any], now: Mapping[str, Any], mask: Callable[[str], str]
) -> Iterator[str]:
    """Each setting with its old and its new value, neither of them where one of now is a secret."""
    for key in sorted(key for key in before.keys() | now.keys() if before.get(key) != now.get(key)):
        old, new = _shown(before.get(key)), _shown(now.get(key))
        is_open = mask(old) == old and mask(new) == new
        how = f"was {safe(old, _VALUE)} and is {safe(new, _VALUE)} now" if is_open else "changed"
        yield f"{where}{key} {how}"


def _shown(value: object) -> str:
    return "not set" if value in (None, "") else toml(value)
