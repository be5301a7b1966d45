"""Buckets as locations: `s3://bucket/key`, `gs://bucket/key`, `az://container/key`; folders and globs too."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from loader.sources.errors import InputError, OutOfReachError
from loader.sources.locations.access import Access
from loader.sources.locations.base import LocationKind
from loader.sources.locations.globs import folder_of, has_magic, matching
from loader.sources.locations.names import is_by_product
from loader.sources.locations.remote.mirrors import origins_of
from loader.sources.locations.remote.object_origin import ObjectOrigin, as_origin_errors, facts_of
from loader.sources.locations.remote.origin import Facts, OriginError
from loader.sources.locations.remote.remote_file import RemoteFile
from loader.sources.locations.remote.stores import OPEN_TO_ALL, open_store

if TYPE_CHECKING:
    from obstore.store import ObjectStore

_URL = re.compile(r"([A-Za-z0-9]+)://([^/?#@]+)(?:/+(.*))?", re.DOTALL)


class ObjectKind(LocationKind):
    """An object, a glob of objects, or a folder, of which `recursive` takes all.

    A key that exists stands for itself, whatever characters it holds.
    """

    schemes = ("s3", "gs", "az")
    has_mirrors = True

    def expand(self, pattern: str, access: Access) -> Sequence[RemoteFile]:
        return _Bucket(pattern, access).expand()


KIND = ObjectKind()


def object_origin(url: str, access: Access) -> ObjectOrigin:
    """The object that `url` names, as an origin. Raises InputError."""
    bucket = _Bucket(url, access)
    return bucket.origin(bucket.key)


class _Bucket:
    """The bucket of a URL, and what of it is meant: `key`, a pattern perhaps."""

    def __init__(self, pattern: str, access: Access) -> None:
        found = _URL.fullmatch(pattern)
        if found is None:
            scheme = pattern.partition("://")[0].lower()
            raise InputError(f"{scheme}://: expected {scheme}://bucket/path, without user or password")
        self._access = access
        self._scheme = found[1].lower()
        self._url = f"{self._scheme}://{found[2]}"
        self._open_to_all = OPEN_TO_ALL[self._scheme]
        self.key = found[3] or ""
        self._store: ObjectStore = access.clients.of(self._url, partial(open_store, self._scheme, found[2], access))

    def origin(self, key: str) -> ObjectOrigin:
        return ObjectOrigin(self._store, self._url, key, self._open_to_all, self._access.retry)

    def expand(self) -> Sequence[RemoteFile]:
        """Raises InputError."""
        if self.key and not self.key.endswith("/") and (not has_magic(self.key) or self._is_there(self.key)):
            return self._one()
        if has_magic(self.key):
            return self._listed(self.key, "no object matches")
        return self._folder()

    def _one(self) -> Sequence[RemoteFile]:
        """The object, or the folder that is meant: a folder is nothing but the beginning of keys."""
        if self._access.recursive and not self._is_there(self.key) and self._is_folder():
            return self._folder()
        return [self._file(self.key)]

    def _explained(self, error: InputError) -> InputError:
        """Why what was named cannot be read: it may be a folder. Who may not list may well read."""
        if isinstance(error, OutOfReachError) or self._is_there(self.key) or not self._is_folder():
            return error
        return self._is_a_folder()

    def _is_a_folder(self) -> InputError:
        here = f"{self._url}/{self.key}".rstrip("/")
        return InputError(f"{here}/: is a folder; name its files, like '{here}/*.jsonl', or take all: --recursive")

    def _folder(self) -> Sequence[RemoteFile]:
        if not self._access.recursive:
            raise self._is_a_folder()
        return self._listed(f"{self.key.rstrip('/')}/**".lstrip("/"), "no object is in it", is_folder=True)

    def _listed(self, pattern: str, none: str, *, is_folder: bool = False) -> Sequence[RemoteFile]:
        folder = folder_of(pattern)
        listed = self._list(folder)
        keys = sorted(matching(pattern, listed))
        if is_folder:
            keys = [key for key in keys if not is_by_product(key[len(folder) :])]
        if not keys:
            raise InputError(f"{self._url}/{self.key}: {none}")
        files = [self._file(key) for key in keys]
        for key, file in zip(keys, files, strict=True):
            file.know(listed[key])
        return files

    def _file(self, key: str) -> RemoteFile:
        own = self.origin(key)
        return RemoteFile(own.name, origins_of(own.name, own, self._access), self._access, self._explained)

    def _is_there(self, key: str) -> bool:
        try:
            self.origin(key).facts()
        except OriginError:
            return False
        return True

    def _is_folder(self) -> bool:
        try:
            return bool(self._list(f"{self.key}/"))
        except InputError:
            return False

    def _list(self, folder: str) -> dict[str, Facts]:
        """The objects of a folder and all below it, by key."""
        import obstore

        try:
            with as_origin_errors(self._open_to_all, self._access.retry):
                return {
                    found["path"]: facts_of(found["size"], found["e_tag"], found["last_modified"])
                    for part in obstore.list(self._store, folder.rstrip("/") or None, chunk_size=1000)
                    for found in part
                    if not found["path"].endswith("/")
                }
        except OriginError as error:
            raise InputError(f"{self._url}/{folder}: cannot be listed: {error.told}") from error
