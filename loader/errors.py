"""Errors of a run, named by what to do about them. The fate of a row is a value, never an exception."""

from __future__ import annotations


class LoaderError(Exception):
    """Anything the program says no to in plain words."""


class UsageError(LoaderError):
    """Nothing was read: the command line, the config, an input or a path must be mended. Exit code 2."""


class UnrecordableError(LoaderError):
    """What was settled cannot be written down (disk full, I/O error): stop at once. Exit code 3."""


def told(error: BaseException) -> str:
    """What any error says, with its type: one of a program's own need have no text, and its `str` may raise."""
    name = type(error).__name__
    try:
        text = str(error)
    except Exception:
        return f"{name}, whose text cannot be made"
    return f"{name}: {text}" if text else name


def unforeseen(error: BaseException) -> str:
    """An exception that nobody foresaw, in a line: what was raised, and by which line of code, of a package perhaps."""
    place, deeper = "", error.__traceback__
    while deeper is not None:
        place, deeper = f" ({deeper.tb_frame.f_code.co_filename}, line {deeper.tb_lineno})", deeper.tb_next
    return told(error) + place
