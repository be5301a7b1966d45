"""Files that are no text of UTF-8, told by their first bytes.

The signatures are those of the formats' own definitions; each is one that text cannot begin with, or hardly.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from loader.sources.compression.compressions import COMPRESSIONS
from loader.sources.encodings.marks import wide_encoding
from loader.sources.recognition.foreign import Foreign

_PYARROW = "python -c \"import pyarrow.{0} as f, pyarrow.csv as c; c.write_csv(f.{1}('FILE'), '/dev/stdout')\""
_WORKBOOK = Foreign("an Excel workbook", advice="save the sheet as CSV (UTF-8), and load that")
_TAR = Foreign("a tar archive", advice="as a file called .tar (or .tar.gz, ...) the files in it are loaded, one by one")
_ZIP = Foreign("a zip archive", advice="as a file called .zip the files in it are loaded, one by one")

_SIGNATURES: tuple[tuple[bytes, Foreign], ...] = (
    (rb"LZIP\x01", Foreign("compressed by lzip", "lzip -dc")),
    (rb"\x1f\x9d", Foreign("compressed by compress", "gzip -dc")),
    (rb"7z\xbc\xaf\x27\x1c", Foreign("a 7z archive", command="7z x -so FILE")),
    (rb"Rar!\x1a\x07", Foreign("a RAR archive", advice="unpack it, and load the files in it")),
    (rb"PAR1(?![\t\r\n\x20-\x7e]|\Z)", Foreign("Parquet", advice="--format parquet loads it")),
    (
        rb"PARE.{3}\0",
        Foreign("encrypted Parquet", advice="who has its keys must write it anew without encryption; load that"),
    ),
    (rb"ARROW1\0", Foreign("an Arrow file", advice="--format arrow loads it")),
    (rb"FEA1", Foreign("a Feather file of version 1", command=_PYARROW.format("feather", "read_table"))),
    (rb"ORC(?:.{0,7})[\0-\x08]", Foreign("an ORC file", command=_PYARROW.format("orc", "read_table"))),
    (rb"Obj\x01", Foreign("an Avro file", command="fastavro FILE")),
    (rb"SQLite format 3\0", Foreign("an SQLite database", command="sqlite3 -csv -header FILE 'SELECT * FROM ...'")),
    (rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", _WORKBOOK),
    (rb"PGCOPY\n\xff\r\n\0", Foreign("PostgreSQL's binary COPY", advice="export it again WITH (FORMAT csv, HEADER)")),
    (rb"%PDF-", Foreign("a PDF", advice="load what it was made from")),
)
_COMPILED = tuple((re.compile(pattern, re.DOTALL), found) for pattern, found in _SIGNATURES)
_BLOCK = 1024  # bytes that tell
_CONTROL = re.compile(rb"[\0\x04-\x08\x0e-\x1a]")  # but those that separate fields, and the escapes of terminals


def foreign_bytes(head: bytes) -> Foreign | None:
    """What a file that begins with `head` surely is; None for text of UTF-8, and for what nothing is known of."""
    tests: tuple[Callable[[bytes], Foreign | None], ...] = (_by_signature, _twice, _archive, _wide_text)
    return next(filter(None, (test(head) for test in tests)), None)


def is_tar(head: bytes) -> bool:
    """Whether what begins with `head`, 512 bytes or more, is a tar archive."""
    return head[257:262] == b"ustar"


def is_zip(head: bytes) -> bool:
    """Whether what begins with `head` is a zip archive of files, not a workbook, which is one, too."""
    return _archive(head) is _ZIP


def no_text(head: bytes) -> Foreign | None:
    """The same for other bytes of which the first line is no text, and some are in no text at all."""
    start = head[:_BLOCK]
    first = start.lstrip(b"\r\n").splitlines()[:1] or [b""]
    control = _CONTROL.search(start)
    if control is None or (_is_text(first[0]) and not _CONTROL.search(first[0])):
        return None
    what = f"no text: byte {control.start() + 1} of it is 0x{control[0].hex()}"
    return Foreign(what, advice="look at what it is, and export its rows as CSV or JSON Lines")


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _by_signature(head: bytes) -> Foreign | None:
    return next((found for pattern, found in _COMPILED if pattern.match(head)), None)


def _twice(head: bytes) -> Foreign | None:
    """What is still compressed when one compression is off."""
    codec = next((codec for codec in COMPRESSIONS if codec.fits(head)), None)
    if codec is None:
        return None
    return Foreign(f"{codec.name} within compressed data, compressed twice", f"{codec.name} -dc")


def _archive(head: bytes) -> Foreign | None:
    if is_tar(head):
        return _TAR
    if re.match(rb"PK(?:\x03\x04|\x05\x06|\x07\x08)", head) is None:
        return None
    first = head[30 : 30 + int.from_bytes(head[26:28], "little")]
    if head[30:].startswith(b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet"):
        return Foreign("an OpenDocument spreadsheet", advice=_WORKBOOK.advice)
    office = first.startswith((b"[Content_Types].xml", b"_rels/", b"docProps/", b"xl/"))
    return _WORKBOOK if office and b"word/" not in head and b"ppt/" not in head else _ZIP


def _wide_text(head: bytes) -> Foreign | None:
    encoding = wide_encoding(head)
    return Foreign(f"text of {encoding}, not UTF-8", advice=f"--encoding {encoding} loads it") if encoding else None
