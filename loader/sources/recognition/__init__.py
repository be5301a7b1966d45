"""Recognition: what an input is, told by its name and its first bytes.

recognised        the format of an input, and what speaks for it
contradictions    refusals of what is surely something else
head              first bytes of an input, read as far as it takes
signatures        files that are no text, by their magic bytes
json_texts        JSON that is no line a row
wrappers          one JSON object with the rows in an array within
foreign_texts     text in other formats, by its first lines
letters           dead letters, which are no rows to push
foreign           what such a file is called, and the command that makes rows of it
"""
