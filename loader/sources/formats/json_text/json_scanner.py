"""JSON scanner: bytes of one input, fed piece by piece, to blocks of whole rows."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from loader.sources.error_types import BAD_JSON
from loader.sources.errors import InputError
from loader.sources.formats.json_text.enclosures import Enclosure
from loader.sources.formats.json_text.json_forms import JsonForm
from loader.sources.formats.json_text.known_joint import KnownJoint
from loader.sources.formats.json_text.nesting import BrokenNestingError
from loader.sources.formats.json_text.passing import PassedRow
from loader.sources.formats.json_text.placed_rows import lines_of, placed
from loader.sources.formats.json_text.row_ends import RowEnds
from loader.sources.formats.json_text.tape import Tape
from loader.sources.formats.json_text.value_ends import Found, State
from loader.sources.numbering import Unreadable
from loader.sources.start import Place
from loader.sources.text.blocks import Block
from loader.sources.text.edges import Edges
from loader.sources.text.excerpt import excerpt

_FEW = 2  # rows, which tell what stands between all of them
_MISSING = "no row stands behind this comma, or before it"


class JsonScanner:
    """The rows of bytes that are fed to it, in order; it reads nothing itself. Holds one unfinished row.

    Most rows are cut off many at a time, before a place that looks like those between the rows before: msgspec says
    whether it is one. What a row is depends on nothing before it, but for the lines on which rows begin.
    """

    def __init__(self, name: str, form: JsonForm, enclosure: Enclosure, max_row_bytes: int, place: Place) -> None:
        """The first byte that is fed lies at `place`; `name` is what errors call the input."""
        self.form = form
        self.ended = False  # the last row was given out
        self.failure: InputError | None = None  # why nothing follows what was given out
        self._name = name
        self._enclosure = enclosure
        self._max = max_row_bytes
        self._tape = Tape(place, form.space)
        self._joint = KnownJoint()
        self._found: list[Block | Unreadable] = []
        self._passed: PassedRow | None = None
        self._comma: Place | None = None  # the one with which all ends that was given out

    @property
    def held(self) -> int:
        """Bytes of the row that is not finished."""
        return len(self._tape.data)

    def feed(self, fresh: bytes) -> list[Block | Unreadable]:
        """What is whole with these bytes."""
        self._tape.add(fresh)
        return self._scan(final=False)

    def finish(self) -> list[Block | Unreadable]:
        """What is left, now that there are no more bytes."""
        return self._scan(final=True)

    def _scan(self, *, final: bool) -> list[Block | Unreadable]:
        try:
            while self._step(final=final):
                pass
            if final:
                self._enclosure.end(self._tape)
                self.ended = True
        except InputError as error:
            self.failure = error
        found, self._found = self._found, []
        return found

    def _step(self, *, final: bool) -> bool:
        """Whether there may be more to do with the bytes that are there."""
        tape = self._tape
        if self._passed is not None:
            return self._go_past(self._passed, final=final)
        if not self._enclosure.is_inside:
            tape.drop_space()
            return bool(tape.data) and self._enclosure.enter(tape)
        if space := tape.space_end():
            self._give((), (), (), space)
        if not tape.data:
            return False
        if self._enclosure.leave(tape):
            if self._comma is not None:
                self._miss(self._comma)
            return True
        if self.form.lines is None:
            self.form = self.form.behind(tape.line_before)
        return self._take_known() or self._take_next(final=final)

    def _take_known(self) -> bool:
        """Take all rows before the last place that looks like one between rows, if it is one."""
        joint = self._joint.last_in(self._tape.data)
        if joint is None:
            return False
        data = self._tape.data[: joint[0]]
        try:
            rows = self.form.separation.split(data)
        except (msgspec.DecodeError, RecursionError):
            return False
        if len(data) > self._max and max(map(len, rows)) > self._max:
            return False
        piece = placed(data, rows)
        ends = [start + len(row) for start, row in zip(piece.starts, rows, strict=True)]
        self._give(piece.starts, ends, piece.lines, joint[1])
        return True

    def _take_next(self, *, final: bool) -> bool:
        """Take rows one by one, as long as nothing is wrong with where they end."""
        tape, separation = self._tape, self.form.separation
        data, starts, ends = tape.data, list[int](), list[int]()
        at, comma = 0, None
        while at < len(data):
            found = separation.row_at(data, at, self._max, self.form.known_lines, final=final)
            if found.state is not State.WHOLE or not 0 < found.at - at <= self._max:
                break
            starts.append(at)
            ends.append(found.at)
            behind = separation.behind(data, found.at)
            if behind is None:
                at, comma = found.at, None
                break
            comma = behind - 1 if behind > found.at else None
            at = tape.space_end(behind)
            if len(starts) == _FEW and not self._joint.is_known:
                break
        if not starts:
            return self._take_odd(found, final=final)
        self._joint.learn(data, starts, ends)
        place = None if comma is None else tape.place_of(comma)
        self._give(starts, ends, lines_of(data, starts), at)
        self._comma = place
        return True

    def _take_odd(self, found: Found, *, final: bool) -> bool:
        """Take the next row, of which the end is not in sight, or which is too long, or none at all."""
        tape = self._tape
        length = len(tape.data.rstrip(self.form.space))
        match found.state:
            case State.WHOLE if not found.at:
                self._miss(tape.place)
                tape.drop(1)
            case State.BROKEN:
                self._pass_broken(found.at)
            case State.CUT if length <= self._max and not final:
                return False
            case State.CUT if length <= self._max:
                self._enclosure.end(tape)
                self._give((0,), (length,), (0,), len(tape.data))
            case _:
                self._pass(self.form.separation.ends_of(tape.data, self.form.known_lines))
        return True

    def _pass(self, ends: RowEnds) -> None:
        self._passed = PassedRow(self._tape.place, ends)

    def _pass_broken(self, broken: int) -> None:
        """Read past a row that is broken at that byte, up to another, if that can be found."""
        data = self._tape.data
        self._pass(self._ends_of_broken(data[:broken]))
        assert self._passed is not None  # noqa: S101 - it was begun
        line = data[:broken].rstrip(b" \t,")  # the next may begin right there
        self._passed.add(self._tape.drop(len(line) - 1 if line.endswith((b"\r", b"\n")) else broken))

    def _ends_of_broken(self, row: bytes) -> RowEnds:
        ends = self.form.known_lines.ends_of(row)
        if ends is None:
            place = self._tape.place if self._passed is None else self._passed.place
            where = f"{self._name}:{place.line}: the row that begins here, at byte {place.offset + 1:,}"
            what = f"is broken, and where the next one begins cannot be told: {excerpt(row, 0)}"
            raise InputError(f"{where}, {what}; the rows before it were read")
        return ends

    def _go_past(self, row: PassedRow, *, final: bool) -> bool:
        tape = self._tape
        try:
            taken, is_end = row.ends.go(tape.data, final=final)
        except BrokenNestingError as error:
            row.ends = self._ends_of_broken(row.raw + tape.data[: error.at])
            row.add(tape.drop(error.at))
            return True
        row.add(tape.drop(taken))
        if not (is_end or final):
            return False
        if not is_end:
            self._enclosure.end(tape)
        self._found.append(row.as_row(self._max, tape.place.line))
        self._passed = None
        behind = self.form.separation.behind(tape.data, 0)
        self._comma = tape.place if behind else None
        tape.drop(behind or 0)
        return True

    def _miss(self, comma: Place) -> None:
        """A row is missing: there is a bad one in its place."""
        self._found.append(Unreadable(comma.line, comma.offset, b",", 1, BAD_JSON.name, _MISSING))
        self._comma = None

    def _give(self, starts: Sequence[int], ends: Sequence[int], lines: Sequence[int], size: int) -> None:
        """Give out rows, which are in the next `size` bytes."""
        place = self._tape.place
        data = self._tape.drop(size)
        edges = Edges(starts, ends, lines, size, self._tape.place.line - place.line)
        self._found.append(Block(data, edges, place.offset, place.line, 0, len(starts)))
        if starts:
            self._comma = None
