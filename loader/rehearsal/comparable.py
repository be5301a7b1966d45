"""CQL bytes -> something that is equal for values that mean the same, and can be shown."""

from __future__ import annotations

from collections.abc import Hashable
from itertools import batched
from typing import Any

from loader.mapping.cql.cells import cells
from loader.mapping.cql.types import CqlType

_COUNT = 4  # bytes before the elements of a collection
_SHOWN = 200  # characters of a value
