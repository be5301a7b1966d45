"""Texts of inputs: what they mean, whatever reads them.

text_meaning      nulls, empty texts, numbers
number_spelling   what stands before the fraction of a number, and between thousands
"""
