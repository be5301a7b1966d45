"""Search for the array that a path names, in a document that comes piece by piece."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from loader.config.values import nearest
from loader.sources.formats.json_text.nesting import BrokenNestingError, Nesting
from loader.sources.formats.json_text.tape import Tape
from loader.sources.text.excerpt import excerpt

_MEMBER = re.compile(rb'(?P<name>"(?:[^"\\]|\\.)*+")[ \t\r\n]*+(?P<colon>[^ \t\r\n])', re.DOTALL)
_SHOWN = 12  # names in a message
_LONGEST_NAME = 2**20

_decode_name = msgspec.json.Decoder(str, strict=True).decode


class NotFoundError(Exception):
    """There is no such array: why, as the rest of a sentence that begins with the document."""


class PathSearch:
    """Reads up to the first element of the array in one document. Used by one thread.

    What stands before the array is read past; that it is JSON is checked as far as its brackets and quotes go.
    """

    def __init__(self, path: Sequence[str]) -> None:
        self._path = path
        self._depth = 0  # objects that are open
        self._is_at_value = True
        self._names: list[str] = []  # those that were passed in the innermost of them
        self._passed: Nesting | None = None

    def go(self, tape: Tape) -> bool:
        """Take off the tape what stands before the array; whether the tape stands behind its bracket now.

        If not, more is needed. Raises NotFoundError.
        """
        while True:
            if self._passed is not None and not self._go_past(tape, self._passed):
                return False
            tape.drop_space()
            if not tape.data:
                return False
            if not self._is_at_value:
                if not self._go_on(tape):
                    return False
            elif self._enter(tape):
                return True

    def _enter(self, tape: Tape) -> bool:
        """At the value of a name of the path."""
        byte = tape.data[:1]
        if self._depth == len(self._path):
            if byte != b"[":
                raise NotFoundError(f"has no array at {self._so_far()}, but {excerpt(tape.data, 0)}")
            tape.drop(1)
            return True
        if byte != b"{":
            where = f" at {self._so_far()}" if self._depth else ""
            raise NotFoundError(f"has no object{where}, but {excerpt(tape.data, 0)}")
        tape.drop(1)
        self._depth += 1
        self._is_at_value, self._names = False, []
        return False

    def _go_on(self, tape: Tape) -> bool:
        """Among the members of an object; whether there are enough bytes."""
        byte = tape.data[:1]
        if byte == b",":
            tape.drop(1)
            return True
        if byte == b"}":
            raise NotFoundError(self._lacking())
        if byte != b'"':
            raise NotFoundError(f"is no JSON: {excerpt(tape.data, 0)}")
        member = _MEMBER.match(tape.data)
        if member is None:
            if len(tape.data) > _LONGEST_NAME:
                raise NotFoundError(f"has a name that does not end: {excerpt(tape.data, 0)}")
            return False
        if member["colon"] != b":":
            raise NotFoundError(f"is no JSON: {excerpt(tape.data, 0)}")
        name = _name(member["name"])
        tape.drop(member.end())
        if name == self._path[self._depth - 1]:
            self._is_at_value = True
        else:
            self._names.append(name)
            self._passed = Nesting()
        return True

    def _go_past(self, tape: Tape, value: Nesting) -> bool:
        try:
            at, is_end = value.go(tape.data, 0, len(tape.data), b",}")
        except BrokenNestingError as error:
            raise NotFoundError(f"is no JSON: {excerpt(tape.data, error.at)}") from None
        tape.drop(at)
        if is_end:
            self._passed = None
        return is_end

    def _so_far(self) -> str:
        return ".".join(self._path[: self._depth])

    def _lacking(self) -> str:
        wanted = self._path[self._depth - 1]
        where = f"in {'.'.join(self._path[: self._depth - 1])}" if self._depth > 1 else "in it"
        close = nearest(wanted, self._names)
        if close:
            return f'has no "{wanted}" {where}; did you mean "{close}"?'
        shown = ", ".join(self._names[:_SHOWN]) + (", ..." if len(self._names) > _SHOWN else "")
        return f'has no "{wanted}" {where}; what there is: {shown or "nothing"}'


def _name(token: bytes) -> str:
    try:
        return str(_decode_name(token))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return token[1:-1].decode("utf-8", "replace")
