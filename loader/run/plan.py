"""Plan of a load, decided before anything is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from loader.config import Config, TargetSettings, public_url
from loader.config.target_kind import shown_name
from loader.dlq.replayed import SettledLetters
from loader.dlq.selection import Selection
from loader.sources import Inputs


@dataclass(frozen=True, slots=True)
class Replay:
    """What a replay takes of its queues; `settled` are the letters settled before, by input index."""

    selection: Selection
    settled: Mapping[int, SettledLetters]


@dataclass(frozen=True, slots=True)
class Plan:
    """One load. `targets` are by the name that `Group.target` gives; "" is the run's own.

    A replay without `--to` has no target of its own: each letter names one. `resumes` is the name of the run that it
    goes on with, "" for a new one. `warnings` are told when it starts. `schema` is the file that tells of the tables in
    place of their clusters, for a dry run alone. `anew`: the same inputs were loaded before, and are to be once more.
    """

    config: Config
    inputs: Inputs
    targets: Mapping[str, TargetSettings]
    replay: Replay | None = None
    dry_run: bool = False
    resumes: str = ""
    warnings: tuple[str, ...] = ()
    schema: Path | None = None
    anew: bool = False

    @property
    def chains(self) -> dict[str, list[TargetSettings]]:
        """Each of the targets with the fallbacks behind it, in order: one lane each, numbered as they stand here."""
        return {name: [settings, *_fallbacks(settings, self.config)] for name, settings in self.targets.items()}

    @property
    def heads(self) -> dict[str, int]:
        """The numbers of the lanes to the targets themselves."""
        ends = accumulate((len(chain) for chain in self.chains.values()), initial=0)
        return dict(zip(self.chains, ends, strict=False))

    @property
    def input_names(self) -> list[str]:
        """The inputs as they were typed now."""
        return [location.name for location in self.inputs.locations]

    @property
    def dlq_path(self) -> Path | None:
        """Where the user wants dead letters; None puts them into the run's folder."""
        return Path(self.config.dlq.path) if self.config.dlq.path else None

    @property
    def target_name(self) -> str:
        """What letters of rows that were never sent name as their target."""
        own = self.targets.get("")
        return "" if own is None else shown_name(own)

    @property
    def target_url(self) -> str:
        """The URL of the run's own target, or of all of them, without secrets."""
        own = self.targets.get("")
        return ", ".join(public_url(target.url) for target in ([own] if own is not None else self.targets.values()))


def _fallbacks(target: TargetSettings, config: Config) -> Iterator[TargetSettings]:
    """The targets behind `target`, in order; a config has no circles of them."""
    while target.fallback:
        target = config.targets[target.fallback]
        yield target
