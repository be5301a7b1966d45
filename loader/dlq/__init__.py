"""Dead letter queues: written, read back, replayed and inspected.

letter            one dead letter as a JSON line
letter_factory    letters of rows that failed, made by the batch
writer            the one writer of a queue
queue_lines       the lines of a queue with their places
source            letters back to rows, for a replay
rereading         the row of a letter, as it was or as it was mended
replayed          marks of the letters that replays have settled
selection         filters of letters
inspect           counts and letters, for people
export            rows of letters as a file of their own form
recognition       whether a file is a dead letter queue
error_types       error types of letters that cannot be replayed
errors            errors of a queue as a whole
"""
