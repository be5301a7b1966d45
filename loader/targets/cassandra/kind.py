"""Cassandra tables as a kind of target."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from loader.config.contradiction import Contradiction, missing_files, target_key
from loader.error_types import declared_in
from loader.targets.base import Target
from loader.targets.cassandra import error_types
from loader.targets.cassandra.settings.cassandra_target import CassandraTarget
from loader.targets.cassandra.settings.table_url import SCHEME, address_of
from loader.targets.context import Context
from loader.targets.kind import TargetKind


class CassandraKind(TargetKind[CassandraTarget]):
    """`cassandra://`: rows into a table. Opening connects, as its columns are needed to map a row, unless a schema
    file tells them.
    """

    schemes = (SCHEME,)
    forms = ("cassandra://host/keyspace.table",)
    section = CassandraTarget
    title = "Cassandra"
    error_types = tuple(declared_in(error_types))
    example = "table"
    takes_schema = True

    def files_in(self, folder: Path, settings: CassandraTarget) -> CassandraTarget:
        def within(name: str) -> str:
            return str(folder / name) if name else ""

        tls = settings.tls
        if tls is not None:
            tls = replace(tls, ca=within(tls.ca), cert=within(tls.cert), key=within(tls.key))
        return replace(settings, tls=tls, bundle=within(settings.bundle))

    def contradictions(self, settings: CassandraTarget) -> Iterator[Contradiction]:
        files = [("bundle", settings.bundle)]
        if settings.tls is not None:
            files += [("tls", settings.tls.ca), ("tls", settings.tls.cert), ("tls", settings.tls.key)]
        yield from missing_files(settings.name, files)
        if settings.bundle and settings.tls is not None:
            message = "expected no tls beside a bundle, which brings its own"
            yield Contradiction.of(message, target_key(settings.name, "tls"))
        if settings.url and bool(settings.bundle) == bool(address_of(settings.url).hosts):
            expected = "no host in the url beside a bundle" if settings.bundle else "a host in the url"
            yield Contradiction.of(f"expected {expected}", target_key(settings.name, "url"))

    def compared(self, settings: CassandraTarget) -> Mapping[str, str]:
        return {"query": settings.query}

    def open(self, settings: CassandraTarget, context: Context) -> Target:
        if context.schema is not None:
            from loader.targets.cassandra.offline import open_offline

            return open_offline(settings, context, context.schema)
        from loader.targets.cassandra.open_table import open_table

        return open_table(settings, context)


CASSANDRA = CassandraKind()
