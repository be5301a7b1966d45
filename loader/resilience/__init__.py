"""Resilience policies: small values and state machines that decide and do no I/O.

One thread touches them, so they hold no locks. Time (`now` monotonic, `wall` since the epoch, both in seconds) and
chance (in [0, 1)) are arguments; nothing here sleeps, logs, or knows the engine or the targets.

    backoff        how long a failed batch waits
    retry_after    how long the server asks to wait
    gate           nothing passes while the server asked to wait; afterwards it opens by and by
    breaker        a target in ill health is left alone, then probed
    concurrency    how many requests may be under way
    rate           rows and bytes a second
    error_limits   when the errors of a run are too many
    alert          when the errors of the last minute are anomalous
    aggregation    errors as counts and first samples
"""
