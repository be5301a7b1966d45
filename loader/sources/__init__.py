"""Sources: files and streams to chunks to rows.

What lies where:

    locations         the places that inputs come from: files, standard input
    archives          the files in archives, and patterns as they are typed -> locations
    inputs            what lies there, opened and recognised
    recognition       what an input is, by its name and first bytes
    formats           formats of rows: JSON Lines, CSV, TSV, Parquet, Arrow
    text              text as rows: where they begin and end
    chunks            chunks of whole rows of all inputs
    numbering         what chunks are counted by, and their limits
    row_identity      what rows are known by over retries, resumes and replays
    start             where a resume begins to read
    compression       compressed inputs as streams
    encodings         text of any encoding as UTF-8
    parser            protocol of parsers, and parsed rows
    split             readable rows apart from bad ones
    error_types       error types of rows that cannot be read
    errors            errors of an input as a whole
"""

from loader.sources.archives.unpacking import expand
from loader.sources.chunks import Left, chunks
from loader.sources.errors import InputError, OutOfReachError
from loader.sources.formats.base import parser_for
from loader.sources.inputs import Input, Inputs, first_text, open_inputs
from loader.sources.start import Start

__all__ = [
    "Input",
    "InputError",
    "Inputs",
    "Left",
    "OutOfReachError",
    "Start",
    "chunks",
    "expand",
    "first_text",
    "open_inputs",
    "parser_for",
]
