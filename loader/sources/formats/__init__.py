"""Formats of rows.

parsers           the parser of each format
jsonl             JSON Lines
delimited         CSV and TSV
"""
