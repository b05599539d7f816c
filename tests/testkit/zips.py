"""Zip archives of strangers, as no honest program makes them."""

from __future__ import annotations

import stat
import zipfile
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
