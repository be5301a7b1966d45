"""Dead letters: how they are written, read back, replayed and looked into. Parts are imported by module."""
