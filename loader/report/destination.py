"""Where a report goes: a file that takes the place of an older report, a device, or an open stream."""

from __future__ import annotations

import fcntl
import os
import re
import sys
from pathlib import Path

import msgspec

from loader.durable import files
from loader.report.output import show_bytes

STANDARD_OUTPUT = 1
_NAMED = {"-": STANDARD_OUTPUT, "/dev/stdin": 0, "/dev/stdout": STANDARD_OUTPUT, "/dev/stderr": 2}
_NUMBERED = re.compile(r"/(?:dev|proc/self)/fd/(\d{1,9})")
_LARGEST = 64 * 2**20  # bytes; no report is that large


class _Known(msgspec.Struct):
    """What every report has."""

    run_id: str
    status: str
    read: int
    exit_code: int


def stream_of(path: Path) -> int | None:
    """The descriptor that a path stands for: "-" is standard output; None for any other path."""
    numbered = _NUMBERED.fullmatch(str(path))
    return int(numbered[1]) if numbered is not None else _NAMED.get(str(path))


def check_report_path(path: Path) -> None:
    """Raises PathError unless a report may be put at `path`.

    That is a stream that is open for writing, a device, or in a writable folder a path that is free, or has an empty
    file or an older report. To be called before files are opened: they take the numbers of streams that are closed.
    """
    stream = stream_of(path)
    if stream is not None:
        _check_stream(stream, path)
        return
    _check_type(path)
    if path.is_file() and not _is_report(path):
        raise files.PathError(f"{path}: holds something else than a report, which would be lost; name another file")


def put_report(text: bytes, path: Path) -> None:
    """Put the text of a report at `path`: into a file, 0600, whole or not at all. Raises OSError."""
    stream = stream_of(path)
    if stream == STANDARD_OUTPUT:
        show_bytes(text)
        sys.stdout.flush()
    elif stream is not None:
        files.write_all(stream, text)
    elif path.is_char_device():
        _put_into_device(text, path)
    else:
        # The new file takes the place of the old: what is no file would be gone for good.
        _check_type(path)
        files.write_private(path, text)


def _check_stream(stream: int, path: Path) -> None:
    try:
        way = fcntl.fcntl(stream, fcntl.F_GETFL) & os.O_ACCMODE
    except OSError as error:
        raise files.PathError(f"{path}: is not open: {error.strerror}") from error
    if way == os.O_RDONLY:
        raise files.PathError(f"{path}: is closed, or not open for writing")


def _check_type(path: Path) -> None:
    if path.is_symlink():
        raise files.PathError(f"{path}: is a symlink, which is never followed here")
    if path.is_char_device():
        return
    if path.exists() and not path.is_file():
        raise files.PathError(f"{path}: is not a regular file")
    files.check_folder(path)


def _is_report(path: Path) -> bool:
    try:
        if path.stat().st_size > _LARGEST:
            return False
        text = path.read_bytes()
        msgspec.json.decode(text or b"{}", type=_Known if text else dict)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _put_into_device(text: bytes, path: Path) -> None:
    fd = files.open_private(path, os.O_WRONLY)
    try:
        files.write_all(fd, text)
    finally:
        os.close(fd)
