"""A disk that can crash at any of its operations, and then forgets what was not made durable."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

from loader.durable import files


class Crash(BaseException):
    """The process is gone."""


class Disk:
    """Stands between `loader.durable.files` and the files of one folder. Operations are counted; one goes wrong."""

    def __init__(self, folder: Path, chance: Random) -> None:
        self.failed = self.crashed = self.forgot = False
        self._folder = folder
        self._chance = chance
        self._left = 0
        self._full = self._unsynced = False
        self._found: dict[str, int] = {}  # bytes of each file when the process began
        self._dropped: set[str] = set()  # files whose pages an fsync failed to write: no later one writes them
        self.zeros = self.drops = 0  # tails that came back as zeros, and fsyncs that failed
        self._durable: dict[str, int] = {}  # bytes of each file that survive a loss of power
        self._named: set[str] = set()  # names that the folder itself keeps through one

    def arm(self, fails_at: int, *, full: bool, unsynced: bool = False) -> None:
        """The operation with this number, from 1, goes wrong: the process dies there.

        With `full` it is the disk that is full: from there on every write fails. With `unsynced` the next fsync fails,
        and the kernel drops the pages that it should have written, but for those who read them before the power goes.
        """
        self._left, self._full, self._unsynced = fails_at, full, unsynced
        self.failed = self.crashed = False

    @contextmanager
    def mounted(self) -> Iterator[None]:
        replaced: dict[str, Any] = {"write_all": self._write_all, "sync": self._sync, "sync_folder": self._sync_folder}
        self._found = {path.name: path.stat().st_size for path in self._folder.iterdir()}
        # What was dropped and cut is gone: what is written in its place is written like anything else.
        self._dropped = {name for name in self._dropped if self._found.get(name, 0) > self._durable.get(name, 0)}
        with patch.multiple(files, **replaced):
            yield

    def step(self) -> None:
        """One operation; raises Crash if it is the one."""
        if self._goes_wrong() and not (self._full or self._unsynced):
            self._crash()

    def unmount(self) -> None:
        """Close what a dead process had open. Every other crash is a loss of power: what was not durable is lost, any
        part of the tails that were not synced, and names that no folder keeps."""
        for fd in map(int, os.listdir("/proc/self/fd")):
            with suppress(OSError):
                if Path(os.readlink(f"/proc/self/fd/{fd}")).parent == self._folder:
                    os.close(fd)
        if self.crashed and self._chance.random() < 0.5:
            self._forget()

    def _forget(self) -> None:
        self.forgot = True
        for path in self._folder.iterdir():
            size, durable = path.stat().st_size, self._durable.get(path.name, 0)
            if path.name not in self._named and self._chance.random() < 0.5:
                path.unlink()
            elif size > durable:
                kept = self._chance.randint(durable, size)
                os.truncate(path, kept)
                if self._chance.random() < 0.3:  # the length was written, and the pages were not
                    os.truncate(path, size)
                    self.zeros += kept < size
        self._dropped.clear()
        self._named = {path.name for path in self._folder.iterdir()}
        self._durable = {path.name: path.stat().st_size for path in self._folder.iterdir()}

    def _goes_wrong(self) -> bool:
        self._left -= 1
        self.failed = self.failed or self._left <= 0
        return self.failed

    def _write_all(self, fd: int, data: bytes) -> None:
        if not self._goes_wrong() or self._unsynced:
            os.write(fd, data)
            return
        os.write(fd, data[: self._chance.randrange(len(data) + 1)])
        if self._full:
            raise OSError(errno.ENOSPC, "No space left on device")
        self._crash()

    def _crash(self) -> None:
        self.crashed = True
        raise Crash

    def _sync(self, fd: int) -> None:
        self.step()
        path = Path(os.readlink(f"/proc/self/fd/{fd}"))
        size = path.stat().st_size
        if self.failed and self._unsynced:
            self._unsynced = False
            self.drops += 1
            self._dropped.add(path.name)
            # What an earlier process left is held to be written by then: no one could tell that it was dropped.
            self._durable[path.name] = max(self._durable.get(path.name, 0), self._found.get(path.name, 0))
            raise OSError(errno.EIO, "Input/output error")
        if path.name not in self._dropped:
            self._durable[path.name] = size

    def _sync_folder(self, path: Path) -> None:
        self.step()
        self._named |= {entry.name for entry in path.iterdir()}
