"""Kind of target, as the config sees it: its URLs, its keys, and what they mean.

`loader.config` knows no kind by name: those there are come in as `TargetKinds`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Generic, Literal, Protocol, TypeVar

from loader.config.contradiction import Contradiction
from loader.config.declaration import keys
from loader.config.secrets import Secrets
from loader.config.urls import public_url


class TargetSettings(Protocol):
    """What the settings of every kind of target have; frozen dataclasses whose keys are declared like all others."""

    @property
    def name(self) -> str:
        """The name of the section, "" for a bare URL."""

    @property
    def url(self) -> str:
        """Where rows go, without user and password."""

    @property
    def repeatable(self) -> bool | Literal["auto"]:
        """Whether rows that may have arrived may be sent again."""

    @property
    def fallback(self) -> str:
        """Name of the target that takes rows while this one is down, "" for none."""


def shown_name(settings: TargetSettings) -> str:
    """What a target is called: the name of its section, or else its URL without secrets."""
    return settings.name or public_url(settings.url)


S = TypeVar("S", bound=TargetSettings)


class TargetSection(Generic[S]):
    """What there is to know of the settings of one kind of target.

    `schemes` are those of its URLs, in lower case, and `forms` its URLs as they are shown to a person, the usual one
    first; of a kind that a package brings, the scheme is shown instead. `section` is the dataclass of its settings:
    `name`, and a declared key for each other field. A key `auth` holds `loader.config.auth.Auth`, and takes user and
    password of the URL. `example` is the name of its section in the example config, where that is not its scheme.
    """

    schemes: tuple[str, ...]
    forms: tuple[str, ...] = ()
    section: type[S]
    example: str = ""

    def settings(self, name: str, given: Mapping[str, Any]) -> S:
        """The settings with the keys that were set, parsed, and the defaults that follow from them."""
        section: Callable[..., S] = self.section
        return section(name=name, **given)

    def contradictions(self, settings: S) -> Iterator[Contradiction]:  # noqa: ARG002
        """What does not go together in them."""
        return iter(())

    def files_in(self, folder: Path, settings: S) -> S:  # noqa: ARG002
        """The settings with the names of the files they need taken relative to `folder`."""
        return settings

    def secrets(self, settings: S) -> Secrets:
        """What must not be shown of them, besides what every URL and every `auth` holds: the texts of secret keys."""
        values = [getattr(settings, name) for name, key in keys(self.section).items() if key.secret and name != "url"]
        return Secrets.of((), [value for value in values if isinstance(value, str)])

    def compared(self, settings: S) -> Mapping[str, str]:  # noqa: ARG002
        """What of them a resume may not change, besides name and URL."""
        return {}
