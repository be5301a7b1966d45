"""Formats of rows. `loader/formats.py` lists them; nobody outside of this folder asks which one a row has.

base              row format: all that the program asks of one
jsonl             JSON Lines
json_parser       lines to JSON objects, and what is wrong with others
json_text         JSON as it comes
delimited         CSV and TSV
arrow             Parquet and Arrow
letter_lines      lines that are dead letters
"""
