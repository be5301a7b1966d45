"""Worker processes: they parse, map, batch and send; the parent alone decides and writes.

A worker is what the parent's own threads would be, elsewhere. The pump, its policies, the ledger and its commit are in
the parent and are the very objects that a load without workers has: breaker, gate, limits, backoff, splitting and the
fate of each row are decided in one place, whatever the number of workers. What crosses the process boundary:

    parent -> worker    Work         a chunk, to be parsed, mapped and batched; its bytes stay with the parent, too
                        Send         an attempt to start now, at a batch that lies at the worker or some of its rows
                        PrepareAgain rows of a batch, to be batched anew for another target
                        Flush        hand over what batchers still hold
                        Limit        smaller requests from now on
                        Forget       a batch that nobody asks for again
    worker -> parent    Ready        it has opened its targets
                        Pieces       what was made of these: batches as ordinals, sizes and a key
                        Answers      how attempts ended
                        Broken       a defect of the program; the worker ends
                        Unopened     a target cannot be reached; the worker ends

The parent sees a batch that lies at a worker as a `Batch` like any other: its payload is a reference that only
`RemoteTarget` understands, and its rows are read again from the parent's copy of the chunk if they are looked at, which
only a failure makes necessary (`references`).

**What is promised.** The parent never waits for a worker: its sockets do not block, and what waits to be written is
bounded, because a worker has one chunk to parse at a time and attempts are bounded by `max_in_flight`. A worker may
wait for the parent. A request is sent only when the parent has said so, and what may not be repeated is noted durably
before.

**When a worker dies**, attempts under way there are ambiguous; its chunks are given to others, which batch them alike,
and rows that are settled by then are left out, as in a resume. A chunk at which two workers died, one after the other
and with none of its rows settled between, stops the run. When the parent dies, the sockets close and the workers end
at once. Signals that end a run are blocked in workers from their first instruction: the parent alone obeys them.

    messages       what is said
    channel        frames over a socket that never blocks
    channel_inbox  one queue for messages of sockets, threads and signals
    process        the worker itself
    spawn          starts a worker, and holds the parent's end of its channel
    handle         what the parent knows of one worker
    references     batches that lie at a worker, as the parent sees them
    pool           all of them: who gets what, and the replacement of lost ones
    error_types    error types of rows whose worker died
"""
