"""HTTP target: rows as JSON, in requests over pooled connections, with answers read row by row."""
