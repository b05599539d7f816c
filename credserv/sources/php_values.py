"""PHP's `serialize` format, in which Moodle's log stores further details of an event (`other`).

Null, booleans, numbers, texts and arrays are read. Objects are not: reading one would instantiate it.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from credserv.ground.errors import InputError

_MAX_DEPTH = 16
_MAX_ITEMS = 10_000
_MOST_DIGITS = 300


def parse_php(text: str) -> Any:
    """Return the value, arrays as dicts. Raises InputError for anything but one complete value."""
    reader = _Reader(text.encode("utf-8", "surrogatepass"))
    try:
        value = reader.read(0)
    except (ValueError, IndexError, InvalidOperation) as error:
        raise InputError("this is no value as PHP serializes it") from error
    if reader.at != len(reader.data):
        raise InputError("more follows on the value that PHP serialized")
    return value


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0
        self.items = 0

    def read(self, depth: int) -> Any:
        kind = self.data[self.at : self.at + 2]
        self.at += 2
        if kind == b"N;":
            return None
        if kind == b"s:":
            return self._text()
        if kind == b"a:":
            return self._array(depth)
        number = self._until(b";")
        if kind == b"b:" and number in ("0", "1"):
            return number == "1"
        if kind == b"i:":
            return int(number)
        if kind == b"d:":
            return _decimal(number)
        raise ValueError("an object, a reference, or nothing of PHP's")

    def _until(self, mark: bytes) -> str:
        end = self.data.index(mark, self.at)
        if end - self.at > 400:
            raise ValueError("too long for a number")
        found = self.data[self.at : end].decode("ascii")
        self.at = end + 1
        return found

    def _text(self) -> str:
        """Read a text; its length is in bytes."""
        octets = int(self._until(b":"))
        found = self.data[self.at + 1 : self.at + 1 + octets]
        ends = self.data[self.at : self.at + 1], self.data[self.at + 1 + octets : self.at + 3 + octets]
        if octets < 0 or ends != (b'"', b'";'):
            raise ValueError("not a text")
        self.at += octets + 3
        return found.decode("utf-8")

    def _array(self, depth: int) -> dict[str, Any]:
        count = int(self._until(b":"))
        self.items += count
        if depth >= _MAX_DEPTH or not 0 <= count <= _MAX_ITEMS or self.items > _MAX_ITEMS:
            raise ValueError("too deep or too many")
        self._expect(b"{")
        found = {}
        for _ in range(count):
            key = self.read(_MAX_DEPTH)
            found[str(key)] = self.read(depth + 1)
        self._expect(b"}")
        return found

    def _expect(self, mark: bytes) -> None:
        if self.data[self.at : self.at + 1] != mark:
            raise ValueError("not an array")
        self.at += 1


def _decimal(text: str) -> Decimal:
    """Return a number. Raises ValueError for INF, NAN, and numbers no score has."""
    found = Decimal(text)
    if not found.is_finite() or abs(found.adjusted()) > _MOST_DIGITS:
        raise ValueError("no number that can be kept")
    return found
