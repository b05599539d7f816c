"""Merkle trees: the vectors of certificate transparency's reference code, and every proof of small trees."""

from __future__ import annotations

import pytest

from credserv.ground.errors import InputError
from credserv.ground.merkle import (
    Hashes,
    continues,
    includes,
    leaf_hash,
    node_hash,
    prove_consistency,
    prove_inclusion,
    root_of,
)

# The leaves that implementations of RFC 6962 share, and the roots of their first n.
LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = {
    0: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    4: "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    5: "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    6: "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    7: "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}


def hashes_of(leaves: list[bytes]) -> Hashes:
    def hash_of(level: int, index: int) -> bytes:
        if level == 0:
            return leaf_hash(leaves[index])
        return node_hash(hash_of(level - 1, 2 * index), hash_of(level - 1, 2 * index + 1))

    return hash_of


@pytest.mark.parametrize(("size", "root"), ROOTS.items())
def test_roots(size: int, root: str) -> None:
    assert root_of(size, hashes_of(LEAVES)).hex() == root


def test_every_entry_of_a_tree_is_proven_and_nothing_else() -> None:
    leaves = [bytes([number]) for number in range(19)]
    hashes = hashes_of(leaves)
    for size in range(1, 20):
        root = root_of(size, hashes)
        for position in range(size):
            path = prove_inclusion(position, size, hashes)
            leaf = leaf_hash(leaves[position])
            assert includes(leaf, position, size, path, root)
            assert not includes(leaf_hash(b"another"), position, size, path, root)
            assert not includes(leaf, position, size, [*path, root], root)
            assert not includes(leaf, position + size, size, path, root)
            if path:
                assert not includes(leaf, position, size, path[:-1], root)
                assert not includes(leaf, position ^ 1, size, path, root)


def test_a_tree_goes_on_from_each_before_it_and_from_no_other() -> None:
    leaves = [bytes([number]) for number in range(19)]
    hashes = hashes_of(leaves)
    for second in range(1, 20):
        for first in range(1, second + 1):
            path = prove_consistency(first, second, hashes)
            roots = root_of(first, hashes), root_of(second, hashes)
            assert continues(first, roots[0], second, roots[1], path)
            if first == second:
                continue
            other = hashes_of([b"changed", *leaves[1:]])
            assert not continues(first, root_of(first, other), second, roots[1], path)
            assert not continues(first, roots[0], second, root_of(second, other), path)
            assert not continues(first, roots[0], second, roots[1], [*path, roots[0]])


def test_what_is_not_there_has_no_proof() -> None:
    hashes = hashes_of(LEAVES)
    with pytest.raises(InputError):
        prove_inclusion(8, 8, hashes)
    with pytest.raises(InputError):
        prove_consistency(0, 8, hashes)
    with pytest.raises(InputError):
        prove_consistency(9, 8, hashes)
