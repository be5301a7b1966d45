"""Sources: files and streams to chunks to rows."""

from loader.sources.chunks import chunks
from loader.sources.errors import InputError
from loader.sources.inputs import STANDARD_INPUT, Input, Inputs, expand, open_inputs
from loader.sources.parsers import parser_for
from loader.sources.start import Start

__all__ = [
    "STANDARD_INPUT",
    "Input",
    "InputError",
    "Inputs",
    "Start",
    "chunks",
    "expand",
    "open_inputs",
    "parser_for",
]
