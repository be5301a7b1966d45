"""Durable files: what must survive a crash, and be read by its owner alone.

files                private files and folders: mode 0600, never through a symlink, written whole, synced
locked_lines         append-only files of whole lines, locked to one process
checksummed_lines    the same with a checksum for each line: checkpoints and replay marks
"""
