"""Refusals of inputs whose first bytes are surely something else than was said."""

from __future__ import annotations

from loader.sources.errors import InputError
from loader.sources.recognition.foreign import Foreign, sentence
from loader.sources.recognition.head import Head
from loader.sources.recognition.signatures import foreign_bytes


def refuse_binary(name: str, codec: str, head: Head) -> None:
    """Raises InputError where the first bytes are surely those of a file that is no text of UTF-8.

    `codec` names the compression that was taken off, "" for none.
    """
    head.first_line()
    refuse_foreign(name, codec, foreign_bytes(head.data))


def refuse_foreign(name: str, codec: str, found: Foreign | None) -> None:
    """Raises InputError for what was found to be something else."""
    if found is not None:
        raise InputError(sentence(name, codec, found))
