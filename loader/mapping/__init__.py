"""Mapping of row fields to what a target takes: names, types and templates.

field_types    types of delimited fields: columns of texts to JSON values
json_rows      rows as JSON bytes
shaped_json    the same where more than names and types of fields change
one_line       JSON rows on one line each
reshaping      which fields rows have at the target
absent_fields  fields that are named and no row has
template       `{{field}}` templates
unfit          why a row does not fit its target
error_types    error types of such rows
cql            rows as CQL bytes
"""
