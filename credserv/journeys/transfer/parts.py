"""Split what was handed in into single credentials, each byte for byte as it is in the whole.

It may be a zip archive, the backup of a wallet app, a list, a presentation, a CLR (which is kept itself too,
because a record is more than its contents), or several links or tokens, one per line. Nothing is checked
here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

import msgspec

from credserv.carriers.zip_file import is_zip, read_zip
from credserv.exchange.archive import CREDENTIALS, is_archive
from credserv.ground.encoding import decode_base64url
from credserv.ground.errors import ArchiveError, InputError, TooLargeError
from credserv.journeys.check.submission import COMPACT

MAX_PARTS = 2_500
_MAX_ITEMS = 1_000_000  # of a file, at any depth: each becomes an object before they are counted
_WALLET = "UniversalWallet2020"  # as Learner Credential Wallet 2.2 exports it
_PRESENTATION, _CLR = "VerifiablePresentation", "ClrCredential"

_NOTHING = msgspec.Raw(b"")
T = TypeVar("T")


@dataclass(frozen=True)
class Part:
    """A part.

    Attributes:
        name: By which the person recognises it: its file, and its place in it.
    """

    name: str
    data: bytes


class _Held(msgspec.Struct):
    """Anything that may contain credentials.

    A member of an unexpected type disqualifies it; missing members are empty.
    """

    type: Any = None
    status: Any = None
    contents: list[msgspec.Raw] | None = None
    verifiableCredential: msgspec.Raw = _NOTHING  # noqa: N815  the standard's own name
    credentialSubject: msgspec.Raw = _NOTHING  # noqa: N815  the standard's own name
    proof: Any = None
    badge: Any = None
    vc: msgspec.Raw = _NOTHING


def take_apart(data: bytes, name: str = "") -> tuple[Part, ...]:
    """Return at least one part; something without parts is one itself.

    Raises:
        ArchiveError: An archive is empty or cannot be read.
        TooLargeError: There are more than MAX_PARTS.
    """
    if is_zip(data):
        parts = tuple(islice(_in_files(read_zip(data)), MAX_PARTS + 1))
        if not parts:
            raise ArchiveError("the archive is empty")
    else:
        parts = tuple(_inside(data, name))
    _require_few(parts)
    return parts


def _require_few(parts: Sequence[object]) -> None:
    if len(parts) > MAX_PARTS:
        raise TooLargeError(f"it holds more than {MAX_PARTS} credentials; bring them in several files")


def _in_files(files: dict[str, bytes]) -> Iterator[Part]:
    """Yield from our own archives only what is listed as a credential; from others, every file."""
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
    lines = text.split(None, MAX_PARTS)
    if len(lines) > 1 and all(map(_stands_alone, lines[:MAX_PARTS])):
        _require_few(lines)
        return [Part(_numbered(name, number), line) for number, line in enumerate(lines, 1)]
    return _in_token(text, name) or [Part(name, data)]


def _stands_alone(line: bytes) -> bool:
    return COMPACT.fullmatch(line) is not None or line.startswith((b"https://", b"http://"))


def _in_list(text: bytes, name: str) -> list[Part]:
    """Return the profiles of a wallet's backup, or credentials."""
    items = _items(text) or []
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
    _require_few(kept)
    return [Part(_numbered(name, number), item) for number, item in enumerate(kept, 1)]


def _is_credential(text: bytes) -> bool:
    """Return whether it is a credential and not a key, DID document or profile from the same list."""
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
    """Return the credentials of a CLR, which are members of its subject (CLR 2.0, section 4)."""
    if _CLR not in _types(found):
        return []
    subject = _read(bytes(found.credentialSubject), _Held)
    held = _several(subject.verifiableCredential, name) if subject is not None else []
    return [Part(name, text), *held]


def _in_token(text: bytes, name: str) -> list[Part]:
    """Return what a CLR signed as a token contains."""
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
    items = _items(bytes(value))
    raw = [value] if items is None else items
    return [Part(_numbered(name, number), _bare(bytes(item))) for number, item in enumerate(raw, 1)]


def _items(text: bytes) -> list[msgspec.Raw] | None:
    """Return the items of a list; None if it is not one."""
    items = _read(text, list[msgspec.Raw])
    _require_few(items or ())
    return items


def _types(found: _Held) -> list[Any]:
    return found.type if isinstance(found.type, list) else [found.type]


def _bare(text: bytes) -> bytes:
    """Return a token without its JSON quotes."""
    return json.loads(text).encode(errors="replace") if text.startswith(b'"') else text


def _numbered(name: str, number: int) -> str:
    return f"{name} ({number})".lstrip()


def _read(text: bytes, shape: type[T]) -> T | None:
    if text.count(b",") > _MAX_ITEMS:
        raise TooLargeError(f"it holds more than {_MAX_ITEMS} items; bring them in several files")
    try:
        return msgspec.json.decode(text, type=shape)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return None
