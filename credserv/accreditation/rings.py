"""What a programme's owner watches for: people who endorse each other in a circle, and
one person endorsing everybody.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

MOST_SHARE = 0.3  # of a programme's endorsements, by one person
_ENOUGH = 10  # endorsements needed before a share says anything
_LONGEST = 5

Pair = tuple[str, str]  # who endorsed, and whom


def find_rings(pairs: Iterable[Pair]) -> tuple[tuple[str, ...], ...]:
    """Return each circle once, beginning with its smallest id, up to five people;
    longer ones are no arrangement.
    """
    next_of: defaultdict[str, set[str]] = defaultdict(set)
    for one, other in pairs:
        next_of[one].add(other)
    found: list[tuple[str, ...]] = []
    for start in sorted(next_of):
        paths: list[tuple[str, ...]] = [(start,)]
        while paths:
            path = paths.pop()
            for other in sorted(next_of[path[-1]]):
                if other == start and len(path) > 1:
                    found.append(path)
                elif other > start and other not in path and len(path) < _LONGEST and other in next_of:
                    paths.append((*path, other))
    return tuple(sorted(found))


def large_shares(pairs: Iterable[Pair]) -> tuple[tuple[str, float], ...]:
    """Return who gave more than three in ten of the endorsements, largest share first."""
    given = Counter(one for one, _ in pairs)
    total = given.total()
    if total < _ENOUGH:
        return ()
    shares = ((who, number / total) for who, number in given.most_common())
    return tuple((who, share) for who, share in shares if share > MOST_SHARE)
