"""Versions of one badge are steps of one line; whatever order they come in."""

from __future__ import annotations

from itertools import permutations
from typing import Any

from credserv.outcomes.trajectory import build_trajectory

RENEWAL = "urn:uuid:renewal"
SKILL = {"type": ["Alignment"], "targetName": "Feedback", "targetUrl": "https://skills.example/feedback"}


def badge(number: int, awarded: str, begins: str, due: str, *, skill: bool = True) -> dict[str, Any]:
    achievement = {
        "id": f"urn:uuid:{number}",
        "name": f"Mentor {number}",
        "resultDescription": [{"id": RENEWAL, "name": "Renewal due", "resultType": "ext:RenewalDate"}],
        **({"alignment": [SKILL]} if skill else {}),
    }
    return {
        "id": f"https://firm.example/credentials/{number}",
        "issuer": {"id": "did:web:firm.example", "name": "Firm"},
        "awardedDate": awarded,
        "validFrom": begins,
        "credentialSubject": {
            "achievement": achievement,
            "result": [{"resultDescription": RENEWAL, "value": due}],
        },
    }


def test_versions_are_steps_of_one_line() -> None:
    first = badge(1, "2025-01-31T10:00:00Z", "2025-01-31T10:00:00Z", "2026-01-31")
    renewed = badge(1, "2025-01-31T10:00:00Z", "2026-01-10T10:00:00Z", "2027-01-31")
    other = badge(2, "2025-06-01T10:00:00Z", "2025-06-01T10:00:00Z", "2026-06-01", skill=False)
    found = {build_trajectory(order) for order in permutations([first, renewed, other])}
    (lines,) = found
    assert [(line.name, len(line.steps)) for line in lines] == [("Feedback", 2), ("Mentor 2", 1)]
    earned, later = lines[0].steps
    assert (earned.is_renewal, earned.renewal_due) == (False, "2026-01-31")
    assert (later.is_renewal, later.renewal_due) == (True, "2027-01-31")
    assert (earned.at.year, later.at.year) == (2025, 2026)


def test_what_tells_no_date_is_no_step() -> None:
    undated = badge(1, "", "", "2026-01-31")
    assert build_trajectory([undated, {}]) == ()
