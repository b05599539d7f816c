"""The sample of an audit, which anyone can recompute: committed to before the period, revealed after it."""

from __future__ import annotations

import hashlib
import hmac
import math
from collections.abc import Collection
from fractions import Fraction


def commitment(seed_hex: str) -> str:
    """Return the SHA-256 of the seed's hex text, as hex. It is published before the audited period."""
    return hashlib.sha256(seed_hex.encode()).hexdigest()


def sample_size(population: int, share: float, minimum: int) -> int:
    """Return min(N, max(minimum, ceil(share * N))).

    `share` counts as decimal text, so 0.1 of 20 is 2 and not 3.
    """
    return min(population, max(minimum, math.ceil(Fraction(str(share)) * population)))


def draw(seed_hex: str, population: Collection[str], *, share: float, minimum: int) -> list[str]:
    """Return the ids with the smallest HMAC-SHA256 under the seed, sorted by id.

    Raises:
        ValueError: The seed is not hex.
    """
    seed = bytes.fromhex(seed_hex)
    size = sample_size(len(population), share, minimum)

    def place(one: str) -> str:
        return hmac.new(seed, one.encode(), "sha256").hexdigest()

    return sorted(sorted(population, key=place)[:size])


def chance_of_finding(population: int, drawn: int, bad: int) -> float:
    """Return how likely a draw contains at least one of `bad` cases: 5 of 43 find
    one of 4 with probability 0.40.
    """
    if not population:
        return 0.0
    return 1 - math.comb(population - min(bad, population), drawn) / math.comb(population, drawn)
