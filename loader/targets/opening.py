"""Opening of a target from its settings."""

from __future__ import annotations

from loader.config.sections import CassandraTarget, TargetSettings
from loader.errors import UsageError
from loader.targets.base import Endpoint
from loader.targets.context import Context


def open_target(settings: TargetSettings, context: Context) -> Endpoint:
    """HTTP targets connect later; a table is connected to, for its columns must be known before a row can be mapped,
    unless a schema file tells them.

    Raises UsageError for settings that do not go together or do not fit the table, TargetDownError where the table
    cannot be asked.
    """
    # Only what is used is imported: either brings libraries of its own.
    if isinstance(settings, CassandraTarget):
        if context.schema is not None:
            from loader.targets.cassandra.offline import open_offline

            return open_offline(settings, context, context.schema)
        from loader.targets.cassandra.opening import open_table

        return open_table(settings, context)
    if context.schema is not None:
        raise UsageError(f"{context.schema}: a schema is for targets of the form cassandra://host/keyspace.table")
    from loader.targets.http.target import HttpEndpoint

    return HttpEndpoint(settings, context)
