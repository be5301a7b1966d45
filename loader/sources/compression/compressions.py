"""Compressions: a line for each compression. What decompresses one is imported where such a file turns up."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec

from loader.sources.compression.base import Compression, Unpacker
from loader.sources.compression.gzip_members import GzipMember

_XZ_MEMORY = 256 * 2**20  # bytes: the largest dictionary of `xz -9` takes a quarter of it


@cache
def _has_isal() -> bool:
    """Whether ISA-L is installed, as it is with the extra `fast`: it has a third of the work of zlib.

    Of damaged data it does not give out up to 64 KiB before the damage, which zlib does.
    """
    return find_spec("isal") is not None


def _gzip() -> Unpacker:
    if not _has_isal():
        return GzipMember()
    from isal import igzip_lib

    member: Unpacker = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)
    return member


def _gzip_errors() -> tuple[type[Exception], ...]:
    if not _has_isal():
        return ()
    from isal import igzip_lib

    damaged: type[Exception] = igzip_lib.error  # type: ignore[assignment] # its stub calls the class a value
    return (damaged,)


def _zstd() -> Unpacker:
    from backports import zstd

    frame: Unpacker = zstd.ZstdDecompressor()
    return frame


def _zstd_errors() -> tuple[type[Exception], ...]:
    from backports import zstd

    return (zstd.ZstdError,)


def _bzip2() -> Unpacker:
    import bz2

    return bz2.BZ2Decompressor()


def _xz() -> Unpacker:
    import lzma

    return lzma.LZMADecompressor(lzma.FORMAT_XZ, _XZ_MEMORY)


def _xz_errors() -> tuple[type[Exception], ...]:
    import lzma

    return (lzma.LZMAError,)


def _lz4() -> Unpacker:
    import lz4.frame

    frame: Unpacker = lz4.frame.LZ4FrameDecompressor()
    return frame


COMPRESSIONS = (
    Compression("gzip", (b"\x1f\x8b",), (".gz",), _gzip, _gzip_errors, padding=b"\0"),
    Compression(
        "zstd",
        (b"\x28\xb5\x2f\xfd", *(b"%c\x2a\x4d\x18" % low for low in range(0x50, 0x60))),  # and skippable frames
        (".zst", ".zstd"),
        _zstd,
        _zstd_errors,
        extra="zstd",
    ),
    Compression(
        "bzip2",
        tuple(b"BZh%d" % size + block for size in range(1, 10) for block in (b"1AY&SY", b"\x17\x72\x45\x38\x50\x90")),
        (".bz2",),
        _bzip2,
        lambda: (OSError,),
    ),
    Compression("xz", (b"\xfd7zXZ\0",), (".xz",), _xz, _xz_errors, padding=b"\0"),
    Compression("lz4", (b"\x04\x22\x4d\x18",), (".lz4",), _lz4, lambda: (RuntimeError,), extra="lz4"),
)

ENDINGS = tuple(ending for each in COMPRESSIONS for ending in each.endings)
"""What names of compressed files end with, in lower case."""
