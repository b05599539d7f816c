"""Whether an endorsement counts toward an accreditation, or the first reason why it does not."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from credserv.accreditation.entitlement import NotEntitled

RECEIVED_WITHIN = timedelta(hours=24)  # of the endorser's own date, unless the programme sets another limit


class Weight(StrEnum):
    """The weight of an endorsement: it counts, or the first reason, in this order, why it does not."""

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


# Shown after the endorser's name.
WHY: dict[Weight, str] = {
    Weight.COUNTS: "was entitled to give it",
    Weight.SELF: "is the person whom it praises",
    Weight.CONFLICT: "is too close to the person whom it praises",
    Weight.BACKDATED: "dated it differently from when it was received",
    Weight.NOT_ACCREDITED: "held no accreditation for this then: it is shown as the word of a witness",
    Weight.OUT_OF_SCOPE: "was not entitled for this competency or level",
    Weight.SUSPENDED: "was suspended then",
    Weight.LAPSED: "held an accreditation that was not in force then",
    Weight.REVOKED: "held an accreditation that is revoked",
    Weight.REVOKED_FROM_BEFORE: "held an accreditation that was revoked later, as of before this",
    Weight.DUPLICATE: "gave one that counts already",
}


@dataclass(frozen=True)
class Given:
    """An endorsement.

    Attributes:
        endorser: In the same naming as the applicant.
        applicant: In the same naming as the endorser.
        stated_at: The endorser's own date.
        received_at: When it was known.
    """

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
    """Return the weight of an endorsement.

    Args:
        in_conflict: Called only if the answer decides.
        not_entitled: Called only if the answer decides.
        counted: Endorsers of whom one counts already. Being a second one is the last reason to be checked.
        received_within: The longest time from the endorser's date to receipt.
    """
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
