"""Lines that are dead letters. They are no format of rows: each letter has one of its own."""

from __future__ import annotations

from loader.rows import LETTERS
from loader.sources.formats.base import Opening
from loader.sources.formats.jsonl import JsonLines
from loader.sources.recognition.contradictions import refuse_binary


class LetterLines(JsonLines):
    """Dead letters lie one a line, like rows of JSON Lines, but whoever opens a queue knows what it is."""

    name = LETTERS
    endings = ()
    may_be_encoded = False

    def refuse(self, opening: Opening, why: str) -> None:
        refuse_binary(opening.name, opening.codec, opening.head)


LETTER_LINES = LetterLines()
