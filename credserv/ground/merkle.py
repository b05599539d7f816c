"""Merkle trees as in RFC 6962, section 2, with the proofs of RFC 9162, section 2.1.

A tree is read through `Hashes`, which returns the hash of any complete subtree, so that proving one leaf does
not need all of them in memory.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

from credserv.ground.errors import InputError

# Level and index of a complete subtree: its 2**level leaves begin at index * 2**level.
Hashes = Callable[[int, int], bytes]


def leaf_hash(data: bytes) -> bytes:
    return hashlib.sha256(b"\0" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def root_of(size: int, hashes: Hashes) -> bytes:
    """Return the root of the first `size` leaves; of none, the hash of nothing (section 2.1)."""
    return _root(0, size, hashes) if size else hashlib.sha256().digest()


def root_of_leaves(leaves: Sequence[bytes]) -> bytes:
    """Return the root over the hashes of all leaves."""
    row = list(leaves)
    if not row:
        return hashlib.sha256().digest()
    while len(row) > 1:  # an odd one goes up unchanged, which is what section 2.1 amounts to
        pairs = [node_hash(*row[at : at + 2]) for at in range(0, len(row) - 1, 2)]
        row = pairs + row[len(pairs) * 2 :]
    return row[0]


def prove_inclusion(position: int, size: int, hashes: Hashes) -> list[bytes]:
    """Return the path from a leaf, counted from 0, to the root of the first `size` (section 2.1.3.1).

    Raises InputError for a leaf that is not among them.
    """
    if not 0 <= position < size:
        raise InputError(f"there is no entry {position} among the first {size}")
    return _path(position, 0, size, hashes)


def prove_consistency(first: int, second: int, hashes: Hashes) -> list[bytes]:
    """Prove that the first `first` of `second` leaves are unchanged (section 2.1.4.1). Raises InputError."""
    if not 0 < first <= second:
        raise InputError(f"a head of {first} entries is no earlier one of {second}")
    return _consistency(first, 0, second, hashes, is_whole=True)


def includes(leaf: bytes, position: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Return whether the tree of `size` leaves has this leaf hash there (RFC 9162, section 2.1.3.2)."""
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


def continues(first: int, first_root: bytes, second: int, second_root: bytes, path: Sequence[bytes]) -> bool:
    """Return whether the second tree begins with the first, unchanged (section 2.1.4.2)."""
    if not 0 < first <= second:
        return False
    if first == second:
        return not path and first_root == second_root
    proof = list(path) if first & (first - 1) else [first_root, *path]
    if not proof:
        return False
    at, last = first - 1, second - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old = new = proof[0]
    for one in proof[1:]:
        if not last:
            return False
        if at & 1 or at == last:
            old, new = node_hash(one, old), node_hash(one, new)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            new = node_hash(new, one)
        at, last = at >> 1, last >> 1
    return not last and (old, new) == (first_root, second_root)


def _split(size: int) -> int:
    """Return the largest power of two below it."""
    return 1 << (size - 1).bit_length() - 1


def _root(start: int, size: int, hashes: Hashes) -> bytes:
    """Hash a range. Subtrees begin at multiples of their size, so the complete ones are looked up."""
    if size & (size - 1) == 0:
        level = size.bit_length() - 1
        return hashes(level, start >> level)
    split = _split(size)
    return node_hash(_root(start, split, hashes), _root(start + split, size - split, hashes))


def _path(position: int, start: int, size: int, hashes: Hashes) -> list[bytes]:
    if size == 1:
        return []
    split = _split(size)
    if position < split:
        return [*_path(position, start, split, hashes), _root(start + split, size - split, hashes)]
    return [
        *_path(position - split, start + split, size - split, hashes),
        _root(start, split, hashes),
    ]


def _consistency(first: int, start: int, size: int, hashes: Hashes, *, is_whole: bool) -> list[bytes]:
    if first == size:
        return [] if is_whole else [_root(start, size, hashes)]
    split = _split(size)
    if first <= split:
        return [
            *_consistency(first, start, split, hashes, is_whole=is_whole),
            _root(start + split, size - split, hashes),
        ]
    return [
        *_consistency(first - split, start + split, size - split, hashes, is_whole=False),
        _root(start, split, hashes),
    ]
