"""The IETF's Token Status List: many small numbers in one signed token, to revoke SD-JWT VCs.

Source: draft-ietf-oauth-status-list, sections 4 (the list), 5 and 6 (token, reference) and 7 (values).
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from credserv.ground.encoding import decode_base64url, encode_base64url
from credserv.ground.errors import InputError, StatusError, StatusListLengthError, StatusListUnusableError
from credserv.ground.json_types import JsonObject
from credserv.status.bitstring import MAX_LIST_BYTES

ENTRY_TYPE = "TokenStatusList"
SPEC = "Token Status List (IETF), 8.3"
VALID, INVALID, SUSPENDED = range(3)
_SIZES = (1, 2, 4, 8)
_MAX_INDEX = MAX_LIST_BYTES * 8
_MAX_URL_CHARS = 2_000


@dataclass(frozen=True)
class Reference:
    """Where the status of a token is."""

    list_url: str
    index: int


def parse_reference(entry: JsonObject) -> Reference:
    """Parse the `status_list` of a token, with its type. Raises StatusError."""
    index, url = entry.get("idx"), entry.get("uri")
    if type(index) is not int or not 0 <= index < _MAX_INDEX:
        raise StatusError("idx of the status is no index of a list")
    if not isinstance(url, str) or not 0 < len(url) <= _MAX_URL_CHARS:
        raise StatusError("uri of the status is no address of a list")
    return Reference(url, index)


def list_of(claims: JsonObject) -> tuple[int, str]:
    """Return bits per entry and the compressed list. Raises StatusListUnusableError."""
    listed = claims.get("status_list")
    size, text = (listed.get("bits"), listed.get("lst")) if isinstance(listed, Mapping) else (None, None)
    if type(size) is not int or size not in _SIZES or not isinstance(text, str):
        raise StatusListUnusableError("the token carries no list of 1, 2, 4 or 8 bits for each entry")
    return size, text


def unpack(text: str) -> bytes:
    """Decompress a list, with bounded cost. Raises StatusListUnusableError."""
    inflater = zlib.decompressobj()
    try:
        packed = inflater.decompress(decode_base64url(text), MAX_LIST_BYTES + 1)
    except (InputError, zlib.error) as error:
        raise StatusListUnusableError("the list is not zlib in base64url") from error
    if len(packed) > MAX_LIST_BYTES:
        raise StatusListUnusableError(f"the list is longer than {MAX_LIST_BYTES} bytes")
    if not inflater.eof or inflater.unused_data or not packed:
        raise StatusListUnusableError("the list is cut short, empty, or has something behind its end")
    return packed


def number_at(packed: bytes, size: int, index: int) -> int:
    """Return a number, from the least significant bit of each byte.

    Raises StatusListLengthError past the end.
    """
    place = index * size
    if place // 8 >= len(packed):
        raise StatusListLengthError(f"index {index} lies behind the end of the list")
    return packed[place // 8] >> place % 8 & (1 << size) - 1


def pack_bits(bits: bytes) -> str:
    """Return the `lst` with one bit an entry from the bits of a Bitstring Status List.

    There the most significant bit of a byte comes first, here the least significant one (section 4.1). The
    same bits give the same text.
    """
    return encode_base64url(zlib.compress(bits.translate(_REVERSED), 9))


_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
