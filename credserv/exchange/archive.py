"""The archive a person takes along when leaving: which files are in it, and how they belong together.

    index.html        for people, without scripts
    credentials/      each as stored, byte for byte
    issuers/          DID documents, as of when the archive was made
    fetched/          signed status lists, and anything else a verification had to fetch
    contexts/         the JSON-LD contexts that the credentials name
    consents.json     what the holder consented to, in terms of the Data Privacy Vocabulary
    log.json          for each that the maker issued, the proof that its signature is in the log of signatures
    verdicts.json     the verdict on each, at that time
    manifest.json     the SHA-256 of every file above, and what each is
    manifest.jwt      the service's signature over the manifest

Nothing is believed on an archive's word alone: it says what was fetched, and who says so.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from credserv.ground.encoding import format_instant, parse_instant
from credserv.ground.errors import ArchiveError, InputError
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json_object

TYPE = "credserv-archive"
VERSION = 1
MANIFEST, SIGNATURE = "manifest.json", "manifest.jwt"
CREDENTIALS = "credentials/"
LOG = "log.json"
# For the files read here, with 2,500 credentials: a list of files, and a proof of each.
_BOUNDS = {"max_bytes": 8 * 1_048_576, "max_members": 100_000}


@dataclass(frozen=True)
class Page:
    """What an address served."""

    body: bytes
    media_type: str


@dataclass(frozen=True)
class Packed:
    """One credential of the archive.

    Attributes:
        file: its name, which begins with `credentials/`.
        for_holder: whether the maker issued it, to the person whose archive it is.
    """

    file: str
    content: bytes
    name: str = ""
    for_holder: bool = False


@dataclass(frozen=True)
class Archive:
    """An archive.

    Attributes:
        made_at: when everything in it was fetched and checked.
        made_by: the DID that the signature names.
        documents: DID documents by DID.
        pages: by address.
        signature: over the manifest, not yet verified.
        holder: whose archive it is, by what they proved to the maker: as subjects of a credential, with
            hashed addresses. The maker thereby states that what it issued to a work address is theirs, even
            after that address is gone.
        logged: by file, its place in its issuer's log.
    """

    made_at: datetime
    made_by: str
    credentials: tuple[Packed, ...]
    documents: Mapping[str, JsonObject] = field(default_factory=dict)
    pages: Mapping[str, Page] = field(default_factory=dict)
    signature: str = ""
    holder: tuple[JsonObject, ...] = ()
    logged: Mapping[str, JsonObject] = field(default_factory=dict)


def is_archive(files: Mapping[str, bytes]) -> bool:
    """Return whether it claims to be an archive of ours, and nothing more."""
    if MANIFEST not in files:
        return False
    try:
        return parse_json_object(files[MANIFEST], **_BOUNDS).get("type") == TYPE
    except InputError:
        return False


def pack(archive: Archive, others: Mapping[str, bytes]) -> tuple[dict[str, bytes], bytes]:
    """Return the files, and the manifest to sign. `others` are files for people or programs."""
    files: dict[str, bytes] = dict(others)
    files |= {one.file: one.content for one in archive.credentials}
    issuers: dict[str, Any] = {}
    for number, (did, document) in enumerate(archive.documents.items(), 1):
        name = f"issuers/{number}.json"
        files[name] = json.dumps(document, ensure_ascii=False, indent=1).encode()
        issuers[did] = {"file": name, "fetched_at": format_instant(archive.made_at)}
    fetched: dict[str, Any] = {}
    for number, (url, page) in enumerate(archive.pages.items(), 1):
        name = f"fetched/{number}"
        files[name] = page.body
        fetched[url] = {
            "file": name,
            "media_type": page.media_type,
            "fetched_at": format_instant(archive.made_at),
        }
    manifest = {
        "type": TYPE,
        "version": VERSION,
        "made_at": format_instant(archive.made_at),
        "made_by": archive.made_by,
        "holder": [dict(subject) for subject in archive.holder],
        "credentials": [
            {"file": one.file, "name": one.name, "for_holder": one.for_holder} for one in archive.credentials
        ],
        "issuers": issuers,
        "fetched": fetched,
        "files": {name: {"sha256": digest(content)} for name, content in sorted(files.items())},
    }
    return files, json.dumps(manifest, ensure_ascii=False).encode()


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def open_archive(files: Mapping[str, bytes]) -> Archive:
    """Open an archive.

    The signature shows whether the manifest itself was altered.

    Raises:
        ArchiveError: a file differs from the manifest, is not listed, or is missing.
    """
    try:
        manifest = parse_json_object(files[MANIFEST], **_BOUNDS)
        signature = files[SIGNATURE].decode("ascii").strip()
        _require_listed(manifest, files)
        return _read(manifest, files, signature)
    except (KeyError, TypeError, AttributeError, UnicodeDecodeError, InputError) as error:
        if isinstance(error, ArchiveError):
            raise
        raise ArchiveError("its list of files or its signature is missing, or cannot be read") from error


def _require_listed(manifest: JsonObject, files: Mapping[str, bytes]) -> None:
    listed = manifest["files"]
    present = files.keys() - {MANIFEST, SIGNATURE}
    altered = [
        name for name in sorted(present & listed.keys()) if digest(files[name]) != listed[name]["sha256"]
    ]
    for names, said in (
        (altered, "was changed since the archive was made"),
        (sorted(listed.keys() - present), "is missing"),
        (sorted(present - listed.keys()), "was added since the archive was made"),
    ):
        if names:
            more = f", and {len(names) - 1} more" if len(names) > 1 else ""
            raise ArchiveError(f"the archive was altered: {names[0][:80]}{more} {said}")


def _read(manifest: JsonObject, files: Mapping[str, bytes], signature: str) -> Archive:
    if manifest.get("type") != TYPE or manifest.get("version") != VERSION:
        raise ArchiveError("it is an archive of a kind or version that is not read here")
    entries = [*manifest["credentials"], *manifest["issuers"].values(), *manifest["fetched"].values()]
    if len({entry["file"] for entry in entries}) < len(entries):  # read again for each name, it would not end
        raise ArchiveError("its list names one file for several things")
    return Archive(
        made_at=parse_instant(manifest["made_at"]),
        made_by=str(manifest["made_by"]),
        credentials=tuple(_packed(manifest["credentials"], files)),
        documents={
            did: parse_json_object(files[entry["file"]]) for did, entry in manifest["issuers"].items()
        },
        pages={
            url: Page(files[entry["file"]], str(entry["media_type"]))
            for url, entry in manifest["fetched"].items()
        },
        signature=signature,
        holder=tuple(manifest.get("holder", ())),
        logged=parse_json_object(files[LOG], **_BOUNDS) if LOG in files else {},
    )


def _packed(entries: Iterable[JsonObject], files: Mapping[str, bytes]) -> Iterable[Packed]:
    for entry in entries:
        name = entry["file"]
        if not isinstance(name, str) or not name.startswith(CREDENTIALS):
            raise ArchiveError("its list names a credential that is not in its folder")
        yield Packed(name, files[name], str(entry["name"]), entry.get("for_holder") is True)
