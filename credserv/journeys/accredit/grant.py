"""Grant or refuse an application: what was asked is looked at again in the transaction that decides.

With the decision its badge is reserved, under the id that the application gave its endorsers, and the line
that it is about to be signed (docs/issuing.md, steps 2 to 5). Whatever dies afterwards, the same decision
sent again, or the worker's sweep, goes on from those rows: there is one version, never none and never two.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from credserv.accreditation.life import stands
from credserv.accreditation.months import add_months
from credserv.accreditation.programme import Programme, TermRule
from credserv.ground.canonical_json import canonize_json
from credserv.ground.errors import ClosedError, ConflictError, InputError, NotFoundError
from credserv.issuing.recipe import Wanted
from credserv.journeys.accredit.applications import Looked, find_application, findings_of, look
from credserv.journeys.accredit.badge import badge_of
from credserv.journeys.accredit.deciding import require_decider, require_met, require_same
from credserv.journeys.accredit.identity import did_of
from credserv.journeys.accredit.programmes import programme_version
from credserv.journeys.services import Services
from credserv.records.accreditation import (
    AccreditationRecord,
    ApplicationRecord,
    ApplicationState,
    TermRecord,
)
from credserv.records.achievements import AchievementVersion, AwardRule
from credserv.records.audit import Action, AuditRecord
from credserv.records.credentials import LIVING_SCOPE, IssueOrder, Recipient
from credserv.records.lives import Life
from credserv.records.people import MembershipRecord
from credserv.store.credential_rows import Claim


@dataclass(frozen=True)
class Decision:
    """by: the membership of who decides. reference: of the accreditation, as its client calls it."""

    by: str
    reason: str = ""
    reference: str | None = None


@dataclass(frozen=True)
class _Prepared:
    """What is made ready before the transaction: none of it says that anything is granted."""

    programme: Programme
    term: TermRule
    badge: AchievementVersion
    recipient: Recipient


def grant(services: Services, application: str, decision: Decision, now: datetime) -> Life:
    """The accreditation, signed and stored; the same decision again is answered with it.

    Raises NotFoundError, ForbiddenError, InvolvedError, ClosedError, RequirementsOpenError, ConflictError;
    SigningKeyError, ProofError, UnavailableError where sending it again may do.
    """
    now = now.replace(microsecond=0)
    known = find_application(services, application)
    if known.state is not ApplicationState.GRANTED:
        prepared = _prepare(services, known, decision, now)
        with services.store.transaction():
            known = _locked(services, known.id)
            if known.state is not ApplicationState.GRANTED:
                _decide(services, known, prepared, decision, now)
    return finish_grant(services, known, decision, now)


def finish_grant(
    services: Services, application: ApplicationRecord, decision: Decision, now: datetime
) -> Life:
    """Of what was decided: signed and stored. Raises as `grant`."""
    life = services.store.accreditations.of_application(application.id)
    record = services.store.credentials.get(application.credential_id)
    if life is None or record is None:
        raise ConflictError("this application was granted, and there is no badge of it any more")
    first = life.terms[0]
    told = (life.record.reference, first.decided_by, first.reason)
    require_same(told == (decision.reference, decision.by, decision.reason))
    if record.signed is None and not record.erased_sha256:
        claim = services.recipe.plan(_wanted(record.order, now), reserved_id=record.id)
        services.recipe.finish(record, claim, now).require()
        return services.store.accreditations.of_credential(record.id) or life
    return life


def refuse(services: Services, application: str, decision: Decision, now: datetime) -> ApplicationRecord:
    """With the reason, which the applicant is told. The id of the badge is burnt. Raises NotFoundError,
    ForbiddenError, InvolvedError, ClosedError, InputError, ConflictError."""
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
    return find_application(services, known.id)


def _first_term(
    application: ApplicationRecord, rule: TermRule, decision: Decision, now: datetime
) -> TermRecord:
    """Of an accreditation granted now: it ends on the same day so many months later."""
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


def _prepare(
    services: Services, application: ApplicationRecord, decision: Decision, now: datetime
) -> _Prepared:
    """Raises ClosedError for a programme that gives no term."""
    services.require_open()
    programme = programme_version(
        services, application.programme_key, application.programme_version
    ).programme
    if programme.term is None:
        raise ClosedError(
            "the programme does not say how long an accreditation holds: nobody can be accredited"
        )
    member = _member(services, application.membership_id)
    email = services.store.members.email_of(member.person_id)
    if email is None:
        raise ConflictError("the organisation has no address of this person: give them one, then decide")
    did = did_of(services, member.id, now)
    badge = badge_of(services, programme, actor=decision.by, now=now)
    return _Prepared(programme, programme.term, badge, Recipient(email=email, did=did, name=member.name))


def _locked(services: Services, application_id: str) -> ApplicationRecord:
    found = services.store.applications.lock(application_id)
    if found is None:
        raise NotFoundError("there is no such application")
    return found


def _require_open(looked: Looked) -> None:
    """One that was complete before its sprint was over waits for its decision. Raises ClosedError."""
    if not looked.takes_evidence:
        raise ClosedError(f"this application is {looked.state}: it takes no decision any more")


def _decide(
    services: Services, application: ApplicationRecord, prepared: _Prepared, decision: Decision, now: datetime
) -> None:
    """All of it within the caller's transaction."""
    require_decider(services, application.credential_id, decision.by, now)
    looked = look(services, application, now=now)
    _require_open(looked)
    _require_none_in_force(services, application, now)
    # What was handed in within the sprint counts, as it is judged by what is known now.
    at = now if application.ends_at is None else min(now, application.ends_at)
    require_met(
        findings_of(services, application, looked.loaded, at=at, known=now), "it cannot be granted yet"
    )
    order = _order(application, prepared, now)
    claim: Claim = services.recipe.plan(
        _wanted(order, now, decision.by), reserved_id=application.credential_id
    )
    services.store.lots.reserve([claim], now=now)
    record = AccreditationRecord(
        credential_id=application.credential_id,
        application_id=application.id,
        programme_key=application.programme_key,
        membership_id=application.membership_id,
        competencies=application.competencies,
        level=prepared.programme.level,
        granted_at=now,
        reference=decision.reference,
    )
    term = _first_term(application, prepared.term, decision, now)
    services.store.accreditations.add(record, term)
    services.store.applications.settle(
        application.id, ApplicationState.GRANTED, by=decision.by, reason=decision.reason, now=now
    )
    detail = {
        "programme": f"{application.programme_key}/{application.programme_version}",
        "competencies": list(application.competencies),
        "reason": decision.reason,
    }
    line = AuditRecord(now, decision.by, Action.ACCREDITATION_GRANTED, application.credential_id, detail)
    services.store.audit.add(line)


def _require_none_in_force(services: Services, application: ApplicationRecord, now: datetime) -> None:
    """Of one programme, somebody has one accreditation at a time. Raises ConflictError."""
    for life in services.store.accreditations.of_members(
        [application.membership_id], application.programme_key
    ):
        if stands(life, now).in_force:
            raise ConflictError("this person is accredited under this programme already: renew that")


def _order(application: ApplicationRecord, prepared: _Prepared, now: datetime) -> IssueOrder:
    asked = {
        "application": application.id,
        "credential": application.credential_id,
        "achievement": f"{prepared.badge.key}/{prepared.badge.version}",
        "did": prepared.recipient.did,
    }
    return IssueOrder(
        scope=LIVING_SCOPE,
        idempotency_key=application.id,
        order_sha256=hashlib.sha256(canonize_json(asked)).hexdigest(),
        achievement_key=prepared.badge.key,
        achievement_version=prepared.badge.version,
        recipient=prepared.recipient,
        awarded_at=now,
    )


def _wanted(order: IssueOrder, now: datetime, actor: str = "") -> Wanted:
    return Wanted(order, now, actor=actor, award_rule=AwardRule.PER_EVENT, is_asked=True)


def _member(services: Services, membership_id: str) -> MembershipRecord:
    found = services.store.roster.get(membership_id)
    if found is None:
        raise NotFoundError("there is no such member")
    return found
