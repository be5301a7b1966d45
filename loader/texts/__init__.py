"""Texts of inputs: what they mean, whatever reads them.

text_meaning      nulls, empty texts, numbers
time_zone         zones of times that say none
epochs            numbers as times
number_spelling   what stands before the fraction of a number, and between thousands
"""
