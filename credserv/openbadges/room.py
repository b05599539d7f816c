"""Bound what is shown again for each item that refers to it, though the document says it once (attack 166).

A document of a megabyte would otherwise be shown as gigabytes. What finds no room is left out, never cut.
"""

from __future__ import annotations

MOST_CHARS = 2 * 1_048_576  # whatever one document says fits once, whoever refers to it


class Room:
    """How many characters are left."""

    def __init__(self) -> None:
        self._left = MOST_CHARS

    def take(self, chars: int) -> bool:
        """Return whether there is room for so many more, and reduce it."""
        self._left -= chars
        return self._left >= 0
