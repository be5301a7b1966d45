"""CQL mapping: types and tables of Cassandra, and values as bytes of its native protocol.

tokens, types, table    CQL text -> types and tables
ddl, definition         CREATE statements -> a table, and a table -> CREATE statements
schema_file             the file of `--schema`
vint, codec, cells      how values are framed, what a codec is, and the values of a row told apart again
numbers, texts, times, durations, containers    the codecs
patterns                times as patterns of strptime spell them
literals                collections as CQL spells them
showing                 CQL bytes -> JSON, for people
build                   type (and `mapping.field_types`) -> codec
field_names, matching   which field feeds which parameter
columns, partition_keys, row_problems, encoder  columns of values -> bytes of rows, and what is wrong with rows
json_fields             JSON rows -> columns of values
arrays                  the same of columns that pyarrow holds
mapper                  all of it: `CqlMapper`
shaped_table            the same where more than names and types of fields change
"""
