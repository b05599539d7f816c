"""How long is kept what nobody needs any more, in days; 0 for as long as its person is here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Retention:
    """messages: of learning systems, as they came. letters: that no server would take. results: that visitors
    kept under a link. openings: of shares. deliveries: of messages to other systems that went out."""

    messages: int = 0
    letters: int = 0
    results: int = 30
    openings: int = 0
    deliveries: int = 30
