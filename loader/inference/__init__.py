"""Inference: a CQL table and a config that load some files, proposed from their rows.

candidates        types that the texts or values of a column may have, each judged by its own codec
column_profile    what is known of a column once its rows were looked at
array_profile     the same of a column of arrays, as Parquet has
profiles          those of all columns of some rows
key_search        columns that tell rows apart
null_words        words that mean nothing, where the rest of a column is no text
proposal          table and config as they are proposed, and what is unsure of them
inferring         rows of inputs -> a proposal
writing           a proposal as CQL and TOML
"""
