"""Checkpoints: the run folder, its append-only record of what was settled, and notes of what is under way.

folder      the folder of a run: manifest, lock, listing
log         checksummed records of the rows that are settled
chunk_record     what such a record says of one chunk
reading_order    visits to inputs that were out of reach
requests    the rows of each request that may have arrived, to send it again as it was
spans       sets of rows as runs, and their text form
errors      errors of run folders and checkpoints
"""
