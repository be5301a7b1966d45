"""HTTP endpoints: rows mapped to JSON, cut into requests, sent over pooled connections, answers read row by row."""
