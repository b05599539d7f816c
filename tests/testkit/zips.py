"""Compressed things of strangers, as no honest program makes them: zip archives and bombs."""

from __future__ import annotations

import stat
import zipfile
import zlib
from io import BytesIO


def zip_of(*files: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return target.getvalue()


def link(name: str) -> zipfile.ZipInfo:
    """The entry of a symbolic link; its content is where it leads."""
    entry = zipfile.ZipInfo(name)
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry


def renamed(archive: bytes, old: bytes, new: bytes) -> bytes:
    """With another name of the same length, in each place where it stands."""
    assert len(old) == len(new)
    return archive.replace(old, new)


_PIECE = 2**20


def zlib_bomb(byte: bytes, mebibytes: int) -> bytes:
    """What unpacks to one byte again and again, made of one packed piece: to pack it all takes seconds."""
    sums, piece = 1, byte * _PIECE
    for _ in range(mebibytes):
        sums = zlib.adler32(piece, sums)
    return b"\x78\xda" + _deflated(byte, mebibytes) + sums.to_bytes(4, "big")


def gzip_bomb(byte: bytes, mebibytes: int) -> bytes:
    sums, piece = 0, byte * _PIECE
    for _ in range(mebibytes):
        sums = zlib.crc32(piece, sums)
    size = (mebibytes * _PIECE).to_bytes(4, "little")
    return b"\x1f\x8b\x08\0\0\0\0\0\x02\xff" + _deflated(byte, mebibytes) + sums.to_bytes(4, "little") + size


def _deflated(byte: bytes, mebibytes: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    piece = packer.compress(byte * _PIECE) + packer.flush(zlib.Z_FULL_FLUSH)
    return piece * mebibytes + packer.flush()
