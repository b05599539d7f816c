"""Read a stranger's zip archive in memory and within bounds (attack 110).

Nothing is unpacked into a folder. An archive with a name that leads outside, a link, or too much content is
refused as a whole: its maker is hostile, so the rest is not trusted either.
"""

from __future__ import annotations

import stat
import zipfile
import zlib
from io import BytesIO

from credserv.ground.errors import ArchiveError, TooLargeError
from credserv.ground.names import has_unseen

MAX_FILES = 10_000
MAX_FILE_BYTES = 32 * 1_048_576  # one file has everything fetched for 2,500 credentials
MAX_BYTES = 64 * 1_048_576  # of all files together, unpacked
_ENTRY = b"PK\x01\x02"  # begins the entry of each file in the directory (APPNOTE 4.3.12)
_BEGINNINGS = (b"PK\x03\x04", b"PK\x05\x06")
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1


def is_zip(data: bytes) -> bool:
    return data.startswith(_BEGINNINGS)


def read_zip(data: bytes) -> dict[str, bytes]:
    """Return the files by name, in archive order. Raises ArchiveError, TooLargeError."""
    if data.count(_ENTRY) > 2 * MAX_FILES:  # before its directory is read
        raise TooLargeError(f"the archive holds more than {MAX_FILES} files")
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            return _read(archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError) as error:
        raise ArchiveError("the archive cannot be read: it is damaged, or no zip file") from error


def write_zip(files: dict[str, bytes]) -> bytes:
    """Return an archive; the same files give the same bytes."""
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return target.getvalue()


def _read(archive: zipfile.ZipFile) -> dict[str, bytes]:
    entries = archive.infolist()
    if len(entries) > MAX_FILES:
        raise TooLargeError(f"the archive holds more than {MAX_FILES} files")
    files: dict[str, bytes] = {}
    total = 0
    for entry in entries:
        _require_plain(entry)
        if entry.is_dir():
            continue
        if entry.filename in files:
            raise ArchiveError(f"the archive holds two files named {entry.filename[:80]!r}")
        content = _content(archive, entry)
        total += len(content)
        if total > MAX_BYTES:
            raise TooLargeError(f"the files in the archive are larger than {MAX_BYTES} bytes together")
        files[entry.filename] = content
    return files


def _require_plain(entry: zipfile.ZipInfo) -> None:
    """Require a file or folder with a name that stays inside on every system, in a widely readable form."""
    name = entry.orig_filename
    parts = name.replace("\\", "/").removesuffix("/").split("/")
    if has_unseen(name) or ":" in name or any(part in ("", ".", "..") for part in parts):
        raise ArchiveError(f"the archive holds a name that leads out of it: {name[:80]!r}")
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise ArchiveError(f"the archive holds a link or device, which is not followed: {name[:80]!r}")
    if entry.flag_bits & _ENCRYPTED:
        raise ArchiveError("the archive is encrypted: unpack it, and pack it again without a password")
    if entry.compress_type not in _METHODS:
        raise ArchiveError("the archive is packed by a method that is not read: use stored or deflated")


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """Return the content by its real length; the length in the directory is only the stranger's claim."""
    with archive.open(entry) as opened:
        content = opened.read(MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        raise TooLargeError(f"a file in the archive is larger than {MAX_FILE_BYTES} bytes")
    return content
