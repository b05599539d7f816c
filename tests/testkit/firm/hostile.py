"""A log that is not kind, with what follows from it worked out by hand.

Lines stand out of order and come twice, times have offsets, a mentor is accredited on a leap day, limits are
met to the second, people leave and come back and are in two organisations, sessions run across midnight and
the beginning of summer time, types are told that nobody knows, and an audit is told another seed.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

SEED = "00ff" * 16
PROGRAMME: dict[str, Any] = {
    "key": "mentor-basic",
    "version": 1,
    "term_months": 12,
    "notice_days": 60,
    "grace_days": 30,
    "endorsements": 2,
    "assessment_min": 70,
    "observed": 1,
    "observed_level": 2,
    "sprint_days": 42,
    "late_days": 0,
    "renewal": {"sessions": 1, "cpd_hours": 1, "supervision": 1},
    "audit_share": 0.1,
    "audit_min": 2,
    "endorsement_received_within_hours": 24,
    "in_force_counts": ["live", "due", "grace"],
}
CUT = "2025-03-15T00:00:00Z"
AT = ("2024-02-29T11:59:59Z", "2024-02-29T12:00:00Z", "2024-04-05T00:00:00Z", "2024-12-30T11:59:59Z")
AT = (*AT, "2024-12-30T12:00:00Z", "2025-02-28T11:59:59Z")


def _job(role: str, level: int, department: str = "Care", site: str = "Graz") -> dict[str, Any]:
    return {"role": role, "level": level, "department": department, "site": site}


def events() -> list[dict[str, Any]]:
    """In their order, numbered; `scrambled` is as they stand in the file."""
    told: list[tuple[str, str, dict[str, Any]]] = []

    def tell(at: str, kind: str, **said: Any) -> None:
        told.append((at, kind, said))

    def joins(at: str, who: str, employer: str = "North", started: str = "2020-02-29") -> None:
        more = {"language": "de", "group": "g1", **_job("Nurse", 3)}
        tell(at, "person.joined", person=who, employer=employer, started=started, **more)

    for minute, who in enumerate(("ann", "ben", "cyd", "dan", "eve", "fay", "zoe")):
        joins(f"2024-01-01T08:0{minute}:00Z", who)
    joins("2024-01-01T08:30:00Z", "zoe", "South", "2023-01-01")  # in two at once
    joins("2024-01-01T08:31:00Z", "out", "South")  # never at North
    for who in ("ann", "ben", "zoe"):
        tell("2024-01-02T08:00:00Z", "consent.given", person=who, purpose="outcomes")
    tell("2024-01-03T08:00:00Z", "consent.withdrawn", person="ben", purpose="outcomes")
    tell("2024-01-04T08:00:00+02:00", "consent.given", person="ben", purpose="outcomes")  # agrees again
    tell("2024-01-04T09:00:00Z", "consent.withdrawn", person="zoe", purpose="outcomes")
    for who in ("ann", "ben", "cyd", "fay"):
        tell("2024-01-05T08:00:00Z", "founder.appointed", person=who, programme="mentor-basic",
             until="2024-02-20T09:00:00Z", competencies=["feedback"])  # fmt: skip
    for application, who in (("a1", "dan"), ("a2", "eve")):
        tell("2024-01-25T01:00:00+01:00", "mentor.applied", application=application, person=who,
             programme="mentor-basic", version=1, competencies=["feedback"])  # fmt: skip
    tell("2024-01-26T08:00:00Z", "assessment.failed", application="a1", score=69.99)
    tell("2024-01-27T08:00:00Z", "assessment.passed", application="a1", score=70)
    endorsed = (
        ("e1", "ann", "2024-02-01T18:00:00Z", "2024-02-01T23:30:00+05:30"),  # the same instant
        ("e2", "dan", "2024-02-02T08:00:00Z", "2024-02-02T08:00:00Z"),
        ("e3", "ben", "2024-02-03T08:00:00Z", "2024-02-02T08:00:00Z"),  # to the second in time
        ("e4", "cyd", "2024-02-04T08:00:01Z", "2024-02-03T08:00:00Z"),  # a second too late
        ("e5", "ann", "2024-02-05T08:00:00Z", "2024-02-05T08:00:00Z"),
        ("e6", "out", "2024-02-06T08:00:00Z", "2024-02-06T08:00:00Z"),
        ("e7", "cyd", "2024-02-20T09:30:00Z", "2024-02-20T09:00:00Z"),  # no founder from then on
    )
    for name, by, at, stated in endorsed:
        tell(at, "endorsement.made", endorsement=name, by=by, application="a1", competency="feedback",
             stated_at=stated)  # fmt: skip
    for at, level in (("2024-02-07T08:00:00Z", 1), ("2024-02-08T08:00:00Z", 2)):
        tell(at, "session.observed", application="a1", assessor="fay", competency="feedback", level=level)
    for at, credential, application, who in (
        ("2024-02-29T12:00:00Z", "c1", "a1", "dan"),
        ("2024-02-29T12:00:00Z", "c2", "a2", "eve"),  # nothing of what is asked
    ):
        tell(at, "accreditation.granted", credential=credential, application=application, person=who, term=1,
             valid_from=at, term_end="2025-02-28T12:00:00Z", grace_end="2025-03-30T12:00:00Z",
             competencies=["feedback"])  # fmt: skip
    sessions = (
        ("s1", "eve", 30, "2024-03-31T02:55:00+02:00"),  # five minutes before the clocks in Vienna go on
        ("s2", "eve", 45, "2024-03-30T23:50:00Z"),  # across midnight
        ("s3", "zoe", 15, "2024-04-02T08:00:00Z"),  # while suspended
        ("s4", "zoe", 15, "2024-04-20T08:00:00Z"),
    )
    for name, mentee, minutes, at in sessions:
        tell(at, "session.held", session=name, mentor="dan", mentee=mentee, minutes=minutes,
             competency="feedback")  # fmt: skip
    confirmed = (
        ("s1", "dan", "2024-03-31T08:00:00Z"),
        ("s2", "dan", "2024-03-31T08:01:00Z"),
        ("s3", "dan", "2024-04-02T09:00:00Z"),
        ("s3", "zoe", "2024-04-02T10:00:00Z"),
        ("s1", "eve", "2024-05-15T08:00:00Z"),  # six weeks later
        ("s4", "zoe", "2024-04-21T08:00:00Z"),
        ("s4", "dan", "2025-03-15T00:00:01Z"),  # a second after the cut
    )
    for name, by, at in confirmed:
        tell(at, "session.confirmed", session=name, by=by)
    tell("2024-05-16T08:00:00Z", "feedback.given", session="s1", by="eve", score=4)
    tell("2024-04-01T00:00:00Z", "accreditation.suspended", credential="c1", reason="complaint")
    tell("2024-04-10T00:00:00Z", "accreditation.restored", credential="c1")
    tell("2024-04-30T17:00:00Z", "person.left", person="zoe", employer="North")
    joins("2024-07-01T08:00:00Z", "zoe", started="2024-07-01")
    tell("2024-06-01T08:00:00Z", "mentor.promoted", person="dan", to="head")  # no such type
    tell("2024-06-02T08:00:00Z", "audit.committed", period="2024-Q2", share=0.1, minimum=2,
         sha256=hashlib.sha256(SEED.encode()).hexdigest())  # fmt: skip
    tell("2024-07-02T08:00:00Z", "audit.revealed", period="2024-Q2", seed=SEED,
         population_at="2024-06-30T23:59:59Z")  # fmt: skip
    tell("2024-07-03T08:00:00Z", "audit.committed", period="2024-Q3", share=0.1, minimum=2,
         sha256=hashlib.sha256(b"another").hexdigest())  # fmt: skip
    tell("2024-10-01T08:00:00Z", "audit.revealed", period="2024-Q3", seed=SEED,
         population_at="2024-09-30T00:00:00Z")  # fmt: skip
    moves = (
        ("ann", "2024-06-15", False, _job("Nurse", 3), _job("Head nurse", 4)),
        ("ben", "2024-06-16", False, _job("Nurse", 3), _job("Nurse", 3, "Legal")),
        ("ben", "2024-06-16", True, _job("Nurse", 3), _job("Nurse", 3)),  # it was wrong
        ("cyd", "2024-06-17", False, _job("Nurse", 3), _job("Nurse", 3, site="Linz")),  # the site alone
        ("zoe", "2024-05-15", False, _job("Nurse", 3), _job("Nurse", 2)),  # not there then
    )
    for place, (who, effective, correction, before, after) in enumerate(moves):
        tell(f"2024-08-0{place + 1}T08:00:00Z", "role.changed", person=who, effective=effective,
             correction=correction, before=before, after=after)  # fmt: skip
    tell("2024-12-01T08:00:00Z", "accreditation.renewed", credential="c1", person="dan")  # too early
    tell("2024-12-02T08:00:00Z", "cpd.logged", person="dan", hours=1)
    tell("2024-12-03T08:00:00Z", "supervision.logged", person="dan", minutes=60)
    tell("2025-01-10T00:00:00+01:00", "accreditation.renewed", credential="c1", person="dan")
    told.sort(key=lambda one: _utc(one[0]))
    return [{"seq": seq, "at": at, "type": kind, **said} for seq, (at, kind, said) in enumerate(told, 1)]


def scrambled() -> list[dict[str, Any]]:
    """Each third line twice, and the whole backwards by pieces of seven."""
    found = [one for one in events() for _ in range(2 if one["seq"] % 3 == 0 else 1)]
    pieces = [found[start : start + 7] for start in range(0, len(found), 7)]
    return [one for piece in reversed(pieces) for one in piece]


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC)


RIGHT: dict[str, Any] = {
    "endorsements": {
        "each": {
            "e1": "counts",
            "e2": "self",
            "e3": "counts",
            "e4": "backdated",
            "e5": "duplicate",
            "e6": "not-accredited",
            "e7": "not-accredited",
        },
        "as_received_differs": {},
    },
    "grants": {
        "granted": 1,
        "must_be_refused": ["c2"],
        "to_review_after_retroactive_revocation": [],
        "applications_by_verdict": {"grantable": 1, "assessment": 1},
    },
    "states": dict(
        zip(AT, ({s: 1} for s in ("not-yet", "live", "suspended", "live", "due", "live")), strict=True)
    ),
    "state_at_cut": {"c1": {"state": "live", "since": "2025-01-09T23:00:00Z"}},
    "audits": {"2024-Q2": {"population": 1, "drawn": ["c1"]}},
    "sessions": {
        "held": 4,
        "confirmed_by_both": 2,
        "minutes": {"15": 1, "30": 1, "45": 0},
        "mentors": 1,
        "mentees": 2,
        "by_mentor_not_in_force": 1,
        "mentors_with_5_raters": 0,
        "mentors_with_feedback": 1,
    },
    "people": {"ever_at_firm": 7, "counted": 2, "not_counted": 5},
    "mobility": {
        "moves_2024": {"promotion": 1},
        "movers_2024": 1,
        # Six people for all of 366 days; Zoe for 121 of them and, from July on, 184.
        "average_headcount_2024": round(6 + (121 + 184) / 366, 2),
        "recorded_after_year_end": 0,
    },
}
