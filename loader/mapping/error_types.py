"""Error types of rows that do not fit their target."""

from loader.error_types import DATA, DATA_OR_MENDED, ErrorType

EXTRA_FIELD = ErrorType(
    "extra_field",
    DATA,
    "the row has a field that the table has no column for",
    'say where these fields go in mapping.fields, or set mapping.extra = "ignore" or "column:NAME"',
)
MISSING_FIELD = ErrorType(
    "missing_field",
    DATA,
    "the row has no field, or no value, for a template, or for a part of the table's primary key",
    "give these rows the field that the template, or the primary key of the table, needs",
)
BAD_VALUE = ErrorType(
    "bad_value",
    DATA_OR_MENDED,
    "a value is not of its type in `mapping.types` or of its column's, or cannot stand in a template",
    "mend the columns named, or change mapping.types or input.null_words",
)
