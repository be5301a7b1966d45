"""Rows -> CQL: the types and tables of Cassandra, and values as the bytes its native protocol carries."""
