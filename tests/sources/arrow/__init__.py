"""Parquet and Arrow.

values              any types and values, by hypothesis
test_json_text      values as JSON and back
test_plain_types    types that become plain ones, and their words
test_row_cutting    chunks, however an input was written and wherever reading begins
test_given_batches   record batches that a program gives
test_columnar       the real command: recognised, loaded, replayed, resumed; what cannot be read
"""
