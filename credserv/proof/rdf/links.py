"""Quads attached to blank nodes, and the hash of a blank node by the quads that mention it.

Source: RDF Dataset Canonicalization 1.0, section 4.6 (Hash First Degree Quads).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Link(NamedTuple):
    """A quad with blank nodes other than its subject, or in a named graph.

    Strings are finished N-Quads terms.

    `predicate` ends in a space.
    """

    subject: str | int
    predicate: str
    object: str | int
    graph: str | int | None = None


def first_degree_hashes(
    own: Sequence[Sequence[str]], links: Sequence[Link], nodes: Iterable[int], hash_name: str
) -> list[str]:
    """Return the hashes of some blank nodes (section 4.6.3).

    `own` and `links` are as in Dataset, without repeats.
    """
    new_hash = getattr(hashlib, hash_name)
    mentions = mentions_of(links)
    return [
        new_hash(_first_degree(node, own[node], mentions.get(node, ())).encode()).hexdigest()
        for node in nodes
    ]


def mentions_of(links: Sequence[Link]) -> dict[int, list[Link]]:
    """Return the links that mention each blank node."""
    mentions: dict[int, list[Link]] = {}
    for link in links:
        subject, _, obj, graph = link
        if type(obj) is int:
            mentions.setdefault(obj, []).append(link)
        if type(subject) is int and subject != obj:
            mentions.setdefault(subject, []).append(link)
        if type(graph) is int and graph != obj and graph != subject:
            mentions.setdefault(graph, []).append(link)
    return mentions


def _first_degree(node: int, rests: Sequence[str], mentions: Sequence[Link]) -> str:
    """Return what is hashed for a node: `_:a` stands for it, `_:z` for any other blank node."""
    quads = ["_:a " + rest for rest in rests]
    for subject, predicate, obj, graph in mentions:
        if type(subject) is int:
            subject = "_:a" if subject == node else "_:z"
        if type(obj) is int:
            obj = "_:a" if obj == node else "_:z"
        if type(graph) is int:
            graph = "_:a" if graph == node else "_:z"
        quads.append(
            f"{subject} {predicate}{obj} .\n" if graph is None else f"{subject} {predicate}{obj} {graph} .\n"
        )
    quads.sort()
    return "".join(quads)
