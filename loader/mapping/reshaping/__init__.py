"""Reshaping of rows: which fields they have at the target, before their values are encoded for it.

shape           what `[mapping]` says of fields, compiled
object_shaper   JSON rows, one by one, as JSON
functions       values computed of fields
name_clash      why a row does not fit that would have two fields of one name
column_shaper   rows of columns, column by column
"""
