"""Accounting: the law of rows, and what makes it durable.

    read = delivered + rejected + unknown          rows in the input = read + untouched

chunk_states    state of each row of the unfinished chunks
error_shares    what of this part of the load failed, against the limits of errors
mended_rows     rows that go without some of their values, until their letter is written
ledger          counts, and the one place where a row gets its fate
commit          makes settled rows durable, in this order: letters, replay marks, checkpoint record, run log
resume_state    what earlier parts of the run settled
"""
