"""Grant or refuse an application. The requirements are checked again in the transaction that decides.

That transaction also reserves the badge, under the id that the application gave its endorsers, and records
that it is about to be signed (docs/issuing.md, steps 2 to 5). After a crash, a repeat of the decision or the
worker's sweep continues from those rows, so there is exactly one version.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from credserv.accreditation.months import add_months
from credserv.accreditation.programme import TermRule
from credserv.ground.errors import ClosedError, ConflictError, InputError, NotFoundError
from credserv.journeys.accredit.applications import Looked, find_application, findings_of, look
from credserv.journeys.accredit.deciding import require_decider, require_met, require_same
from credserv.journeys.accredit.making import Prepared, finish, is_accredited, prepare, put
from credserv.journeys.accredit.news import News, tell_decided
from credserv.journeys.services import Services
from credserv.records.accreditation import (
    ApplicationRecord,
    ApplicationState,
    TermRecord,
)
from credserv.records.audit import Action, AuditRecord
from credserv.records.lives import Life


@dataclass(frozen=True)
class Decision:
    """A decision.

    Attributes:
        by: The decider's membership.
        reference: The client's own id of the accreditation.
    """

    by: str
    reason: str = ""
    reference: str | None = None


def grant(services: Services, application: str, decision: Decision, now: datetime) -> Life:
    """Grant an application and return the accreditation, signed and stored.

    Repeating the decision returns the same.

    Raises:
        NotFoundError: There is no such application.
        ForbiddenError: The decider does not have the role.
        InvolvedError: The decider has another part in the case.
        ClosedError: The application is no longer open.
        RequirementsOpenError: Requirements are not met; its faults list them.
        ConflictError: It was decided otherwise, or the reference is taken.
        SigningKeyError, ProofError, UnavailableError: Send the decision again, or leave it to the sweep.
        OrganisationClosedError, OrganisationMovedError: The organisation issues nothing new.
    """
    now = now.replace(microsecond=0)
    known = find_application(services, application)
    if known.state is not ApplicationState.GRANTED:
        prepared = prepare(services, known, decision.by, now)
        with services.store.transaction():
            known = _locked(services, known.id)
            if known.state is not ApplicationState.GRANTED:
                _decide(services, known, prepared, decision, now)
    return finish_grant(services, known, decision, now)


def finish_grant(
    services: Services, application: ApplicationRecord, decision: Decision, now: datetime
) -> Life:
    """Sign and store what was decided. Raises as `grant`."""
    life = services.store.accreditations.of_application(application.id)
    if life is None:
        raise ConflictError("this application was granted, and there is no badge of it any more")
    first = life.terms[0]
    told = (life.record.reference, first.decided_by, first.reason)
    require_same(told == (decision.reference, decision.by, decision.reason))
    return finish(services, life, now)


def refuse(services: Services, application: str, decision: Decision, now: datetime) -> ApplicationRecord:
    """Refuse an application. The applicant sees the reason, and the reserved id is never used.

    Raises:
        NotFoundError: There is no such application.
        ForbiddenError: The decider does not have the role.
        InvolvedError: The decider has another part in the case.
        ClosedError: The application is no longer open.
        InputError: The reason is missing or too long.
        ConflictError: It was decided otherwise.
    """
    now = now.replace(microsecond=0)
    if not decision.reason.strip():
        raise InputError("a refusal needs its reason: the applicant is told it, and may appeal")
    with services.store.transaction():
        known = _locked(services, find_application(services, application).id)
        if known.state is ApplicationState.REFUSED:
            require_same((known.decided_by, known.reason) == (decision.by, decision.reason))
            return known
        require_decider(services, known.credential_id, decision.by, now)
        _require_open(look(services, known, now=now))
        services.store.applications.settle(
            known.id, ApplicationState.REFUSED, by=decision.by, reason=decision.reason, now=now
        )
        detail = {"programme": known.programme_key, "reason": decision.reason}
        services.store.audit.add(
            AuditRecord(now, decision.by, Action.ACCREDITATION_REFUSED, known.credential_id, detail)
        )
        tell_decided(services, known.membership_id, known.programme_key, News.REFUSED, now)
    return find_application(services, known.id)


def _first_term(
    application: ApplicationRecord, rule: TermRule, decision: Decision, now: datetime
) -> TermRecord:
    """Return the first term. It ends on the same day of the month, the term's number of months later."""
    ends = add_months(now, rule.months)
    return TermRecord(
        credential_id=application.credential_id,
        number=1,
        programme_version=application.programme_version,
        valid_from=now,
        term_end=ends,
        grace_end=ends + timedelta(days=rule.grace_days),
        notice_days=rule.notice_days,
        decided_at=now,
        decided_by=decision.by,
        reason=decision.reason,
    )


def _locked(services: Services, application_id: str) -> ApplicationRecord:
    found = services.store.applications.lock(application_id)
    if found is None:
        raise NotFoundError("there is no such application")
    return found


def _require_open(looked: Looked) -> None:
    """Require an open application, or one that was complete before its sprint ended. Raises ClosedError."""
    if not looked.takes_evidence:
        raise ClosedError(f"this application is {looked.state}: it takes no decision any more")


def _decide(
    services: Services, application: ApplicationRecord, prepared: Prepared, decision: Decision, now: datetime
) -> None:
    """Decide, entirely in the caller's transaction."""
    require_decider(services, application.credential_id, decision.by, now)
    looked = look(services, application, now=now)
    _require_open(looked)
    if is_accredited(services, application, now):
        raise ConflictError("this person is accredited under this programme already: renew that")
    # Evidence handed in within the sprint counts, as judged by what is known now.
    at = now if application.ends_at is None else min(now, application.ends_at)
    require_met(
        findings_of(services, application, looked.loaded, at=at, known=now), "it cannot be granted yet"
    )
    term = _first_term(application, prepared.term, decision, now)
    put(services, application, prepared, term, reference=decision.reference)
    services.store.applications.settle(
        application.id, ApplicationState.GRANTED, by=decision.by, reason=decision.reason, now=now
    )
