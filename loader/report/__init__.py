"""Reporting: what a person and a script are told.

While a run goes on:

    screen          a live display, plain lines, or nothing
    drawing         what the live display and the tables look like; the only module that imports rich
    snapshot        the state of a run at one moment
    sentences       events as lines of text
    run_log         events as JSON lines

At its end:

    counters        events counted for the report
    final           the report
    destination     the place where it is written
    breakdown       failed rows by type with advice, totals, the next command
    error_catalogue every error type, what it means and what to do
    left_out        what a replay left out
    comparison      what a rehearsal found

For all of it:

    output          standard output and error, whatever the locale and however they end
    best_effort     output that may go away while the load goes on
    phrases         numbers, times and states in words
    safe_text       foreign text without control characters
"""
