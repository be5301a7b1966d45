"""Files and streams -> chunks -> rows."""

from loader.sources.chunks import chunks
from loader.sources.errors import InputError
from loader.sources.inputs import STANDARD_INPUT, Input, expand, open_inputs, parser_for

__all__ = ["STANDARD_INPUT", "Input", "InputError", "chunks", "expand", "open_inputs", "parser_for"]
