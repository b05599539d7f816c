"""Whether an endorsement counts toward an accreditation, or the first reason why it does not."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from credserv.accreditation.entitlement import NotEntitled

RECEIVED_WITHIN = timedelta(hours=24)  # of the endorser's own date, unless the programme says otherwise


class Weight(StrEnum):
    """What an endorsement comes to: it counts, or the first reason, in this order, why it does not."""

    COUNTS = "counts"
    SELF = "self"
    CONFLICT = "conflict"
    BACKDATED = "backdated"
    NOT_ACCREDITED = "not-accredited"
    OUT_OF_SCOPE = "out-of-scope"
    SUSPENDED = "suspended"
    LAPSED = "lapsed"
    REVOKED = "revoked"
    REVOKED_FROM_BEFORE = "revoked-from-before"
    DUPLICATE = "duplicate"


# What a person is told, after the name of the endorser.
WHY: dict[Weight, str] = {
    Weight.COUNTS: "was entitled to give it",
    Weight.SELF: "is the person whom it praises",
    Weight.CONFLICT: "is too close to the person whom it praises",
    Weight.BACKDATED: "dated it differently from when it was received",
    Weight.NOT_ACCREDITED: "held no accreditation for this then: it is told as a witness",
    Weight.OUT_OF_SCOPE: "was not entitled for this competency or level",
    Weight.SUSPENDED: "was suspended then",
    Weight.LAPSED: "held an accreditation that was not in force then",
    Weight.REVOKED: "held an accreditation that is revoked",
    Weight.REVOKED_FROM_BEFORE: "held an accreditation that was revoked later, as of before this",
    Weight.DUPLICATE: "gave one that counts already",
}


@dataclass(frozen=True)
class Given:
    """An endorsement. endorser, applicant: by whichever name both are known. stated_at: the endorser's own
    date; received_at: when it was known."""

    endorser: str
    applicant: str
    stated_at: datetime
    received_at: datetime


def judge_endorsement(
    given: Given,
    *,
    in_conflict: Callable[[], bool],
    not_entitled: Callable[[], NotEntitled | None],
    counted: Collection[str],
    received_within: timedelta = RECEIVED_WITHIN,
) -> Weight:
    """in_conflict, not_entitled: asked only where the answer decides. counted: the endorsers of whom one
    counts already; of one more of theirs it is said last that it is one more."""
    if given.endorser == given.applicant:
        return Weight.SELF
    if in_conflict():
        return Weight.CONFLICT
    if abs(given.received_at - given.stated_at) > received_within:
        return Weight.BACKDATED
    reason = not_entitled()
    if reason is not None:
        return Weight(reason.value)
    return Weight.DUPLICATE if given.endorser in counted else Weight.COUNTS
