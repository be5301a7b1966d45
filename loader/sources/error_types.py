"""Error types of rows that cannot be read."""

from loader.error_types import DATA, ErrorType

BAD_JSON = ErrorType(
    "bad_json",
    DATA,
    "the row is no JSON, or holds a raw control character (a NUL too)",
    "mend these rows; each must be one JSON object, on one line or, with --format json, on several",
)
NOT_AN_OBJECT = ErrorType(
    "not_an_object",
    DATA,
    "the row is JSON, but not an object",
    "each row must be a JSON object, {...}; jq makes them of arrays of values: jq -c '{id: .[0], name: .[1]}'",
)
BAD_ENCODING = ErrorType(
    "bad_encoding",
    DATA,
    "the row holds bytes that are no characters of its input's encoding: UTF-8, unless `input.encoding` or a byte "
    "order mark says otherwise",
    "name the encoding of the file: --encoding cp1252 for most from Windows; loader check FILE proposes one",
)
LONE_SURROGATE = ErrorType(
    "lone_surrogate",
    DATA,
    "a text holds half of a surrogate pair (`\\ud800`), which is no character",
    "these texts hold half a character; write them again from their source",
)
NESTING_TOO_DEEP = ErrorType(
    "nesting_too_deep",
    DATA,
    "the row is nested more than 500 levels deep",
    "flatten these rows, or load them as text",
)
ROW_TOO_LARGE = ErrorType(
    "row_too_large",
    DATA,
    "the row is longer than `input.max_row_bytes` (16 MiB); its first 64 KiB are kept",
    "raise input.max_row_bytes, or split these rows",
)
WRONG_FIELD_COUNT = ErrorType(
    "wrong_field_count",
    DATA,
    "CSV, TSV: the row has more or fewer fields than there are columns",
    "check delimiter and quotes of these lines (input.delimiter, input.quote), or set input.ragged",
)
NUL_BYTE = ErrorType(
    "nul_byte",
    DATA,
    "CSV, TSV: the row holds a raw NUL",
    "take the NUL bytes out of these lines",
)
UNCLOSED_QUOTE = ErrorType(
    "unclosed_quote",
    DATA,
    "CSV, TSV: a quote of the line is not closed before the end of the input, or within `input.max_row_bytes`",
    "close or double the quote on these lines; those behind them were read as rows of their own",
)
TEXT_AFTER_QUOTE = ErrorType(
    "text_after_quote",
    DATA,
    'CSV, TSV: text goes on behind the closing quote of a field (`2,"5" disk",11`); where a stray quote runs on to a '
    "later line, the row is all these lines, and its letter has them all",
    "double the quotes within these fields, or name what escapes them (input.escape); "
    'where quotes are text and enclose nothing: input.quote = ""',
)
STRAY_QUOTE = ErrorType(
    "stray_quote",
    DATA,
    "CSV, TSV, only with `input.strict = true`: a quote stands in a field that does not begin with one",
    "put these fields in quotes and double those within, or take them as text: input.strict = false",
)
BAD_CSV = ErrorType(
    "bad_csv",
    DATA,
    "CSV, TSV: the row cannot be read for a reason without a type of its own, which its letter tells",
    "check delimiter and quotes of these lines (input.delimiter, input.quote)",
)
REPEATED_HEADER = ErrorType(
    "repeated_header",
    DATA,
    "CSV, TSV: the row is the header again, as after `cat a.csv b.csv`; with `--no-header`, the names of `--columns`",
    "these are headers of files that were put one behind the other; there is nothing to mend",
)
BYTE_ORDER_MARK = ErrorType(
    "byte_order_mark",
    DATA,
    "CSV, TSV: the row begins with a byte order mark and is no header, as after `cat a.csv b.csv` without headers",
    "take the byte order mark (the bytes EF BB BF) off the beginning of these lines",
)
