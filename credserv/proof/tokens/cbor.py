"""The part of CBOR (RFC 8949) that proof values use: unsigned integers, bytes, arrays and maps.

Lengths are definite and in their shortest spelling, and the input ends with the item. Tags, floats and
everything else are refused, negative integers and texts too unless `also` allows them. The length of the
input, which the caller bounds, bounds the depth and the number of items.
"""

from __future__ import annotations

from credserv.ground.errors import InputError

Value = int | bytes | str | list["Value"] | dict[int, "Value"]

_UNSIGNED, NEGATIVE, _BYTES, TEXT, _ARRAY, _MAP = range(6)
_ALWAYS = frozenset({_UNSIGNED, _BYTES, _ARRAY, _MAP})
_MAX_DEPTH = 4


def decode_cbor(data: bytes, also: frozenset[int] = frozenset()) -> Value:
    """Decode one item. Map keys are integers, each used once. Raises InputError.

    Args:
        also: NEGATIVE, TEXT, or both.
    """
    value, end = _decode(data, 0, 0, _ALWAYS | also)
    if end != len(data):
        raise InputError("CBOR with something after its end")
    return value


def encode_cbor(value: Value) -> bytes:
    """Encode a value as `decode_cbor` reads it; a map's members stay in the given order."""
    if isinstance(value, int):
        return _begin(_UNSIGNED, value) if value >= 0 else _begin(NEGATIVE, -1 - value)
    if isinstance(value, bytes):
        return encode_bytes(value)
    if isinstance(value, str):
        content = value.encode()
        return _begin(TEXT, len(content)) + content
    if isinstance(value, list):
        return _begin(_ARRAY, len(value)) + b"".join(map(encode_cbor, value))
    members = [encode_cbor(key) + encode_cbor(member) for key, member in value.items()]
    return _begin(_MAP, len(value)) + b"".join(members)


def encode_bytes(content: bytes) -> bytes:
    """Return a byte string with its length in the shortest spelling."""
    return _begin(_BYTES, len(content)) + content


def _begin(major: int, number: int) -> bytes:
    if number < 24:
        return bytes([major << 5 | number])
    power = next(power for power in range(4) if number < 1 << (8 << power))
    return bytes([major << 5 | 24 + power]) + number.to_bytes(1 << power, "big")


def _decode(data: bytes, at: int, depth: int, majors: frozenset[int]) -> tuple[Value, int]:
    major, number, at = _head(data, at)
    if major not in majors:
        raise InputError(f"CBOR of major type {major}, which has no place here")
    if major in (_UNSIGNED, NEGATIVE):
        return (number if major == _UNSIGNED else -1 - number), at
    if number > len(data) - at or depth > _MAX_DEPTH:  # every element takes at least a byte
        raise InputError("CBOR that is cut short, or too deep")
    if major == _ARRAY:
        return _array(data, at, number, depth, majors)
    if major == _MAP:
        return _map(data, at, number, depth, majors)
    content = data[at : at + number]
    return (content if major == _BYTES else _text(content)), at + number


def _text(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise InputError("CBOR with a text that is not UTF-8") from error


def _array(data: bytes, at: int, number: int, depth: int, majors: frozenset[int]) -> tuple[list[Value], int]:
    items: list[Value] = []
    for _ in range(number):
        item, at = _decode(data, at, depth + 1, majors)
        items.append(item)
    return items, at


def _map(
    data: bytes, at: int, number: int, depth: int, majors: frozenset[int]
) -> tuple[dict[int, Value], int]:
    members: dict[int, Value] = {}
    for _ in range(number):
        key, at = _decode(data, at, depth + 1, majors)
        if not isinstance(key, int) or key in members:
            raise InputError("a CBOR map with a key that is no number, or twice the same")
        members[key], at = _decode(data, at, depth + 1, majors)
    return members, at


def _head(data: bytes, at: int) -> tuple[int, int, int]:
    """Return major type, argument, and where the content begins (section 3)."""
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
