"""Separation of parts: nobody has two in one case.

Nobody is two of endorser, assessor, decider and decider of the appeal, nor any of them in their own case
(ISO/IEC 17024:2012, 4.3, 5.2 and 9.8; NMC standards for supervision and assessment, 7.10).
"""

from __future__ import annotations

from credserv.records.cases import Case, CaseRole


def involved(case: Case, person: str, *, besides: CaseRole | None = None) -> CaseRole | None:
    """Return the part that a person has in a case; None if they have none.

    Args:
        person: Their membership.
        besides: The part that they are about to take, which they may have had before.
    """
    return next((role for role in CaseRole if role != besides and person in case.people.get(role, ())), None)
