"""Small expressions that keys hold: text to values, or a refusal that says where and what was expected.

symbols      words, texts, numbers and signs, with their places
field_path  a field, or what lies within one
call        values made of fields by functions
member_path  the way to an array in JSON
condition   what rows must be like: comparisons joined by `and`
"""
