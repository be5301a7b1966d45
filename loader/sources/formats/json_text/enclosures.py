"""Enclosures: what stands around rows in an input, and where it lets them begin and end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from loader.sources.errors import InputError
from loader.sources.formats.json_text.nesting import BrokenNestingError, Nesting
from loader.sources.formats.json_text.path_search import NotFoundError, PathSearch
from loader.sources.formats.json_text.tape import Tape
from loader.sources.text.excerpt import excerpt


class Enclosure(Protocol):
    """What stands around rows. Used by one thread; it takes what it knows off a tape."""

    @property
    def is_inside(self) -> bool:
        """Whether the tape stands among rows."""

    def enter(self, tape: Tape) -> bool:
        """Go on to where rows begin; False where more bytes are needed. The tape begins with no space.

        Raises InputError for what cannot stand there.
        """

    def leave(self, tape: Tape) -> bool:
        """Whether the rows end where the tape stands, among them; then it is behind their end."""

    def end(self, tape: Tape) -> None:
        """The input ends with the tape. Raises InputError if it must not end here."""


class NoEnclosure:
    """Nothing stands around rows."""

    is_inside = True

    def enter(self, tape: Tape) -> bool:
        return False

    def leave(self, tape: Tape) -> bool:
        return False

    def end(self, tape: Tape) -> None:
        """Anywhere."""


class ArrayEnclosure:
    """ArrayEnclosure, one behind the other, each in an object of its own where there is a path."""

    def __init__(self, name: str, path: Sequence[str], *, is_inside: bool) -> None:
        """`name` is what errors call the input."""
        self.is_inside = is_inside
        self._name = name
        self._path = path
        self._search: PathSearch | None = None
        self._closing: Nesting | None = None
        self._begun = 0  # line of the array, or of the document around it
        self._has_any = is_inside

    def enter(self, tape: Tape) -> bool:
        if self._closing is not None:
            return self._close(tape, self._closing)
        if self._search is None:
            self._begin(tape)
        assert self._search is not None  # noqa: S101 - it was made
        try:
            self.is_inside = self._search.go(tape)
        except NotFoundError as error:
            what = f"the document that begins here {error}"
            raise InputError(f"{self._name}:{self._begun}: {what}{self._after_rows()}") from None
        if self.is_inside:
            self._search, self._has_any = None, True
        return self.is_inside

    def leave(self, tape: Tape) -> bool:
        if not tape.data.startswith(b"]"):
            return False
        tape.drop(1)
        self.is_inside = False
        self._closing = Nesting(b"}" * len(self._path)) if self._path else None
        return True

    def end(self, tape: Tape) -> None:
        if self.is_inside or self._search is not None or self._closing is not None:
            what = "the array" if self.is_inside or not self._path else "the document around the array"
            raise InputError(
                f"{self._name}:{tape.place.line}: the input ends within {what}: it was cut short{self._after_rows()}"
            )

    def _begin(self, tape: Tape) -> None:
        """At the next document; there may be none that is another thing."""
        self._begun = tape.place.line
        expected = b"{" if self._path else b"["
        if not tape.data.startswith(expected):
            what = excerpt(tape.data, 0)
            if self._has_any:
                raise InputError(
                    f"{self._name}:{self._begun}: text that is no other array follows behind the end of the rows, and"
                    f" was not read: {what}"
                )
            inside = "an object with the array of input.path in it" if self._path else "an array"
            raise InputError(f"{self._name}:{self._begun}: expected {inside}, found {what}")
        self._search = PathSearch(self._path)

    def _close(self, tape: Tape, closing: Nesting) -> bool:
        try:
            at, is_end = closing.go(tape.data, 0, len(tape.data), b"")
        except BrokenNestingError as error:
            line = tape.place_of(error.at).line
            what = excerpt(tape.data, error.at)
            raise InputError(
                f"{self._name}:{line}: what follows behind the array is no JSON: {what}; its rows were read"
            ) from None
        tape.drop(at)
        if is_end:
            self._closing = None
        return is_end

    def _after_rows(self) -> str:
        return "; the rows before were read" if self._has_any else ""
