"""Number of worker processes of a load."""

from __future__ import annotations

import os
from ipaddress import ip_address
from urllib.parse import urlsplit

from loader.run.plan import Plan

_SMALL = 64 * 2**20  # bytes of input: less is loaded before more workers have started and paid for themselves


def workers_for(plan: Plan) -> int:
    """The number of processes that parse, map, cut and send; 1 means that the parent does it itself.

    A replay, a dry run and what must go in the order of the file have one worker, whatever was asked for.
    """
    asked = plan.config.concurrency.workers
    if plan.dry_run or plan.replay is not None or plan.config.concurrency.max_in_flight == 1:
        return 1
    if asked != "auto":
        return asked
    if not _is_large(plan):
        return 1
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    shared = any(_is_here(target.url) for target in plan.targets.values())
    return max(1, cores - shared)


def _is_large(plan: Plan) -> bool:
    sizes = [source.size for source in plan.inputs.sources]
    known = [size for size in sizes if size is not None]
    return len(known) == len(sizes) and sum(known) >= _SMALL


def _is_here(url: str) -> bool:
    """Whether a host of the URL is this machine; one that may be is not asked for."""
    return any(_is_loopback(urlsplit(f"//{each}").hostname or "") for each in urlsplit(url).netloc.split(","))


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
