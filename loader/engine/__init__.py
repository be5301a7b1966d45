"""Engine: coordinator, admission, pump and lanes; decides what is sent when.

All of it is touched by one thread, on a clock that is given; targets and readers answer through the inbox.

    coordinator     the loop of a load, from the first chunk to the last settled row or a stop
    settings        limits and periods of a run
    periodic        limits of errors and time, commits, alerts and the screen, by the clock
    inbox           the one queue of messages to that loop
    interrupts      requests from outside that a run end
    chunk_reader    chunks on request, read in a thread of its own
    input_progress  whether a chunk was asked for, how the input ended, what was never taken up
    admission       chunks to preparation, prepared batches to the pump
    held_rows       rows that batchers hold back, and for how long
    pump            what is sent when
    flights         the attempts under way
    failover        batches on their way to fallbacks
    lanes           one target with its queue and policies, and what an answer says of the target as a whole
    pending         a batch that is not settled, with the history of its attempts, and what it holds
    judge           what an answer means for each row of a batch
    hand_back       rows that a stopped run leaves, and which of them may have arrived
    recovery        what follows when a worker is lost
    run_state       whether the run is to stop, and the bytes that pending rows hold
    stopping        the announcement of a stop, and its grace time
    stop            the reasons for which a run ends early
    stray_quotes    rows with quotes inside unquoted fields, counted and told at the end
"""
