"""Sections of the config: every key once, with default, kind and meaning.

Durations are seconds as floats, sizes bytes as ints. This is also the one declaration of every key: default, kind and
meaning stand here, and loading, the flags and `config.example.toml` are fed from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from loader.config import characters, encodings
from loader.config.auth import Auth
from loader.config.declaration import key as declared
from loader.config.expressions.call import call_kind
from loader.config.expressions.condition import condition
from loader.config.expressions.member_path import member_path
from loader.config.failures import BreakerSettings, Retry, Throttle, Timeouts
from loader.config.mapping_types import FieldType, field_type
from loader.config.problems import Problem
from loader.config.secrets import Secrets
from loader.config.target_kind import TargetSettings
from loader.config.time_zones import time_zone
from loader.config.values import (
    YEAR,
    byte_size,
    constant,
    duration,
    either,
    list_of,
    number,
    path,
    share,
    switch,
    table_of,
    text,
    whole,
    word,
    word_of,
)
from loader.formats import AUTO, FORMATS
from loader.texts.text_meaning import Empty, TextMeaning

__all__ = [
    "SECTIONS",
    "Auth",
    "Batching",
    "BreakerSettings",
    "CheckpointSettings",
    "Concurrency",
    "Config",
    "Dlq",
    "Errors",
    "FieldMapping",
    "InputSettings",
    "Rate",
    "Retry",
    "Throttle",
    "Timeouts",
]


COLUMN = "column:"  # begins what names a column

_SOME_TEXT = text("a text that is not empty", r"(?s:.+)")
_FOLDER = text("the name of a folder", r"[^\0]+")
_WORKERS = either('"auto" or a whole number from 1 to 256', word("auto"), whole(1, 256))


@dataclass(frozen=True, slots=True)
class InputSettings:
    """How files are read."""

    format: str = field(
        default=AUTO,
        metadata=declared(
            word_of((AUTO, *FORMATS.own), FORMATS.words),
            "Format of the rows; auto goes by the name of the file.",
            flag="--format",
        ),
    )
    header: bool = field(
        default=True,
        metadata=declared(
            switch(), "Whether the first row of a CSV or TSV file names its columns.", flag="--no-header"
        ),
    )
    columns: tuple[str, ...] = field(
        default=(),
        metadata=declared(
            list_of(_SOME_TEXT), "Names of the columns in order, where no header gives them.", flag="--columns"
        ),
    )
    path: str = field(
        default="",
        metadata=declared(
            member_path(),
            'Where the array of rows stands in JSON, like "data.items"; "." takes what is at the root as it is.',
            flag="--path",
        ),
    )
    encoding: str = field(
        default=encodings.AUTO,
        metadata=declared(
            encodings.encoding(),
            "Encoding of text, like cp1252 or shift_jis; auto is UTF-8, or what a byte order mark says.",
            flag="--encoding",
        ),
    )
    delimiter: str = field(
        default=characters.AUTO,
        metadata=declared(
            characters.delimiter(),
            "What separates fields: one character or several, or tab, comma, semicolon, pipe, space, colon; auto is a "
            "comma for CSV and a tab for TSV.",
            flag="--delimiter",
        ),
    )
    quote: str = field(
        default='"',
        metadata=declared(
            characters.quote(),
            'What encloses fields that hold delimiters: one ASCII character, "" for none.',
            flag="--quote",
        ),
    )
    escape: str = field(
        default="",
        metadata=declared(
            characters.quote(),
            'What makes text of a quote, delimiter, line end or itself that follows: "\\\\" for files of cqlsh, MySQL, '
            'Redshift, Spark; "" for none.',
            flag="--escape",
        ),
    )
    unescape: bool = field(
        default=False,
        metadata=declared(
            switch(),
            "Whether \\n, \\t, \\\\ and such in fields of CSV and TSV stand for characters, as in files of cqlsh.",
        ),
    )
    comment: str = field(
        default="",
        metadata=declared(
            characters.comment(),
            'What lines begin with that are no rows, like "#"; "" for none. Before a header, too.',
            flag="--comment",
        ),
    )
    skip_lines: int = field(
        default=0,
        metadata=declared(
            whole(0, 1_000_000), "Lines of a CSV or TSV file before its header, to be passed over.", flag="--skip-lines"
        ),
    )
    trim: bool = field(
        default=False,
        metadata=declared(
            switch(), "Whether blanks around fields, and around their quotes, are no part of them.", flag="--trim"
        ),
    )
    ragged: Literal["reject", "pad", "truncate", "fit"] = field(
        default="reject",
        metadata=declared(
            word("reject", "pad", "truncate", "fit"),
            "A row of CSV or TSV with too few or too many fields: is a bad one, gets nulls for what is missing (pad), "
            "loses what is too much (truncate), or both (fit).",
            flag="--ragged",
        ),
    )
    strict: bool = field(
        default=False,
        metadata=declared(switch(), "Whether a quote in the middle of an unquoted field makes a bad row."),
    )
    null_words: tuple[str, ...] = field(
        default=(),
        metadata=declared(
            list_of(text()),
            "Texts that mean null: fields of CSV and TSV, and in JSON what goes to a column that holds no text.",
        ),
    )
    empty: Empty = field(
        default="auto",
        metadata=declared(
            word("auto", "text", "null", "quoted"),
            "What an empty text means where a column holds texts; elsewhere it is null. quoted: a text in quotes, null "
            "without. auto: a text for JSON targets; for tables null in CSV and TSV while there are no null_words, and "
            "nothing but itself in JSON.",
        ),
    )
    decimal: str = field(
        default=".",
        metadata=declared(
            text("one character that stands in no number", r"[^0-9eE+\-\s\x00-\x1f]"),
            'What stands before the fraction of a number that is a text: "," for 1,5.',
        ),
    )
    thousands: str = field(
        default="",
        metadata=declared(
            text('one character that stands in no number, or "" for none', r"[^0-9eE+\-\x00-\x1f]?"),
            'What stands between thousands of a number that is a text: "." for 1.234; a blank is any; "" for none.',
        ),
    )
    time_zone: str = field(
        default="UTC",
        metadata=declared(
            time_zone(),
            "Zone of times of texts that say none: a name like Europe/Berlin, or an offset like +02:00 (tables).",
        ),
    )
    max_row_bytes: int = field(
        default=16 * 2**20,
        metadata=declared(byte_size(1, 2**31), "A longer row is rejected; its first 64 KiB are kept."),
    )
    recursive: bool = field(
        default=False,
        metadata=declared(
            switch(), "Whether a folder that is named stands for all files in it and below.", flag="--recursive"
        ),
    )
    mirrors: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict,
        metadata=declared(
            table_of(list_of(_SOME_TEXT)),
            "URL of a folder (or file) = what takes its place where that server fails, as URLs or paths.",
        ),
    )
    max_unpacked: int = field(
        default=2**40,
        metadata=declared(byte_size(), "The most bytes that a compressed input may unpack to."),
    )
    skip: int = field(
        default=0, metadata=declared(whole(0), "Rows at the beginning of all inputs that are left out.", flag="--skip")
    )
    limit: int = field(
        default=0,
        metadata=declared(
            whole(0), "The most rows that are loaded: the first of those that are chosen; 0 = no limit.", flag="--limit"
        ),
    )
    sample: float = field(
        default=1.0,
        metadata=declared(
            share(), "About which share of the rows is loaded; the same rows for the same seed.", flag="--sample"
        ),
    )
    seed: int = field(
        default=0, metadata=declared(whole(0), "Another one gives other rows to a sample.", flag="--seed")
    )
    where: str = field(
        default="",
        metadata=declared(
            condition(), """What a row must be like to be loaded: status = "paid" and total >= 10.""", flag="--where"
        ),
    )

    def of_rows(self) -> dict[str, Any]:
        """What decides which rows are read, as plain data: all but how their places are reached."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name not in ("recursive", "mirrors")}

    @property
    def texts(self) -> TextMeaning:
        """What texts mean."""
        return TextMeaning(self.null_words, self.empty, self.decimal, self.thousands, self.time_zone)


@dataclass(frozen=True, slots=True)
class FieldMapping:
    """What becomes of the fields of a row on their way to the target."""

    fields: Mapping[str, str] = field(
        default_factory=dict,
        metadata=declared(
            table_of(_SOME_TEXT), 'Field of the row, or what lies within one ("a.b[0]") = its name at the target.'
        ),
    )
    drop: tuple[str, ...] = field(
        default=(),
        metadata=declared(list_of(_SOME_TEXT), "Fields of the row that do not go, or what lies within."),
    )
    only: tuple[str, ...] = field(
        default=(),
        metadata=declared(list_of(_SOME_TEXT), "The fields of the row that go, besides those that have a name above."),
    )
    set: Mapping[str, str] = field(
        default_factory=dict,
        metadata=declared(
            table_of(call_kind()), "Name at the target = a value made of fields of the row: lower(email), uuid(), ..."
        ),
    )
    constants: Mapping[str, Any] = field(
        default_factory=dict,
        metadata=declared(table_of(constant()), "Name at the target = its value in every row, whatever the row has."),
    )
    defaults: Mapping[str, Any] = field(
        default_factory=dict,
        metadata=declared(table_of(constant()), "Name at the target = its value where it would be missing or null."),
    )
    omit: tuple[str, ...] = field(
        default=(),
        metadata=declared(list_of(word("null", "empty")), "Fields that are left out of rows that are sent as JSON."),
    )
    null: Literal["unset", "null"] = field(
        default="unset",
        metadata=declared(word("unset", "null"), "Whether a null leaves a column as it is or clears it (tables)."),
    )
    extra: str = field(
        default="error",
        metadata=declared(
            either('"error", "ignore" or "column:NAME"', word("error", "ignore"), text("", f"{COLUMN}.+")),
            "What to do with fields the table has no column for; column:NAME keeps them there, as JSON (tables).",
        ),
    )
    on_bad_value: Literal["reject", "null"] = field(
        default="reject",
        metadata=declared(
            word("reject", "null"),
            "Whether a value that does not fit makes a bad row, or a null beside a letter.",
        ),
    )
    types: Mapping[str, FieldType] = field(
        default_factory=dict,
        metadata=declared(
            table_of(field_type()),
            "Field of a CSV or TSV row = string, integer, number, boolean or json; else string. For a table, of any "
            "row, also epoch_s, epoch_ms, epoch_us, epoch_ns, hex, base64, or a pattern of strptime, or a list of such "
            "in order.",
        ),
    )
    true_words: tuple[str, ...] = field(
        default=("true", "t", "yes", "y", "1"),
        metadata=declared(list_of(_SOME_TEXT), "What a boolean calls true, in upper or lower case."),
    )
    false_words: tuple[str, ...] = field(
        default=("false", "f", "no", "n", "0"),
        metadata=declared(list_of(_SOME_TEXT), "What a boolean calls false, in upper or lower case."),
    )
    timestamp: str | int = field(
        default="run",
        metadata=declared(
            either('"run", "now", the name of a field, or microseconds since 1970', _SOME_TEXT, whole(0)),
            'Write timestamp: "run", "now", the name of a field, or microseconds since 1970 (tables). The field '
            "holds microseconds or ISO 8601, or what mapping.types says of it.",
        ),
    )
    ttl: str | int = field(
        default=0,
        metadata=declared(
            either("seconds as a whole number, or the name of a field", _SOME_TEXT, whole(0)),
            "Seconds until a row expires, or the field that holds them; 0 = as the table says (tables).",
        ),
    )

    @property
    def mends(self) -> bool:
        """Whether rows are delivered without values that do not fit."""
        return self.on_bad_value == "null"

    @property
    def extra_column(self) -> str:
        """The column for what has none, "" for none."""
        return self.extra.removeprefix(COLUMN) if self.extra.startswith(COLUMN) else ""

    @property
    def booleans(self) -> dict[str, bool]:
        """The words for true and false, in lower case."""
        return dict.fromkeys(map(str.lower, self.true_words), True) | dict.fromkeys(
            map(str.lower, self.false_words), False
        )


@dataclass(frozen=True, slots=True)
class Batching:
    """How rows are put together into requests."""

    size: int = field(default=1000, metadata=declared(whole(1, 1_000_000), "The most rows one request carries."))
    max_bytes: int = field(
        default=2**20,
        metadata=declared(byte_size(1, 2**31), "The most bytes of rows one request carries; a larger row goes alone."),
    )
    max_wait: float = field(
        default=1.0, metadata=declared(duration(), "A request of a stream that is not full goes after this time.")
    )
    mode: Literal["replica_set", "partition", "none"] = field(
        default="replica_set",
        metadata=declared(
            word("replica_set", "partition", "none"), "What the rows of a batch have in common (tables)."
        ),
    )
    partitions: int = field(
        default=10, metadata=declared(whole(1, 10_000), "The most partitions one batch touches (tables).")
    )


@dataclass(frozen=True, slots=True)
class Concurrency:
    """How much goes on at once."""

    max_in_flight: int = field(
        default=100, metadata=declared(whole(1, 10_000), "The most requests under way; 1 keeps the order of the file.")
    )
    max_held: int = field(
        default=64 * 2**20,
        metadata=declared(
            byte_size(), "Memory for all rows read and not settled, and what is built from them.", flag="--max-memory"
        ),
    )
    workers: int | Literal["auto"] = field(
        default="auto",
        metadata=declared(
            _WORKERS, "Worker processes; auto: one for small inputs, else as many as there are cores.", flag="--workers"
        ),
    )
    mode: Literal["adaptive", "fixed"] = field(
        default="adaptive",
        metadata=declared(word("adaptive", "fixed"), "Whether the requests under way follow what the target bears."),
    )


@dataclass(frozen=True, slots=True)
class Errors:
    """How many failed rows are too many."""

    fail_on_first_error: bool = field(
        default=False, metadata=declared(switch(), "Stop at the first row that fails.", flag="--fail-fast")
    )
    max_errors: int = field(
        default=0, metadata=declared(whole(0), "Stop when more rows than this failed; 0 = no limit.")
    )
    max_error_ratio: float = field(
        default=0.5, metadata=declared(number(0, 1), "Stop when a larger share of the rows failed, from min_rows on.")
    )
    min_rows: int = field(default=1000, metadata=declared(whole(0), "Rows before max_error_ratio is looked at."))
    alert_ratio: float = field(
        default=0.1, metadata=declared(number(0, 1), "Warn when a larger share of the last minute's rows failed.")
    )
    samples: int = field(default=10, metadata=declared(whole(0, 1000), "Failed rows shown for each type of error."))


@dataclass(frozen=True, slots=True)
class Dlq:
    """Where failed rows are kept, with the reason."""

    path: str = field(
        default="", metadata=declared(path(), 'A file; "" puts it into the folder of the run.', flag="--dlq")
    )


@dataclass(frozen=True, slots=True)
class CheckpointSettings:
    """What a stopped run leaves behind to be resumed from."""

    dir: str = field(default=".loader/runs", metadata=declared(_FOLDER, "Folder that holds a folder for each run."))
    every: float = field(default=1.0, metadata=declared(duration(0.01, YEAR), "How often it is written."))


@dataclass(frozen=True, slots=True)
class Rate:
    """How fast rows are sent at most."""

    rows: int = field(default=0, metadata=declared(whole(0), "Rows a second; 0 = no limit."))
    bytes: int = field(default=0, metadata=declared(byte_size(0), "Bytes a second; 0 = no limit."))


@dataclass(frozen=True, slots=True)
class Config:
    """A whole valid config.

    `targets` are the `[target.NAME]` sections by name. `incomplete` says of those that cannot be used here what is
    missing: variables that are not set, files that are not there. `secrets` is everything that must never be shown.
    """

    input: InputSettings = InputSettings()
    mapping: FieldMapping = FieldMapping()
    targets: Mapping[str, TargetSettings] = field(default_factory=dict)
    batch: Batching = Batching()
    concurrency: Concurrency = Concurrency()
    retry: Retry = field(default=Retry())
    throttle: Throttle = field(default=Throttle())
    breaker: BreakerSettings = field(default=BreakerSettings())
    timeouts: Timeouts = field(default=Timeouts())
    errors: Errors = Errors()
    dlq: Dlq = Dlq()
    checkpoint: CheckpointSettings = CheckpointSettings()
    rate: Rate = Rate()
    incomplete: Mapping[str, tuple[Problem, ...]] = field(default_factory=dict)
    secrets: Secrets = field(default=Secrets(), repr=False)


# Every section but [target.NAME]: its name in TOML, which is its field in Config, and its class.
SECTIONS: Mapping[str, type[Any]] = {
    f.name: type(f.default) for f in fields(Config) if f.name not in ("targets", "incomplete", "secrets")
}
