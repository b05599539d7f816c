"""Bitstring Status List 1.0: encoding, reading, and the rules that tie a credential's entry to its list.

Index 0 is the leftmost bit of the first byte (section 4.3). Everything here is pure: whoever fetches a list
verifies its proof before reading a status.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from credserv.ground.encoding import decode_base64url, encode_base64url, format_instant
from credserv.ground.errors import (
    InputError,
    StatusError,
    StatusListError,
    StatusListLengthError,
    StatusListUnusableError,
    UnavailableError,
)
from credserv.ground.json_types import JsonObject
from credserv.ground.validity import Period, Validity, parse_validity

MINIMUM_ENTRIES = 131_072  # section 4.2: herd privacy; ours are never smaller
MAX_LIST_BYTES = 16 * 1024 * 1024  # decompressed: 2^27 bits
ENTRY_TYPE = "BitstringStatusListEntry"
_MAX_STATUS_SIZE = 8  # bits; wider messages have not been seen, and a bound is needed
_BASE64_LETTERS = frozenset("uUmM")
_TO_URL = str.maketrans("+/", "-_")
_INDEX = re.compile(r"0|[1-9][0-9]{0,11}", re.ASCII)
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]{1,2}", re.ASCII).fullmatch


# --- bits ---------------------------------------------------------------------------------------


def encode_list(set_indexes: Iterable[int], length: int) -> str:
    """Return the `encodedList` of `length` entries in which exactly `set_indexes` are 1.

    The same bits always give the same text (gzip without a time), so that lists can be compared and cached.

    Raises:
        StatusListError: the length is below MINIMUM_ENTRIES or not in whole bytes, or an index is outside.
    """
    if length < MINIMUM_ENTRIES or length % 8 or length > MAX_LIST_BYTES * 8:
        raise StatusListError(f"a list has at least {MINIMUM_ENTRIES} entries, in whole bytes")
    bits = bytearray(length // 8)
    for index in set_indexes:
        if not 0 <= index < length:
            raise StatusListError(f"index {index} is outside a list of {length} entries")
        bits[index // 8] |= 0x80 >> index % 8
    return "u" + encode_base64url(gzip.compress(bytes(bits), mtime=0))


def decode_list(encoded: str) -> bytes:
    """Return the bits of an `encodedList`; raises StatusListUnusableError.

    Refused: another multibase prefix, anything but one whole gzip member, more than 16 MiB of bits (detected
    while decompressing, so that a bomb costs no more than that).
    """
    if encoded[:1] != "u":
        raise StatusListUnusableError("the encoded list does not start with the multibase letter u")
    inflater = zlib.decompressobj(wbits=31)
    try:
        bits = inflater.decompress(decode_base64url(encoded[1:]), MAX_LIST_BYTES + 1)
    except (InputError, zlib.error) as error:
        raise StatusListUnusableError("the encoded list is not gzip in base64url") from error
    if len(bits) > MAX_LIST_BYTES:
        raise StatusListUnusableError(f"the list is longer than {MAX_LIST_BYTES} bytes")
    if not inflater.eof or inflater.unused_data or not bits:
        raise StatusListUnusableError("the encoded list is cut short, empty, or has something behind its end")
    return bits


def bit_at(bits: bytes, index: int) -> bool:
    """Return whether entry `index` is set; raises StatusListError outside the list."""
    return bool(value_at(bits, index))


def value_at(bits: bytes, index: int, size: int = 1) -> int:
    """Return the unsigned value of entry `index` with `size` bits an entry, leftmost bit first."""
    first = index * size
    if index < 0 or first + size > len(bits) * 8:
        raise StatusListError(f"index {index} is outside the list")
    value = 0
    for position in range(first, first + size):
        value = value << 1 | bits[position // 8] >> (7 - position % 8) & 1
    return value


# --- our own lists ------------------------------------------------------------------------------


def build_status_list_credential(
    *,
    url: str,
    issuer: str,
    purpose: str,
    encoded_list: str,
    valid_from: datetime,
    valid_until: datetime,
    ttl_milliseconds: int,
) -> dict[str, Any]:
    """Build the unsigned BitstringStatusListCredential served at `url` (section 4.2); `issuer` is a DID."""
    return {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "id": url,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer,
        "validFrom": format_instant(valid_from),
        "validUntil": format_instant(valid_until),
        "credentialSubject": {
            "id": f"{url}#list",
            "type": "BitstringStatusList",
            "statusPurpose": purpose,
            "ttl": ttl_milliseconds,
            "encodedList": encoded_list,
        },
    }


# --- entries ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ListKind:
    """A standard for lists of bits: the types of its entry, its credential and that credential's subject."""

    spec: str
    entry: str
    credential: str
    subject: str


def spell_list(encoded: str) -> str:
    """Return an `encodedList` as `decode_list` reads it.

    Issuers also write it as drafts had it, without a multibase letter, or with the letter of another base64:
    in either alphabet, padded or not. Gzip in base64 begins with H4sI, and no multibase does.
    """
    text = encoded if encoded.startswith("H4sI") else encoded[1:]
    if text is not encoded and encoded[:1] not in _BASE64_LETTERS:
        return encoded
    return "u" + text.rstrip("=").translate(_TO_URL)


BITSTRING = ListKind(
    "Bitstring Status List 1.0, 3.2",
    ENTRY_TYPE,
    "BitstringStatusListCredential",
    "BitstringStatusList",
)


@dataclass(frozen=True)
class StatusEntry:
    """One `credentialStatus`.

    Attributes:
        purpose: `revocation`, `suspension`, `message`, `refresh` or an issuer's own.
        size: bits per entry.
        messages: what each value means, for the purpose `message`.
    """

    list_url: str
    index: int
    purpose: str
    size: int = 1
    messages: tuple[tuple[int, str], ...] = ()
    kind: ListKind = BITSTRING

    def message(self, value: int) -> str:
        return dict(self.messages).get(value, "")


def parse_entry(entry: JsonObject) -> StatusEntry:
    """Parse an entry (section 2.1). The index must be in its one decimal spelling: no sign, no leading zero.

    Raises:
        StatusError: two verifiers could read it differently.
        UnavailableError: its values have more bits than we read.
    """
    if ENTRY_TYPE not in strings(entry.get("type")):
        raise StatusError(f"the status entry is not a {ENTRY_TYPE}")
    index = parse_index(entry.get("statusListIndex"))
    purpose, url = purpose_and_list(entry)
    given = entry.get("statusSize")
    size = 1 if given is None else _parse_whole(given, "statusSize")
    if size < 1:
        raise StatusError("statusSize is not a whole number from 1")
    if size > _MAX_STATUS_SIZE:
        raise UnavailableError(f"its values have {size} bits; at most {_MAX_STATUS_SIZE} are read")
    messages = _messages(entry, size) if purpose == "message" else ()  # else words, which decide nothing
    return StatusEntry(url, index, purpose, size, messages)


def parse_index(value: object) -> int:
    """Parse digits, or the number itself, as some issuers write it: no other JSON value is spelt like
    that."""
    return _parse_whole(value, "statusListIndex")


def _parse_whole(value: object, name: str) -> int:
    text = str(value)
    if not _INDEX.fullmatch(text):
        raise StatusError(f"{name} is not a whole number in decimal digits")
    return int(text)


def purpose_and_list(entry: JsonObject) -> tuple[str, str]:
    purpose, url = (
        value[0] if isinstance(value, list) and len(value) == 1 else value  # signed like its only element
        for value in (entry.get("statusPurpose"), entry.get("statusListCredential"))
    )
    if not isinstance(purpose, str) or not purpose or not isinstance(url, str) or not url:
        raise StatusError("the status entry lacks its purpose or the URL of its list")
    return purpose, url


def read_status(
    entry: StatusEntry,
    list_document: JsonObject,
    *,
    now: datetime,
    clock_skew_seconds: int = 60,
    minimum_entries: int = 0,
    decode: Callable[[str], bytes] = decode_list,
) -> int:
    """Return the value of `entry` in a list whose proof is already verified; 0 is *not set*. Section 3.2.

    Args:
        decode: as `decode_list`, possibly with a memory.
        minimum_entries: 0 for no bound, which section 3.2 leaves to each ecosystem.

    Raises:
        StatusListLengthError: the list has fewer entries, so nothing can be concluded.
        StatusListUnusableError: the list is out of date or cannot be decoded.
        StatusListError: the list is of another type or purpose, or too short for the index.
        UnavailableError: as `open_list`.
    """
    listed = open_list(list_document, entry.kind)
    return read_opened(
        entry,
        listed,
        now=now,
        clock_skew_seconds=clock_skew_seconds,
        minimum_entries=minimum_entries,
        decode=decode,
    )


@dataclass(frozen=True)
class OpenedList:
    """What follows from a list's document alone.

    `encoded` is spelt as `decode_list` reads it; None where there is none.
    """

    validity: Validity
    purposes: tuple[str, ...]
    encoded: str | None


def open_list(document: JsonObject, kind: ListKind) -> OpenedList:
    """Open a list's document.

    Raises:
        StatusListError: it is not such a list.
        UnavailableError: its dates cannot be read, which makes no credential false.
    """
    try:
        validity = parse_validity(document)
    except InputError as error:
        raise UnavailableError(f"the dates of the status list cannot be read: {error.detail}") from error
    subject = _list_subject(document, kind)
    encoded = subject.get("encodedList")
    spelt = spell_list(encoded) if isinstance(encoded, str) else None
    return OpenedList(validity, strings(subject.get("statusPurpose")), spelt)


def read_opened(
    entry: StatusEntry,
    listed: OpenedList,
    *,
    now: datetime,
    clock_skew_seconds: int,
    minimum_entries: int,
    decode: Callable[[str], bytes],
) -> int:
    """Return the value as `read_status` does, from a list opened as the entry's kind."""
    period = listed.validity.period(now, clock_skew_seconds=clock_skew_seconds)
    if period is not Period.VALID:
        said = "has expired" if period is Period.EXPIRED else "is not valid yet"
        raise StatusListUnusableError(f"the status list itself {said}")
    if entry.purpose not in listed.purposes:
        raise StatusListError(f"the list does not serve the purpose {entry.purpose!r}")
    if listed.encoded is None:
        raise StatusListUnusableError("the list has no encodedList")
    bits = decode(listed.encoded)
    if len(bits) * 8 // entry.size < minimum_entries:
        raise StatusListLengthError(
            f"the list has {len(bits) * 8 // entry.size} entries; below {minimum_entries} it says nothing"
        )
    return value_at(bits, entry.index, entry.size)


def _list_subject(document: JsonObject, kind: ListKind) -> JsonObject:
    if kind.credential not in strings(document.get("type")):
        raise StatusListError(f"what the status URL serves is not a {kind.credential}")
    subject = document.get("credentialSubject")
    if isinstance(subject, list) and len(subject) == 1:
        subject = subject[0]  # an array of one is signed like its element
    if not isinstance(subject, Mapping) or kind.subject not in strings(subject.get("type")):
        raise StatusListError(f"the subject of the list is not a {kind.subject}")
    return subject


def _messages(entry: JsonObject, size: int) -> tuple[tuple[int, str], ...]:
    """Return `statusMessage`: a list of {"status": "0x0", "message": "..."} (section 4.1).

    Whatever has another form decides no more than the words would: then the value is told without them.
    """
    listed = entry.get("statusMessage", [])
    items = listed if isinstance(listed, list) else [listed]
    found: dict[int, str] = {}
    for item in items[: 1 << size]:
        read = (item.get("status"), item.get("message")) if isinstance(item, Mapping) else ()
        match read:
            case (str(status), str(message)) if _HEXADECIMAL(status) and int(status, 16) not in found:
                found[int(status, 16)] = message
            case _:
                return ()
    return tuple(found.items()) if len(items) <= 1 << size else ()


def strings(value: object) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    return tuple(item for item in values if isinstance(item, str))
