"""Stands before the real one where the extra `fast` is not to be found."""

raise ImportError("not for this run")
