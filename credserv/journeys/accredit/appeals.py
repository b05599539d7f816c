"""Appeals: within 30 days, somebody who had no part in a case looks at it again (ISO/IEC 17024:2012, 9.8).

| about | from | upheld | rejected |
|---|---|---|---|
| refusal | the refusal | the application is open again, with the time it had left | it stays refused |
| suspension | its start | restored | it may be revoked now |
| audit | the finding | restored if the finding suspended it; another auditor looks at it | as a suspension |
| revocation | the decision | another badge is granted, for the time that had been left | it stays revoked |
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from credserv.ground.encoding import random_token
from credserv.ground.errors import (
    ConflictError,
    Fault,
    ForbiddenError,
    NotFoundError,
    SchemaFaultsError,
    TooLateError,
)
from credserv.journeys.accredit.grievances import grievances
from credserv.journeys.accredit.news import News, queue_news
from credserv.journeys.accredit.parts import require_role, require_uninvolved
from credserv.journeys.accredit.upheld import application_of, finish_anew, follow
from credserv.journeys.services import Services
from credserv.records.accreditation import (
    AppealAbout,
    AppealRecord,
    ApplicationRecord,
)
from credserv.records.audit import Action, AuditRecord
from credserv.records.roles import Permission

MAX_CHARS = 2000
_ID_BYTES = 16


@dataclass(frozen=True)
class Appeal:
    """An appeal as submitted.

    Attributes:
        about: What it is against; None for whatever there is to appeal against.
    """

    words: str
    about: AppealAbout | None = None
    reference: str | None = None


@dataclass(frozen=True)
class Verdict:
    """The decision about an appeal.

    Attributes:
        by: The membership that decides.
        reason: Shown to the person.
    """

    is_upheld: bool
    by: str
    reason: str


def open_appeal(
    services: Services, credential_id: str, wanted: Appeal, *, by: str, actor: str, now: datetime
) -> tuple[AppealRecord, bool]:
    """Open the appeal of an applicant or holder.

    Args:
        by: Their membership.

    Returns:
        The appeal, and whether it is new.

    Raises:
        NotFoundError: There is no such case.
        ForbiddenError: The case is about somebody else.
        SchemaFaultsError: The text or reference is not valid.
        TooLateError: The time to appeal is over.
        ConflictError: There is nothing to appeal against, or they have appealed already.
    """
    _require_text(wanted.words, "/words", "say why it was wrong")
    application = application_of(services, credential_id)
    if by != application.membership_id:
        raise ForbiddenError("only whom it is about can appeal against it")
    with services.store.transaction():
        # Prevents another appeal from being opened at the same time.
        application = services.store.applications.lock(application.id) or application
        known = services.store.appeals.find(wanted.reference) if wanted.reference else None
        if known is not None and known.reference == wanted.reference:
            return _same(known, credential_id, wanted), False
        about = _require_grievance(services, application, wanted.about, now)
        record = AppealRecord(
            id=random_token(_ID_BYTES),
            credential_id=credential_id,
            about=about,
            words=wanted.words,
            opened_at=now,
            opened_by=by,
            reference=wanted.reference,
        )
        if not services.store.appeals.add(record):
            raise ConflictError("this reference was used at the same moment: try again")
        detail = {"about": about.value, "note": wanted.words}
        services.store.audit.add(AuditRecord(now, actor, Action.APPEAL_OPENED, credential_id, detail))
    return record, True


def decide_appeal(
    services: Services, name: str, verdict: Verdict, *, actor: str, now: datetime
) -> AppealRecord:
    """Uphold or reject an appeal and apply the consequences, in one transaction.

    Repeating the decision changes nothing.

    Raises:
        NotFoundError: There is no such appeal.
        ForbiddenError: The decider does not have the role.
        InvolvedError: The decider had a part in the case.
        SchemaFaultsError: The reason is not valid.
        ConflictError: It was decided otherwise.
    """
    _require_text(verdict.reason, "/reason", "give the reason: the person reads it")
    decided = _decided(services, name, verdict, actor, now)
    if decided.is_upheld and decided.about is AppealAbout.REVOCATION:
        finish_anew(services, decided, now)
    return decided


def _decided(services: Services, name: str, verdict: Verdict, actor: str, now: datetime) -> AppealRecord:
    with services.store.transaction():
        known = services.store.appeals.find(name, locked=True)
        if known is None:
            raise NotFoundError("there is no such appeal")
        if known.decided_at is not None:
            if (known.is_upheld, known.decided_by, known.reason) != (
                verdict.is_upheld,
                verdict.by,
                verdict.reason,
            ):
                raise ConflictError("this appeal was decided before")
            return known
        require_role(services, verdict.by, Permission.DECIDE, now)
        require_uninvolved(services, known.credential_id, verdict.by)
        decided = replace(
            known,
            decided_at=now,
            decided_by=verdict.by,
            is_upheld=verdict.is_upheld,
            reason=verdict.reason,
        )
        services.store.appeals.decide(decided)
        detail = {"about": known.about.value, "upheld": verdict.is_upheld, "reason": verdict.reason}
        line = AuditRecord(
            now, actor, Action.APPEAL_DECIDED, known.credential_id, {**detail, "by": verdict.by}
        )
        services.store.audit.add(line)
        if verdict.is_upheld:
            follow(services, decided, now)
        about = f"{known.about.value}, {known.opened_at:%Y-%m-%d}"
        queue_news(services, known.opened_by, News.APPEAL_DECIDED, about, now)
    return decided


def find_appeal(services: Services, appeal_id: str) -> AppealRecord:
    """Return an appeal.

    Raises:
        NotFoundError: There is no such appeal.
    """
    found = services.store.appeals.find(appeal_id)
    if found is None:
        raise NotFoundError("there is no such appeal")
    return found


def find_appeal_in(services: Services, credential_id: str, name: str) -> AppealRecord:
    """Return an appeal of one case, by its client's reference or our id.

    Raises:
        NotFoundError: There is no such appeal.
    """
    found = services.store.appeals.find(name)
    if found is None or found.credential_id != credential_id:
        raise NotFoundError("there is no such appeal")
    return found


def appeals_of(services: Services, credential_id: str) -> tuple[AppealRecord, ...]:
    """Return the appeals of a case, oldest first."""
    return services.store.appeals.of_credential(credential_id)


def undecided_appeals(services: Services) -> tuple[AppealRecord, ...]:
    """Return all undecided appeals, oldest first."""
    return services.store.appeals.undecided()


def _require_grievance(
    services: Services, application: ApplicationRecord, about: AppealAbout | None, now: datetime
) -> AppealAbout:
    known = [one for one in grievances(services, application) if about in (None, one.about)]
    if not known:
        raise ConflictError("there is nothing here to appeal against")
    before = appeals_of(services, application.credential_id)
    if any(one.decided_at is None for one in before):
        raise ConflictError("an appeal in this case waits for its decision")
    newest = max(known, key=lambda one: one.since)
    if newest.was_heard(before):
        raise ConflictError("an appeal against this was decided before")
    if now > newest.until:
        raise TooLateError(f"an appeal was possible until {newest.until:%Y-%m-%d} UTC")
    return newest.about


# --- guards ---------------------------------------------------------------------------------------


def _same(known: AppealRecord, credential_id: str, wanted: Appeal) -> AppealRecord:
    """Return the known appeal. Raises ConflictError if the reference belongs to a different one."""
    same_about = wanted.about in (None, known.about)
    if (known.credential_id, known.words) != (credential_id, wanted.words) or not same_about:
        raise ConflictError("this reference names another appeal: take another one")
    return known


def _require_text(text: str, place: str, asked: str) -> None:
    if not text.strip() or len(text) > MAX_CHARS:
        fault = Fault(place, f"{asked}, in 1 to {MAX_CHARS} characters")
        raise SchemaFaultsError("the appeal cannot be taken so", faults=[fault])
