"""Read JSON member by member and collect every fault with its place (JSON Pointer, RFC 6901).

A reader never stops at the first fault: what is missing or wrong is noted and read as None. The caller
finishes with `FaultList.require`, so that one answer lists everything to correct.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping
from typing import Any

from credserv.ground.errors import Fault, SchemaFaultsError


def pointer(base: str, *keys: str | int) -> str:
    """Return `base` with each key appended as an escaped reference token."""
    tokens = (str(key).replace("~", "~0").replace("/", "~1") for key in keys)
    return base + "".join(f"/{token}" for token in tokens)


def pointer_tokens(text: str) -> list[str]:
    """Return the reference tokens of a pointer, unescaped."""
    return [token.replace("~1", "/").replace("~0", "~") for token in text.split("/")[1:]]


class FaultList:
    """The faults found so far, in order."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, place: str, message: str) -> None:
        self._faults.append(Fault(place, message))

    def extend(self, faults: Collection[Fault]) -> None:
        self._faults.extend(faults)

    @property
    def faults(self) -> tuple[Fault, ...]:
        return tuple(self._faults)

    def require(self, what: str) -> None:
        """Raise SchemaFaultsError with all faults, if any; `what` names what was read."""
        if self._faults:
            count = len(self._faults)
            faults = "one fault" if count == 1 else f"{count} faults"
            raise SchemaFaultsError(f"{what} has {faults}", faults=self._faults)


class ObjectReader:
    """One JSON object: each `read_` notes a fault and returns None for a missing or wrong value.

    Attributes:
        value: anything; what is not an object is one fault and read as empty.
        members: the allowed names, any other being a fault; None to ignore other names.
    """

    def __init__(
        self, value: object, place: str, faults: FaultList, *, members: Collection[str] | None
    ) -> None:
        self.place = place
        self.faults = faults
        self.is_object = isinstance(value, Mapping)
        self._value: Mapping[str, Any] = value if isinstance(value, Mapping) else {}
        if not self.is_object:
            faults.add(place, "an object is expected here")
        elif members is not None:
            self._refuse_others(members)

    def _refuse_others(self, members: Collection[str]) -> None:
        known = ", ".join(sorted(members))
        for name in self._value:
            if name not in members:
                self.faults.add(pointer(self.place, name), f"unknown member; known here are {known}")

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its members, as written."""
        return tuple(self._value)

    def fault(self, name: str, message: str) -> None:
        self.faults.add(pointer(self.place, name), message)

    def read(self, name: str, *, required: bool = False) -> Any:
        """Return the raw value; None when absent or null."""
        value = self._value.get(name)
        if value is None and required and self.is_object:
            self.fault(name, "is required")
        return value

    def read_text(self, name: str, *, required: bool = False, max_chars: int = 1_000) -> str | None:
        """Return text that is not blank, with no control characters except line breaks and tabs."""
        value = self.read(name, required=required)
        if value is None:
            return None
        if not isinstance(value, str):
            self.fault(name, "text is expected")
            return None
        message = text_fault(value, max_chars=max_chars)
        if message:
            self.fault(name, message)
            return None
        return value

    def read_flag(self, name: str) -> bool | None:
        value = self.read(name)
        if value is not None and not isinstance(value, bool):
            self.fault(name, "true or false is expected")
            return None
        return value

    def read_fraction(self, name: str, *, required: bool = False) -> float | None:
        """Return a number from 0 to 1."""
        value = self.read(name, required=required)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
            self.fault(name, "a number from 0 to 1 is expected")
            return None
        return float(value)

    def read_whole(self, name: str, *, low: int, high: int) -> int | None:
        """Return a whole number within bounds, both included."""
        value = self.read(name)
        if value is None:
            return None
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not low <= value <= high or value != int(value):
            self.fault(name, f"a whole number from {low} to {high} is expected")
            return None
        return int(value)

    def read_object(
        self, name: str, *, members: Collection[str] | None, required: bool = False
    ) -> ObjectReader | None:
        value = self.read(name, required=required)
        if value is None:
            return None
        return ObjectReader(value, pointer(self.place, name), self.faults, members=members)

    def read_objects(
        self, name: str, *, members: Collection[str], required: bool = False, max_items: int = 500
    ) -> tuple[ObjectReader, ...]:
        """Return a list of objects as readers; empty when absent or wrong."""
        value = self.read(name, required=required)
        if value is None:
            return ()
        if not isinstance(value, list) or not value:
            self.fault(name, "a list with at least one object is expected")
            return ()
        if len(value) > max_items:
            self.fault(name, f"at most {max_items} entries are read")
            return ()
        place = pointer(self.place, name)
        return tuple(
            ObjectReader(item, pointer(place, index), self.faults, members=members)
            for index, item in enumerate(value)
        )


def text_fault(text: str, *, max_chars: int) -> str:
    """Return what is wrong with a text; '' for nothing."""
    if not text.strip():
        return "is empty"
    if len(text) > max_chars:
        return f"is longer than {max_chars} characters"
    if text.isprintable():  # true of nearly all
        return ""
    if any(unicodedata.category(char) in ("Cc", "Cs") and char not in "\n\r\t" for char in text):
        return "holds control characters"
    return ""
