"""Kinds of targets of the program: a line for each, in the order in which they are shown."""

from __future__ import annotations

from typing import Any

from loader.config.target_kinds import TargetKinds
from loader.targets.kind import TargetKind

ENTRY_POINTS = "loader.targets"  # the group in which packages name kinds of their own, each by its scheme

KINDS: TargetKinds[TargetKind[Any]] = TargetKinds(
    {
        ("http", "https"): "loader.targets.http.kind:HTTP",
        ("cassandra",): "loader.targets.cassandra.kind:CASSANDRA",
    },
    TargetKind,
    ENTRY_POINTS,
)
