"""Opening of targets, with the retries of `[retry]` where a target must be asked first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from itertools import pairwise

from loader.clock import Clock
from loader.config import TargetSettings
from loader.config.target_kind import shown_name
from loader.engine.inbox import Inbox
from loader.engine.interrupts import Interrupt
from loader.engine.stop import Stop, interrupted, target_fault
from loader.events import Observer, Warned
from loader.outcomes import Cause
from loader.rows import Source
from loader.run.assemble import Opened
from loader.run.plan import Plan
from loader.sources import Inputs
from loader.targets.base import Target, TargetDownError
from loader.targets.context import Context
from loader.targets.opening import open_with_retries
from loader.targets.preview import Preview, preview_of

Wrapper = Callable[[Target], Target]


class NotOpenedError(Exception):
    """The load ends before it begins; `stop` says why."""

    def __init__(self, stop: Stop) -> None:
        super().__init__(stop.message)
        self.stop = stop


class Opener:
    """Opens targets, with the retries of `[retry]`. Used by the pump's thread before there is a pump."""

    def __init__(self, context: Context, *, inbox: Inbox, clock: Clock, notify: Observer) -> None:
        self._context = context
        self._inbox = inbox
        self._clock = clock
        self._notify = notify

    def open(self, settings: TargetSettings) -> Target:
        """Raises UsageError, or NotOpenedError where the target stays down, is at fault, or a stop was asked for."""
        name = shown_name(settings)
        try:
            return open_with_retries(settings, self._context, partial(self._wait, name))
        except TargetDownError as error:
            raise NotOpenedError(target_fault(name, error.cause)) from error

    def _wait(self, name: str, cause: Cause, seconds: float) -> None:
        self._notify(Warned(f"{name}: {cause.message}; trying again in {seconds:.1f} s"))
        ends = self._clock.now() + seconds
        while (left := ends - self._clock.now()) > 0:
            message = self._inbox.get(left)
            if isinstance(message, Interrupt):
                raise NotOpenedError(interrupted(f"interrupted by {message.name}"))


class OpenedTargets:
    """The targets of a plan, opened one after the other, and what was learned of them on the way.

    `heads` are those that the plan names itself, without their fallbacks. `warnings` are what a person should know of
    the columns of the inputs there.
    """

    def __init__(self, plan: Plan, opener: Opener, stack: ExitStack) -> None:
        """`stack` closes them."""
        self._plan = plan
        self._opener = opener
        self._stack = stack
        self.all: list[Target] = []
        self.heads: list[Target] = []
        self.warnings: list[str] = []

    def open(self, wrap: Wrapper | None = None) -> Opened:
        """A target for each lane of the plan; `wrap` stands before those that the plan names. Raises UsageError."""
        targets: list[Target] = []
        try:
            for own, *fallbacks in self._plan.chains.values():
                head = self._open(own)
                self.heads.append(head)
                targets.append(head if wrap is None else wrap(head))
                targets += map(self._open, fallbacks)
        except NotOpenedError as error:
            return Opened((), {}, stop=error.stop)
        return Opened(targets, self._plan.heads, self._fallbacks())

    def _open(self, settings: TargetSettings) -> Target:
        target = self._opener.open(settings)
        self._stack.callback(target.close)
        self.all.append(target)
        self.warnings += bind(self._plan.inputs, target)
        return target

    def _fallbacks(self) -> dict[int, int]:
        """The number of the lane behind each that has one."""
        lanes = self._plan.chains.values()
        numbers = (
            range(first, first + len(chain)) for first, chain in zip(self._plan.heads.values(), lanes, strict=True)
        )
        return dict(pair for chain in numbers for pair in pairwise(chain))


def bind(inputs: Inputs, target: Target) -> Iterator[str]:
    """Hold the columns of the inputs against what the target takes: what a person should know of it.

    Rows of JSON Lines are judged one by one, and an input without a header has no rows to be judged. Raises UsageError
    for columns that cannot go there.
    """
    preview = preview_of(target)
    seen: set[tuple[str, ...] | None] = {()}
    for source in inputs.sources:
        fields = source.layout.columns
        if not source.letters and fields not in seen:
            seen.add(fields)
            yield from preview.bind(source.name, fields)
    yield from _absent(inputs.sources, preview)


def _absent(sources: Sequence[Source], preview: Preview) -> Sequence[str]:
    """What names no field of any input. Letters are rows of many inputs, and what those had is not known."""
    layouts = [source.layout for source in sources if source.layout.columns != ()]
    if not layouts or any(source.letters for source in sources):
        return ()
    texts = dict.fromkeys(name for layout in layouts if not layout.types for name in layout.names)
    every = dict.fromkeys(name for layout in layouts for name in layout.names)
    return preview.absent(texts, None if any(layout.columns is None for layout in layouts) else every)
