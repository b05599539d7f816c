"""Which quads mention a blank node: each once, wherever in it the node stands."""

from __future__ import annotations

import pytest

from credserv.proof.rdf.dataset import _moved
from credserv.proof.rdf.links import Link, mentions_of


@pytest.mark.parametrize(
    ("link", "nodes"),
    [
        (Link(0, "p ", "<urn:o>", None), {0}),
        (Link("<urn:s>", "p ", 1, None), {1}),
        (Link("<urn:s>", "p ", "<urn:o>", 2), {2}),
        (Link("<urn:s>", "p ", "<urn:o>", "<urn:g>"), set()),
        (Link(0, "p ", 1, 2), {0, 1, 2}),
        (Link(0, "p ", 0, None), {0}),
        (Link(0, "p ", 1, 0), {0, 1}),
        (Link(0, "p ", 1, 1), {0, 1}),
        (Link(0, "p ", 0, 0), {0}),
    ],
)
def test_a_quad_is_a_mention_of_each_of_its_nodes(link: Link, nodes: set[int]) -> None:
    assert mentions_of([link]) == {node: [link] for node in nodes}


def test_only_blank_nodes_are_moved() -> None:
    named = Link("<urn:s>", "p ", "<urn:o>", None)
    assert _moved(named, 3) == named
    assert _moved(Link(0, "p ", 1, 2), 3) == Link(3, "p ", 4, 5)
    assert _moved(Link(0, "p ", "<urn:o>", "<urn:g>"), 3) == Link(3, "p ", "<urn:o>", "<urn:g>")
