"""Settings of a Cassandra table: its section of the config, and what its keys hold.

cassandra_target    every key once, with default and meaning
table_url           url: hosts, keyspace and table
tls                 certificates of connections
"""
