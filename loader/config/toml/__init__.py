"""TOML: the text of a config, and what it stands for.

key_lines  key -> line of the text
document   file or text -> its tables
expansion  ${VAR} and file: in the values
"""
