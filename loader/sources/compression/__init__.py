"""Compression: the plain bytes of compressed inputs, found by magic bytes and read as streams.

base              compression: how it is told, and what decompresses a member
compressions      the list of compressions: gzip, zstd, bzip2, xz, lz4
gzip_members      members of gzip by zlib, which gives out what stands before damage
decompressed      the plain bytes of a source
"""
