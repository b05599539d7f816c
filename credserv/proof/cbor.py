"""The part of CBOR (RFC 8949) that proof values are made of: unsigned integers, bytes, arrays and maps.

Everything has a definite length in its shortest spelling, and the input ends with the item; tags, texts,
floats and all else are refused. Depth and the number of items are bounded by the caller's input length.
"""

from __future__ import annotations

from credserv.errors import InputError

Value = int | bytes | list["Value"] | dict[int, "Value"]

_UNSIGNED, _BYTES, _ARRAY, _MAP = 0, 2, 4, 5
_MAX_DEPTH = 4


def decode_cbor(data: bytes) -> Value:
    """Raises InputError. Maps have unsigned integers as keys, each once."""
    value, end = _decode(data, 0, 0)
    if end != len(data):
        raise InputError("CBOR with something after its end")
    return value


def _decode(data: bytes, at: int, depth: int) -> tuple[Value, int]:
    major, number, at = _head(data, at)
    if major == _UNSIGNED:
        return number, at
    if number > len(data) - at or depth > _MAX_DEPTH:  # every element takes a byte at least
        raise InputError("CBOR that is cut short, or too deep")
    if major == _BYTES:
        return data[at : at + number], at + number
    if major == _ARRAY:
        return _array(data, at, number, depth)
    if major == _MAP:
        return _map(data, at, number, depth)
    raise InputError(f"CBOR of major type {major}, which has no place here")


def _array(data: bytes, at: int, number: int, depth: int) -> tuple[Value, int]:
    items: list[Value] = []
    for _ in range(number):
        item, at = _decode(data, at, depth + 1)
        items.append(item)
    return items, at


def _map(data: bytes, at: int, number: int, depth: int) -> tuple[Value, int]:
    members: dict[int, Value] = {}
    for _ in range(number):
        key, at = _decode(data, at, depth + 1)
        if not isinstance(key, int) or key in members:
            raise InputError("a CBOR map with a key that is no number, or twice the same")
        members[key], at = _decode(data, at, depth + 1)
    return members, at


def _head(data: bytes, at: int) -> tuple[int, int, int]:
    """Major type, argument, and where the content begins (section 3)."""
    if at >= len(data):
        raise InputError("CBOR that is cut short")
    major, short = data[at] >> 5, data[at] & 0x1F
    if short < 24:
        return major, short, at + 1
    if short > 27:
        raise InputError("CBOR of indefinite length, or malformed")
    size = 1 << (short - 24)
    argument = data[at + 1 : at + 1 + size]
    number = int.from_bytes(argument, "big")
    if len(argument) != size or number < (24 if size == 1 else 1 << (4 * size)):
        raise InputError("CBOR that is cut short, or a number that is not in its shortest form")
    return major, number, at + 1 + size
