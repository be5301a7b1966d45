"""The same load into a scratch copy of the table on a local Cassandra, read back and compared.

scratch            a keyspace for one rehearsal: made, dropped for certain, left-overs of killed rehearsals too
expected           what one key must hold after the writes that were seen of it
sample             a part of all keys, chosen so that every write of a chosen key is known
accepted_rows      what was accepted: the samples of rows and partitions, and how many keys there were
recording_target   wraps the table and tells `accepted_rows` of every answer
normalised         CQL bytes -> something equal for values that mean the same
reading            rows as the bytes that the server keeps
patience           questions that are asked again where the server has too much to do
comparing          what was read against what was expected
interruption       signals while there is a keyspace to drop
rehearse           all of it on one page
"""
