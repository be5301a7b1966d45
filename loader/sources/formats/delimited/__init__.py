"""Delimited text: CSV and TSV.

format            CSV and TSV as formats of rows
parser            records to fields, and what is wrong with those that have none
unquoted          rows without quotes, all at once
dialect_rules     characters that would mean two things
dialect           delimiter, quote, escape and comment
stand_in          delimiters of several characters
trimming          blanks around fields
unescaping        characters that fields spell by a backslash
quoted_empty      empty fields with quotes and without
ragged            rows with too few or too many fields
header            names of the fields
doubts            headers that were hardly meant as they would be read
headless          files without a header
repeated_header   headers among the rows
"""
