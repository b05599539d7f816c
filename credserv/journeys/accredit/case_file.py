"""One case with everything known about it, for those who audit it or decide an appeal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from credserv.accreditation.life import stands
from credserv.accreditation.standing import Standing
from credserv.accreditation.words import asked_words, stands_words
from credserv.ground.errors import NotFoundError
from credserv.ground.languages import Say
from credserv.journeys.accredit.applications import Looked, look
from credserv.journeys.services import Services
from credserv.records.accreditation import AppealRecord, EndorsementRecord, EvidenceRecord, PracticeRecord
from credserv.records.audits import AuditedCase
from credserv.records.lives import Life

_NOBODY = "Somebody who is not known here any more"


@dataclass(frozen=True)
class CaseFile:
    """A case.

    Attributes:
        looked: The application as it was decided.
        life: None if nobody was accredited.
        standing: None if nobody was accredited.
        names: The names of everybody who had a part, by membership.
    """

    looked: Looked
    life: Life | None
    standing: Standing | None
    evidence: tuple[EvidenceRecord, ...]
    endorsements: tuple[EndorsementRecord, ...]
    practice: tuple[PracticeRecord, ...]
    appeals: tuple[AppealRecord, ...]
    audits: tuple[AuditedCase, ...]
    names: dict[str, str]

    @property
    def person(self) -> str:
        return self.names[self.looked.application.membership_id]

    def asked(self, say: Say) -> tuple[tuple[str, str, bool], ...]:
        """Return each requirement of the grant: its text, how it stood at the
        decision, and whether it was met.
        """
        return tuple(
            (asked_words(one.requirement, say), stands_words(one, say), one.is_met)
            for one in self.looked.findings
        )


def case_file(services: Services, credential_id: str, now: datetime) -> CaseFile:
    """Return the file of a case.

    Raises:
        NotFoundError: There is no such case.
    """
    store = services.store
    application = store.applications.of_credential(credential_id)
    if application is None:
        raise NotFoundError("there is no such case")
    life = store.accreditations.of_credential(credential_id)
    evidence = store.applications.evidence(application.id)
    endorsements = store.endorsements.of_application(application.id, now)
    people = {application.membership_id, application.decided_by, *(one.by for one in evidence)}
    people |= {one.endorser_id for one in endorsements if one.endorser_id}
    if life is not None:
        people |= {term.decided_by for term in life.terms} | {hold.begun_by for hold in life.holds}
    return CaseFile(
        looked=look(services, application, now=now),
        life=life,
        standing=None if life is None else stands(life, now),
        evidence=evidence,
        endorsements=endorsements,
        practice=store.applications.practice(application.membership_id),
        appeals=store.appeals.of_credential(credential_id),
        audits=store.audits.of_credential(credential_id),
        names={one: name_of(services, one) for one in people},
    )


def name_of(services: Services, actor: str) -> str:
    """Return the name of a membership or console user; for a program, a text that says so."""
    if actor.startswith("api:"):
        return "A program"
    person = actor.removeprefix("person:")
    known = services.store.roster.get(actor) or services.store.members.of_person(person)
    return (known.name or "Without a name") if known is not None else _NOBODY
