"""Errors of an input as a whole; an error of one row is a `BadRow`."""

from __future__ import annotations

from loader.errors import LoaderError


class InputError(LoaderError):
    """An input cannot be found, opened or read on. The text names the input.

    From `expand` and `open_inputs` it means that nothing was read (exit code 2); from `chunks`, that reading ends here.
    """


class OtherContentError(InputError):
    """What lies at the place of an input is another content than it was when the run began, or when it was read."""


class OutOfReachError(InputError):
    """The place of an input was asked as often as the config says, and did not answer: it may do so later."""
