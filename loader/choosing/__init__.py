"""Choosing of rows: those of the inputs that are meant, by their number and by what stands in them.

choice     all of it, chunk by chunk
field_values  what stands at a path in each row
sampling   a share of all rows, the same ones for the same seed
where      rows held against a condition
"""

from loader.choosing.choice import RowChoice

__all__ = ["RowChoice"]
