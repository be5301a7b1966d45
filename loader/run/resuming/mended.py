"""Inputs that were cut short when a run read them, and are whole now."""

from __future__ import annotations

from loader.checkpoint.folder import Manifest
from loader.sources.formats.base import format_of
from loader.sources.inputs import Input, Inputs
from loader.sources.locations.base import Fingerprint


def mended_inputs(inputs: Inputs, run: Manifest) -> frozenset[int]:
    """The indexes of those that begin like the inputs of `run` and go on behind them, where rows have an end of theirs.

    What a run could not read to its end then had none; its chunks are compared when they come again.
    """
    pairs = zip(inputs, run.inputs, strict=True)
    return frozenset(at for at, (now, before) in enumerate(pairs) if _goes_on(now, before.fingerprint))


def _goes_on(now: Input, before: Fingerprint) -> bool:
    layout = now.source.layout
    return format_of(layout.format).has_end(layout) and now.location.goes_on_behind(before)
