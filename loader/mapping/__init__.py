"""Mapping of row fields to what a target takes: names, types and templates.

field_types    types of delimited fields: columns of texts to JSON values
json_rows      rows as JSON bytes
absent_fields  fields that are named and no row has
template       `{{field}}` templates
unfit          why a row does not fit its target
error_types    error types of such rows
cql            rows as CQL bytes
"""
