"""Text as rows: where they begin and end, and blocks of whole ones.

edges             where rows begin and end
plain             text in which one byte has one meaning
lines             lines of a chunk, with the offset and number of each
blocks            what is made out in the bytes of one input
row_scanner       bytes to blocks of whole rows
row_stream        the rows of one input, read as they come
reader            rows of one input, cut into chunks
open_end          where rows with an open quote end
long_line         lines over `input.max_row_bytes`
excerpt           what a message shows of a row
"""
