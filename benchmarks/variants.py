"""Credentials as an issuer makes them: those of one achievement, no two alike.

Nobody measured here is given the same credential twice. What differs is what differs in the field: id, dates,
recipient, result, and place in the status list. Issuer and achievement are shared, unless they are to be
strange.
"""

from __future__ import annotations

import copy
import random
from itertools import count
from typing import Any

Document = dict[str, Any]
STRIDE = 8  # the status list leaves every eighth entry unset, from the reference's on


class Variants:
    """Gives each credential once."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._numbers = count(1)

    def take(self, number: int, *, strange: bool = False) -> list[Document]:
        """strange: each with an issuer's profile and an achievement of its own."""
        return [self._vary(next(self._numbers), strange=strange) for _ in range(number)]

    def _vary(self, number: int, *, strange: bool) -> Document:
        chosen = random.Random(number)
        document = copy.deepcopy(self._document)
        document["id"] = f"urn:uuid:{chosen.getrandbits(32):08x}-0000-4000-8000-{chosen.getrandbits(48):012x}"
        document["validFrom"] = (
            f"2026-11-{_two(chosen, 1, 18)}T{_two(chosen, 0, 23)}:{_two(chosen, 0, 59)}:00Z"
        )
        document["awardedDate"] = f"2026-10-{_two(chosen, 1, 30)}T00:00:00Z"
        subject = document["credentialSubject"]
        identity = subject["identifier"][0]
        identity["identityHash"] = f"sha256${chosen.getrandbits(256):064x}"
        identity["salt"] = f"{chosen.getrandbits(32):08x}"
        subject["result"][0]["value"] = chosen.choice("ABC")
        _place(document["credentialStatus"], chosen)
        if strange:
            subject["achievement"]["name"] += f", edition {number}"
            document["issuer"]["name"] += f", branch {number}"
        return document


def _two(chosen: random.Random, least: int, most: int) -> str:
    return f"{chosen.randint(least, most):02}"


def _place(entry: Document, chosen: random.Random) -> None:
    first = int(entry["statusListIndex"]) % STRIDE
    index = first + STRIDE * chosen.randrange(10_000)
    entry["statusListIndex"] = str(index)
    entry["id"] = f"{entry['id'].partition('#')[0]}#{index}"


def is_free(index: int, of: int) -> bool:
    """Whether credentials made from one at the entry `of` may have this entry, so that it must not be set."""
    return index % STRIDE == of % STRIDE
