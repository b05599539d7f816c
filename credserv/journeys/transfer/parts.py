"""What was handed in, taken apart into single credentials, each byte for byte as it stands in the whole.

A zip archive, the backup of a wallet app, a list, a presentation, a CLR (which is kept itself, too: a record
is more than what it holds), or several links or tokens, each on a line. Nothing is judged here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from credserv.carriers.zip_file import is_zip, read_zip
from credserv.exchange.archive import CREDENTIALS, is_archive
from credserv.ground.encoding import decode_base64url
from credserv.ground.errors import ArchiveError, InputError, TooLargeError
from credserv.journeys.check.submission import COMPACT

MAX_PARTS = 2_500
_WALLET = "UniversalWallet2020"  # as Learner Credential Wallet 2.2 exports it
_PRESENTATION, _CLR = "VerifiablePresentation", "ClrCredential"

_NOTHING = msgspec.Raw(b"")
T = TypeVar("T")


@dataclass(frozen=True)
class Part:
    """name: by which the person knows it: of a file, and where in it."""

    name: str
    data: bytes


class _Held(msgspec.Struct):
    """Whatever may hold credentials. Members of an unexpected kind make it something else; what is not there
    is empty."""

    type: Any = None
    status: Any = None
    contents: list[msgspec.Raw] | None = None
    verifiableCredential: msgspec.Raw = _NOTHING  # noqa: N815  the standard's own name
    credentialSubject: msgspec.Raw = _NOTHING  # noqa: N815  the standard's own name
    proof: Any = None
    badge: Any = None
    vc: msgspec.Raw = _NOTHING


def take_apart(data: bytes, name: str = "") -> tuple[Part, ...]:
    """At least one part; what holds nothing else is a part itself. Raises ArchiveError, TooLargeError."""
    if is_zip(data):
        parts = tuple(_in_files(read_zip(data)))
        if not parts:
            raise ArchiveError("the archive is empty")
    else:
        parts = tuple(_inside(data, name))
    if len(parts) > MAX_PARTS:
        raise TooLargeError(f"it holds more than {MAX_PARTS} credentials; bring them in several files")
    return parts


def _in_files(files: dict[str, bytes]) -> Iterator[Part]:
    """Of an archive of ours only what it says are credentials; of any other, every file."""
    is_ours = is_archive(files)
    for name, content in files.items():
        if not is_ours or name.startswith(CREDENTIALS):
            yield from _inside(content, name)


def _inside(data: bytes, name: str) -> Iterable[Part]:
    text = data.strip()
    if text.startswith(b"["):
        return _in_list(text, name) or [Part(name, data)]
    if text.startswith(b"{"):
        return _in_object(text, name) or [Part(name, data)]
    lines = text.split()
    if len(lines) > 1 and all(_stands_alone(line) for line in lines):
        return [Part(_numbered(name, number), line) for number, line in enumerate(lines, 1)]
    return _in_token(text, name) or [Part(name, data)]


def _stands_alone(line: bytes) -> bool:
    return COMPACT.fullmatch(line) is not None or line.startswith((b"https://", b"http://"))


def _in_list(text: bytes, name: str) -> list[Part]:
    """The profiles of a wallet's backup, or credentials."""
    items = _read(text, list[msgspec.Raw]) or []
    found: list[Part] = []
    for number, item in enumerate(items, 1):
        profile = _read(bytes(item), _Held)
        if profile is not None and profile.type == _WALLET:
            found += _in_backup(profile, name)
        else:
            found.append(Part(_numbered(name, number), _bare(bytes(item))))
    return found


def _in_backup(profile: _Held, name: str) -> list[Part]:
    if profile.status != "UNLOCKED" or profile.contents is None:
        raise ArchiveError("the backup is locked: export it from your wallet app without a password")
    kept = [bytes(item) for item in profile.contents if _is_credential(bytes(item))]
    return [Part(_numbered(name, number), item) for number, item in enumerate(kept, 1)]


def _is_credential(text: bytes) -> bool:
    """And no key, DID document or profile, which stand in the same list."""
    found = _read(text, _Held)
    return found is not None and (bytes(found.credentialSubject) != b"" or found.badge is not None)


def _in_object(text: bytes, name: str) -> list[Part]:
    found = _read(text, _Held)
    if found is None:
        return []
    if found.type == _WALLET:
        return _in_backup(found, name)
    if _PRESENTATION in _types(found):
        return _several(found.verifiableCredential, name)
    return _in_record(found, text, name)


def _in_record(found: _Held, text: bytes, name: str) -> list[Part]:
    """CLR 2.0, section 4: the credentials are members of its subject."""
    if _CLR not in _types(found):
        return []
    subject = _read(bytes(found.credentialSubject), _Held)
    held = _several(subject.verifiableCredential, name) if subject is not None else []
    return [Part(name, text), *held]


def _in_token(text: bytes, name: str) -> list[Part]:
    """What a CLR holds that is signed as a token."""
    if COMPACT.fullmatch(text) is None or b"~" in text:
        return []
    try:
        payload = decode_base64url(text.split(b".")[1].decode())
    except InputError:
        return []
    found = _read(payload, _Held)
    if found is not None and bytes(found.vc):
        found = _read(bytes(found.vc), _Held)
    return [] if found is None else _in_record(found, text, name)


def _several(value: msgspec.Raw, name: str) -> list[Part]:
    if not bytes(value):
        return []
    items = _read(bytes(value), list[msgspec.Raw])
    raw = [value] if items is None else items
    return [Part(_numbered(name, number), _bare(bytes(item))) for number, item in enumerate(raw, 1)]


def _types(found: _Held) -> list[Any]:
    return found.type if isinstance(found.type, list) else [found.type]


def _bare(text: bytes) -> bytes:
    """A token that stands as a text in JSON, by itself."""
    return json.loads(text).encode(errors="replace") if text.startswith(b'"') else text


def _numbered(name: str, number: int) -> str:
    return f"{name} ({number})".lstrip()


def _read(text: bytes, shape: type[T]) -> T | None:
    try:
        return msgspec.json.decode(text, type=shape)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return None
