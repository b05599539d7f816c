"""A framework published as a ZIP of tables, as ESCO's and O*NET's downloads are.

Its maker may be hostile: the amount unpacked is bounded by what is read, not by what the file claims.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator

from credserv.ground.errors import InputError, TooLargeError
from credserv.ground.tables import MAX_BYTES

MAX_FILES = 200
MAX_UNPACKED = 4 * MAX_BYTES
_MAGIC = b"PK\x03\x04"
_READ = (".csv", ".tsv", ".txt", ".json", ".jsonld")
_PASSED_OVER = ("readme", "license", "licence", "dictionary", "read me")  # about the files, and none of them
_PIECE = 1_048_576


def is_archive(data: bytes) -> bool:
    return data.startswith(_MAGIC)


def unpack(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of each file that may contain a framework, by name.

    Collections, which name skills of the other files again, come last. Raises InputError, TooLargeError.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if "[Content_Types].xml" in archive.namelist():  # Office Open XML (ISO 29500-2, section 7.2)
                raise InputError("this is a spreadsheet or a document, and no table in text: save it as CSV")
            members = [one for one in archive.infolist() if _is_read(one)]
            if len(members) > MAX_FILES:
                raise TooLargeError(f"at most {MAX_FILES} files of an archive are read")
            members.sort(key=lambda one: ("collection" in one.filename.lower(), one.filename))
            room = MAX_UNPACKED
            for member in members:
                content = _read(archive, member, min(room, MAX_BYTES))
                room -= len(content)
                yield member.filename.rpartition("/")[2], content
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise InputError("the archive cannot be read: it is damaged, or locked with a password") from error


def _is_read(member: zipfile.ZipInfo) -> bool:
    name = member.filename.rpartition("/")[2].lower()
    hidden = name.startswith((".", "_")) or "__macosx" in member.filename.lower()
    return name.endswith(_READ) and not hidden and not name.startswith(_PASSED_OVER)


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo, most: int) -> bytes:
    pieces, size = [], 0
    with archive.open(member) as file:
        while piece := file.read(_PIECE):
            size += len(piece)
            if size > most:
                raise TooLargeError(
                    f"an archive may hold {MAX_UNPACKED} bytes, each of its files {MAX_BYTES}"
                )
            pieces.append(piece)
    return b"".join(pieces)
