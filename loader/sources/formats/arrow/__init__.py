"""Columns that pyarrow reads: Parquet, and Arrow's own files and streams.

Only `columnar`, `parquet` and `ipc` are imported before such an input was found; what needs pyarrow is imported then.

columnar      base of both formats: how columns are chosen, and how letters keep rows
parquet       Parquet as a format of rows
chunks_ahead   chunks that are made while the one before is worked on
row_groups    the rows of a Parquet file, row group by row group
ipc           Arrow IPC as a format of rows
record_batches   the record batches of an Arrow IPC file or stream
given_batches   record batches that a program gives
sequential    a byte source as a file object
cutting       record batches -> chunks
row_sizes     bytes of rows, by which chunks are cut
chunk_rows    chunks -> rows
plain_types   the types that values have here; those of inputs become them
type_words    types as words, and back
arrays        content of rows: a record batch
json_text     columns -> JSON text
json_values   JSON -> columns
moments       texts of ISO 8601 -> whole numbers of units
"""
