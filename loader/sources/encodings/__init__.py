"""Encodings: text of any encoding as UTF-8.

marks             byte order marks
misfits           bytes that are no character of an encoding
transcoded        a source of text as one of UTF-8
likely            the encoding that a text may have
"""
