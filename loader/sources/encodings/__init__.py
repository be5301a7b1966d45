"""Encodings: text of any encoding as UTF-8.

marks             byte order marks
misfits           bytes that are no character of an encoding
utf_8             a source of text as one of UTF-8
transcoded        the same of other encodings
likely            the encoding that a text may have
"""
