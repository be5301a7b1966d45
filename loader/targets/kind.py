"""Kind of target: all that the rest of the program asks of one, from its settings to its opening."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from loader.config.sections import Batching
from loader.config.target_kind import S, TargetSection
from loader.error_types import ErrorType
from loader.targets.base import Target
from loader.targets.context import Context

ONE_ROW, SEVERAL_ROWS = "one row", "several rows"


class TargetKind(TargetSection[S]):
    """A kind of target: what its settings are, and how it is opened.

    `takes_schema` says that its targets can go by a file of CREATE TABLE statements in place of asking a server. Its
    `error_types` stand under its `title` in the page of all, families behind the members with a line of their own. The
    module of a kind imports what talks to servers in `open` alone: a config is checked without.
    """

    takes_schema: ClassVar[bool] = False
    title: ClassVar[str] = ""
    error_types: ClassVar[Sequence[ErrorType]] = ()

    def rows_a_request(self, settings: S, batching: Batching) -> str:  # noqa: ARG002
        """How many rows a request with an idempotency key carries; "" where requests have none.

        `ONE_ROW` or `SEVERAL_ROWS`: what was under way is sent again in this form alone.
        """
        return ""

    def open(self, settings: S, context: Context) -> Target:
        """The target of these settings.

        Raises UsageError for settings that do not go together or do not fit what is there, TargetDownError where a
        target that must be asked before rows can be mapped cannot be.
        """
        raise NotImplementedError
