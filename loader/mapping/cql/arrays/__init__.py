"""Columns that pyarrow holds -> cells, buffer by buffer. Imported where such columns come up: it needs pyarrow.

array_column     a column: directly where types correspond, else as JSON has its values
json_column      values of an array as JSON has them
buffers          bytes of the values of an array
scalar_cells     cells of values that hold no others
nested_cells     cells of lists, maps and structs
"""
