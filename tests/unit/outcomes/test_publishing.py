"""In which words figures are published."""

from __future__ import annotations

from credserv.outcomes.disclosure import Share
from credserv.outcomes.publishing import gap_words


def test_gaps_are_told_against_the_highest_of_those_who_are_enough() -> None:
    shares = {"few": Share(3, 3), "a": Share(60, 30), "b": Share(40, 12), "c": Share(100, 49)}
    assert gap_words(shares) == [
        "b against a: below four fifths; chance alone may explain it.",
        "c against a: not below four fifths; chance alone may explain it.",
    ]
    assert gap_words({"a": Share(60, 50), "b": Share(60, 20)}) == [
        "b against a: below four fifths; chance alone hardly explains it."
    ]
    assert gap_words({"few": Share(3, 3), "a": Share(60, 30)}) == []
