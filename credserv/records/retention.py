"""How long things are kept that nobody needs any more, in days; 0 for as long as their person is here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Retention:
    """Retention times in days.

    Attributes:
        messages: Of learning systems, as received.
        letters: That no server would accept.
        results: That visitors stored under a link.
        openings: Of shares.
        deliveries: Of messages sent to other systems.
    """

    messages: int = 0
    letters: int = 0
    results: int = 30
    openings: int = 0
    deliveries: int = 30
