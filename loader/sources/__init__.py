"""Sources: files and streams to chunks to rows.

What lies where:

    inputs            the files that were named: found, opened, recognised
    head              first bytes of an input, read as far as it takes to recognise it
    signatures        files that are no text, by their magic bytes
    texts             text in other formats, by its first lines
    foreign           what such a file is called, and the command that makes rows of it
    recognition       the format of an input, and what speaks for it
    letters           dead letters, which are no rows to push
    doubts            headers that were hardly meant as they would be read
    headless          files without a header
    compression       gzip and zstd as streams

Bytes to chunks:

    base              protocols: parser, parsed rows
    chunks            blocks of rows, numbered over all inputs
    start             where a resume begins to read
    row_stream        the rows of one input, read as they are asked for
    row_scanner       bytes to blocks of whole rows, without reading
    blocks            what is made out in those bytes
    edges             where rows begin and end
    open_end          where rows with an open quote end
    long_line         lines over `input.max_row_bytes`
    streams           files, pipes and standard input

Chunks to rows:

    parsers           the parser of each format
    jsonl             JSON Lines
    delimited         CSV and TSV
    dialect           delimiter, quote and escape of delimited text
    header            names of the fields
    repeated_header   headers among the rows
    lines, split      lines of a chunk; readable rows apart from bad ones
    excerpt           what a message shows of a row
    error_types       error types of rows that cannot be read
    errors            errors of an input as a whole
"""

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
