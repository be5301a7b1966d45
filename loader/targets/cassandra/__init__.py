"""Cassandra target: rows into a table, by the native protocol version 4.

kind                 what the program knows of Cassandra tables as targets
settings             the section of one in the config
open_table, session  settings -> a connected cluster
schema               what the driver knows of a table -> `mapping.cql.Table`
replicas             whether there can be as many replicas as the consistency asks for
statement            the CQL that writes a row, and what its markers take
batcher, routes      rows -> batches of one replica set or partition
protocol             batches -> bytes -> answers
classify             what an answer that is not a success means
error_types          error types of answers, and of attempts without one
conditional          the answer to a lightweight transaction
table_plan           how rows become requests, without a cluster
timestamps           write timestamps of rows
target               the target itself
preview              statements and settings as text, secrets masked
offline              the same for a schema file: maps, sends nothing
"""
