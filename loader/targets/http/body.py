"""Request bodies: framing of rows, and the wrapper around them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from loader.errors import UsageError
from loader.mapping.template import Fields, Template, in_json
from loader.targets.http.settings.http_target import HttpTarget

ROW, ROWS = "row", "rows"


@dataclass(frozen=True, slots=True)
class BodyFrame:
    """What stands before, between and after the rows."""

    content_type: str
    before: bytes
    between: bytes
    after: bytes

    @property
    def overhead(self) -> int:
        """The bytes of a body that are not rows and what is between them."""
        return len(self.before) + len(self.after)

    def join(self, items: Sequence[bytes]) -> bytes:
        """The body that carries `items`, at least one."""
        return b"".join((self.before, self.between.join(items), self.after))

    def within(self, before: str, after: str) -> BodyFrame:
        """The same, with text around it."""
        return BodyFrame(self.content_type, before.encode() + self.before, self.between, self.after + after.encode())


_ARRAY = BodyFrame("application/json", b"[", b",", b"]")
_NDJSON = BodyFrame("application/x-ndjson", b"", b"\n", b"\n")
_BARE = BodyFrame("application/json", b"", b"", b"")


def frame_of(settings: HttpTarget, batch_size: int) -> BodyFrame:
    """How requests of up to `batch_size` rows are framed.

    A bare object stands for `row`, and for `array` where every request holds one row.
    """
    if settings.body == "ndjson":
        return _NDJSON
    return _BARE if settings.body == "row" or batch_size == 1 else _ARRAY


class Wrapper:
    """A text with {{row}} or {{rows}} in it, and other fields of the row as JSON. Thread-safe."""

    def __init__(self, text: str) -> None:
        """Raises UsageError."""
        self._template = Template(text)
        self._slot = ROW if ROW in self._template.names else ROWS
        self.around_row = self._slot == ROW
        self.has_fields = any(name != self._slot for name in self._template.names)
        if self._template.names.count(self._slot) != 1 or (self.around_row and ROWS in self._template.names):
            raise UsageError("wrapper must hold either {{row}} or {{rows}}, and hold it once")

    def wrap(self, inner: bytes, fields: Fields) -> bytes:
        """Raises UnfitError where a field is missing."""
        return self._template.fill({**fields, self._slot: msgspec.Raw(inner)}, in_json).encode()

    def frame(self, frame: BodyFrame) -> BodyFrame:
        """`frame` within a wrapper that has no other fields."""
        before, after = self._template.literals
        return frame.within(before, after)
