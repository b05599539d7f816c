"""What members allow their organisation to do with what it knows of them.

After a withdrawal, a person is in no figure computed from then on. Frozen quarters stay as they are and say
so.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from credserv.ground.errors import ConflictError, NotFoundError
from credserv.journeys.services import Services
from credserv.records.audit import Action, AuditRecord
from credserv.records.consents import (
    FOR_ORGANISATION,
    IN_ANOTHER_SYSTEM,
    ConsentRecord,
    Purpose,
    make_consent,
)

_HOLDER = "holder"
_SHOWN: Mapping[Purpose, tuple[str, ...]] = {
    Purpose.OUTCOMES: ("what you started, scores before and after, times, moves",),
    Purpose.REGISTER: ("name, unit, languages, accreditation, endorsements, audit, number of sessions",),
    Purpose.FEEDBACK: ("what others say of your work",),
    Purpose.MATCHING: ("how long mentoring took before",),
    Purpose.PROGRESS: ("pathways you began, badges on them, what is next",),
}


def parse_purpose(told: str) -> Purpose:
    """Parse the name of a purpose.

    Raises:
        NotFoundError: There is no such purpose.
    """
    for purpose in FOR_ORGANISATION:
        if purpose.value == told:
            return purpose
    known = ", ".join(one.value for one in FOR_ORGANISATION)
    raise NotFoundError(f"nobody is asked for that here: it is one of {known}")


def may_ask(services: Services, person_id: str) -> bool:
    """Return whether the organisation has anything to ask this person; only members are asked."""
    return services.store.members.of_person(person_id) is not None


def agreed(services: Services, person_id: str, now: datetime) -> dict[Purpose, ConsentRecord]:
    """Return a person's consents for this organisation that stand, by purpose."""
    own = services.issuer.id
    return {
        one.purpose: one
        for one in services.store.consents.of_person(person_id)
        if one.purpose in FOR_ORGANISATION and one.reference == own and one.stands(now)
    }


def agree(
    services: Services, person_id: str, purpose: Purpose, *, actor: str, now: datetime, act: str | None = None
) -> ConsentRecord:
    """Return the consent that stands, giving it if there is none.

    Args:
        act: How it was given, if not in the wallet.

    Raises:
        ConflictError: `act` is IN_ANOTHER_SYSTEM and the person withdrew it themselves.
    """
    with services.store.transaction():
        known = agreed(services, person_id, now).get(purpose)
        if known is not None:
            return known
        if act == IN_ANOTHER_SYSTEM and _withdrew_themselves(services, person_id, purpose):
            raise ConflictError("they withdrew it themselves: only they agree to it again, in their wallet")
        made = make_consent(
            person_id,
            purpose,
            controller=services.issuer.did,
            reference=services.issuer.id,
            recipient=str(services.issuer.profile.get("name") or services.issuer.did),
            shown=_SHOWN[purpose],
            now=now,
            act=act,
        )
        services.store.consents.give(made)
        services.store.audit.add(AuditRecord(now, actor, Action.CONSENT_GIVEN, made.id, {"purpose": purpose}))
    return made


def withdraw(services: Services, person_id: str, purpose: Purpose, *, actor: str, now: datetime) -> None:
    """Withdraw a consent, if there is one."""
    with services.store.transaction():
        known = agreed(services, person_id, now).get(purpose)
        if known is None:
            return
        services.store.consents.end(known.id, now)
        line = AuditRecord(now, actor, Action.CONSENT_WITHDRAWN, known.id, {"purpose": purpose})
        services.store.audit.add(line)


def _withdrew_themselves(services: Services, person_id: str, purpose: Purpose) -> bool:
    """Return whether the last withdrawal was the person's own act, at any address, and not a program's."""
    own = services.issuer.id
    known = services.store.consents.of_person(person_id)
    last = next((one for one in known if one.purpose is purpose and one.reference == own), None)
    if last is None:
        return False
    lines = services.store.audit.of_subject(last.id)
    return not any(one.action == Action.CONSENT_WITHDRAWN and one.actor != _HOLDER for one in lines)


def who_agreed(services: Services, purpose: Purpose, at: datetime) -> frozenset[str]:
    """Return the memberships that agree at an instant."""
    return services.store.consents.members_who_agreed(services.issuer.id, purpose, at)
