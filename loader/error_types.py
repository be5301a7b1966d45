"""Error types: the stable names under which failed rows are counted, and what each means.

Each part of the program declares its own, in a module `error_types` or beside the one place that raises them;
`report.error_catalogue` joins them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from types import ModuleType


class LetterClass(StrEnum):
    """Why a row is in the dead letter queue."""

    DATA = "data"  # the loader itself could not read or map it
    REFUSED = "refused"  # the target said no to this row
    EXHAUSTED = "exhausted"  # retries or the row's time were used up
    UNKNOWN = "unknown"  # it may or may not have arrived
    MENDED = "mended"  # it was delivered without values that do not fit


@dataclass(frozen=True, slots=True)
class ErrorType:
    """One error type: its name in letters, reports and checkpoints, what happened, and the next step.

    `classes` are those of the letters of rows that met nothing else; none where no letter has this type. `what_to_do`
    is one line without a full stop. A family has in `names` a pattern of the names that it stands for, matched whole.
    """

    name: str
    classes: tuple[LetterClass, ...]
    meaning: str
    what_to_do: str
    names: str | None = None

    @property
    def may_have_arrived(self) -> bool:
        """Whether a row that failed so may have arrived."""
        return LetterClass.UNKNOWN in self.classes

    def covers(self, name: str) -> bool:
        """Whether `name` is this type, or one of this family."""
        return name == self.name if self.names is None else re.fullmatch(self.names, name) is not None


NEVER = ()
DATA = (LetterClass.DATA,)
REFUSED = (LetterClass.REFUSED,)
EXHAUSTED = (LetterClass.EXHAUSTED,)
UNKNOWN = (LetterClass.UNKNOWN,)
DATA_OR_MENDED = (LetterClass.DATA, LetterClass.MENDED)


def declared_in(*modules: ModuleType) -> Iterator[ErrorType]:
    """The error types that modules declare, in their order there; those in a dictionary, too."""
    for value in (value for module in modules for value in vars(module).values()):
        if isinstance(value, ErrorType):
            yield value
        elif isinstance(value, dict):
            yield from (each for each in value.values() if isinstance(each, ErrorType))
