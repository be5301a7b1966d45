"""Private files: mode 0600, never through a symlink, written whole and synced."""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from loader.shortage import reason_of

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700


def user_state() -> Path:
    """The user's folder for what programs remember between runs (XDG base directory specification)."""
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state").absolute()


def user_cache() -> Path:
    """The user's folder for what programs can fetch again (the same)."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache").absolute()


def is_text(name: str) -> bool:
    """Whether `name` can be written as UTF-8: what the system has no text for comes as lone surrogates (PEP 383)."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def working_folder() -> str:
    """Where this process is; "" where that is no text or was deleted, and cannot be recorded."""
    try:
        folder = os.getcwd()
    except FileNotFoundError:
        return ""
    return folder if is_text(folder) else ""


class PathError(OSError):
    """A path cannot be used as it is; the text is a sentence for the person who gave it."""


@contextmanager
def held_back() -> Iterator[None]:
    """Holds a descriptor within, so that one is left afterwards whatever was used up meanwhile. Raises OSError."""
    fd = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield
    finally:
        os.close(fd)


def sentence(path: Path, error: OSError) -> str:
    """What `error` says, with the file it speaks of: `path`, unless it names another."""
    if isinstance(error, PathError):
        return str(error)
    return f"{error.filename or path}: cannot be used: {reason_of(error)}"


def real_path(path: Path) -> str:
    """Where `path` lies, whatever links lead there; as it is where the folder that it is relative to was deleted."""
    try:
        return os.path.realpath(path)
    except FileNotFoundError:
        return str(path)


def identity(path: Path) -> tuple[int, int] | str | None:
    """What tells whether two paths lead to one file: its device and inode, or where it would be made if there is none.

    None for what is no regular file: anybody may write to a device or into a pipe.
    """
    try:
        facts = path.stat()
    except OSError:
        return real_path(path)
    return (facts.st_dev, facts.st_ino) if stat.S_ISREG(facts.st_mode) else None


def check_folder(path: Path) -> None:
    """Raise PathError unless files can safely be made in the folder of `path`."""
    folder = path.parent
    try:
        facts = folder.stat()
    except OSError as error:
        raise PathError(f"{path}: its folder cannot be used: {reason_of(error)}") from error
    if not stat.S_ISDIR(facts.st_mode):
        raise PathError(f"{path}: {folder} is not a folder")
    if facts.st_mode & stat.S_IWOTH and not facts.st_mode & stat.S_ISVTX:
        raise PathError(f"{path}: everybody may write to {folder}; take that right away (chmod o-w) or choose another")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PathError(f"{path}: its folder is not writable")


def make_folder(path: Path) -> None:
    """Make `path` and what is missing above it, for this user alone whatever the umask. Raises OSError."""
    if path.is_dir():
        return
    make_folder(path.parent)
    try:
        path.mkdir(PRIVATE_FOLDER)
        path.chmod(PRIVATE_FOLDER)
    except FileExistsError:
        if not path.is_dir():
            raise


def open_private(path: Path, flags: int) -> int:
    """A descriptor of the regular file (or character device) at `path`, 0600 whatever the umask if it is made here.

    Raises PathError with a sentence for anything else: a symlink, a folder, a path that cannot be opened.
    """
    try:
        fd = os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, PRIVATE_FILE)
    except OSError as error:
        what = (
            "is a symlink, which is never followed here"
            if path.is_symlink()
            else f"cannot be opened: {reason_of(error)}"
        )
        raise PathError(f"{path}: {what}") from error
    facts = os.fstat(fd)
    if not (stat.S_ISREG(facts.st_mode) or stat.S_ISCHR(facts.st_mode)):
        os.close(fd)
        raise PathError(f"{path}: is not a regular file")
    if stat.S_ISREG(facts.st_mode) and flags & os.O_CREAT and facts.st_size == 0:
        os.fchmod(fd, PRIVATE_FILE)
    return fd


def lock(fd: int, path: Path, what: str) -> None:
    """Lock the open file for this process alone, until it is closed. Raises PathError if another holds it."""
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise PathError(f"{path}: another process uses this {what}; wait for it to end") from error


def write_all(fd: int, data: bytes) -> None:
    """Write all of `data`, however many calls that takes. Raises OSError."""
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def sync(fd: int) -> None:
    """fsync, which a character device need not know."""
    if stat.S_ISREG(os.fstat(fd).st_mode):
        os.fsync(fd)


def check_in_place(fd: int, path: Path, length: int) -> None:
    """Raise PathError unless the open file is still the one at `path`, with all of its `length` bytes."""
    facts = os.fstat(fd)
    if not stat.S_ISREG(facts.st_mode):
        return
    try:
        there = path.lstat()
    except FileNotFoundError:
        there = None
    if there is None or (there.st_dev, there.st_ino) != (facts.st_dev, facts.st_ino):
        raise PathError("it was moved or deleted while the run wrote to it")
    if facts.st_size < length:
        raise PathError("it was cut while the run wrote to it")


def sync_folder(path: Path) -> None:
    """Make the entries of a folder durable, as after making or renaming a file in it (fsync(2))."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def write_private(path: Path, data: bytes) -> None:
    """Put `data` at `path` at once and durably: a reader sees the old file or the new one. Raises OSError."""
    if path.is_symlink():
        raise PathError(f"{path}: is a symlink, which is never followed here")
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        fd = open_private(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        try:
            write_all(fd, data)
            sync(fd)
        finally:
            os.close(fd)
        part.rename(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)
