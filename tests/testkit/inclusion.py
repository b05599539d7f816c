"""Whether a path proves an entry of a Merkle tree: what somebody else does with the proofs that we give."""

from __future__ import annotations

from collections.abc import Sequence

from credserv.ground.merkle import node_hash


def includes(leaf: bytes, position: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Section 2.1.3.2."""
    if not 0 <= position < size:
        return False
    at, last, found = position, size - 1, leaf
    for one in path:
        if not last:
            return False
        if at & 1 or at == last:
            found = node_hash(one, found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, one)
        at, last = at >> 1, last >> 1
    return not last and found == root
