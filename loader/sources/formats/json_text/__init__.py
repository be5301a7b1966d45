"""JSON as it comes: arrays, documents on any lines, text sequences.

json_format       the format
json_reading      its readers and parsers
json_forms        how rows lie in an input
enclosures        what stands around rows
path_search       the way to an array in an object
separations       what stands between rows, and where each of them ends
known_joint       what mostly stands between rows
value_ends        where a single value ends
nesting           brackets and strings, whatever else is wrong
row_ends          ends of rows that are read past
row_lines         lines on which rows begin
passing           rows that are read past
placed_rows       many rows at once, and the place of each
tape              bytes that are not done with
json_scanner      bytes to blocks of whole rows
json_stream       the rows of one input, read as they come
json_text_parser  chunks to rows
"""
