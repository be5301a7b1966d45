"""Names of inputs that have none of their own, and what a name is to a person."""

from __future__ import annotations

import re

STANDARD_INPUT = "-"
ROWS = "<rows>"  # those that a program hands over

URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")


def spoken(name: str) -> str:
    """The input of that name, as sentences call it."""
    return "standard input" if name == STANDARD_INPUT else name


def is_by_product(path: str) -> bool:
    """Whether a part of the path is hidden, or begins with `_`, as `_SUCCESS` of Hadoop and Spark does."""
    return any(part.startswith((".", "_")) for part in path.split("/"))


def is_file_name(name: str) -> bool:
    """Whether a command of the shell may find the input by that name."""
    return name not in (STANDARD_INPUT, ROWS) and URL.match(name) is None
