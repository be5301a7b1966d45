"""Time zones, as a key."""

from __future__ import annotations

from loader.config.values import Kind, RefusedError, toml
from loader.texts.time_zone import zone_of

_EXPECTED = 'a time zone, as "Europe/Berlin", "UTC" or "+02:00"'


def time_zone() -> Kind[str]:
    """The name of a zone that this machine knows, or an offset from UTC."""

    def parse(value: object) -> str:
        if not isinstance(value, str) or zone_of(value) is None:
            raise RefusedError.expected(_EXPECTED)
        return value

    return Kind(_EXPECTED, parse, toml)
