"""Consequences of an upheld appeal.

A revocation is final (ADR 1), so a new badge replaces the revoked one, for the time that it had left.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from credserv.accreditation.endorsing import Weight
from credserv.ground.encoding import new_id, random_token
from credserv.ground.errors import NotFoundError
from credserv.journeys.accredit.changes import Restoration, restore
from credserv.journeys.accredit.grievances import newest_failed
from credserv.journeys.accredit.making import finish, is_accredited, prepare, put
from credserv.journeys.accredit.news import News, queue_news
from credserv.journeys.accredit.programmes import programme_version
from credserv.journeys.accredit.review import review_again
from credserv.journeys.services import Services
from credserv.records.accreditation import (
    AppealAbout,
    AppealRecord,
    ApplicationRecord,
    ApplicationState,
    HoldRecord,
)
from credserv.records.lives import Life

_ID_BYTES = 16


def follow(services: Services, appeal: AppealRecord, now: datetime) -> None:
    """Apply the consequences, in the transaction that upholds the appeal."""
    _FOLLOWS[appeal.about](services, appeal, now)


def finish_anew(services: Services, appeal: AppealRecord, now: datetime) -> None:
    """Sign the new badge after that transaction; if the process dies before, the worker signs it."""
    life = granted_anew(services, appeal.credential_id)
    if life is not None:
        finish(services, life, now)


def granted_anew(services: Services, credential_id: str) -> Life | None:
    """Return the newest badge that replaced one whose revocation was overturned; None if there is none."""
    known = application_of(services, credential_id)
    before = known.anew_of or known.id
    mine = services.store.applications.of_member(known.membership_id)
    anew = [one for one in mine if one.anew_of == before and one.applied_at > known.applied_at]
    return services.store.accreditations.of_application(anew[-1].id) if anew else None


def application_of(services: Services, credential_id: str) -> ApplicationRecord:
    """Return the application behind a badge.

    Raises:
        NotFoundError: There is no such case.
    """
    found = services.store.applications.of_credential(credential_id)
    if found is None:
        raise NotFoundError("there is no such case")
    return found


def _reopen_application(services: Services, appeal: AppealRecord, now: datetime) -> None:
    """Open the application again with the time it had left."""
    known = application_of(services, appeal.credential_id)
    ends_at = known.ends_at
    if ends_at is not None and known.decided_at is not None:
        ends_at += now - known.decided_at
    services.store.applications.reopen(known.id, ends_at)


def _restore(services: Services, appeal: AppealRecord, now: datetime) -> None:
    """Restore it, unless it was suspended again since the appeal."""
    hold = _open_hold(services, appeal)
    if hold is not None and hold.begins_at <= appeal.opened_at:
        said = Restoration(appeal.decided_by, appeal.reason, needs_decider=False)
        restore(services, appeal.credential_id, said, now)


def _look_again(services: Services, appeal: AppealRecord, now: datetime) -> None:
    """Reopen the case for another auditor, and restore it if the finding suspended it."""
    failed = newest_failed(services, appeal.credential_id, until=appeal.opened_at)
    hold = _open_hold(services, appeal)
    if failed is None:
        return
    if hold is not None and failed.suspended(hold):
        _restore(services, appeal, now)
    services.store.audits.settle(replace(failed, outcome=None, remedy_until=None))


def _open_hold(services: Services, appeal: AppealRecord) -> HoldRecord | None:
    life = services.store.accreditations.of_credential(appeal.credential_id)
    return None if life is None or life.revocation is not None else life.open_hold


def _grant_anew(services: Services, appeal: AppealRecord, now: datetime) -> None:
    """Grant a new badge, unless the former one had lapsed before or they are accredited again.

    Their earlier endorsements of others count again. Raises ConflictError or ClosedError if nothing can be
    granted.
    """
    now = now.replace(microsecond=0)
    life = services.store.accreditations.lock(appeal.credential_id)
    if life is None or life.revocation is None:
        return
    services.store.accreditations.overturn(life.credential_id, now)
    review_again(services, life, now)
    before, last, revoked_at = (
        application_of(services, life.credential_id),
        life.newest,
        life.revocation.decided_at,
    )
    if last.grace_end <= revoked_at or is_accredited(services, before, now):
        return
    application = ApplicationRecord(
        id=random_token(_ID_BYTES),
        programme_key=before.programme_key,
        programme_version=last.programme_version,
        membership_id=before.membership_id,
        competencies=life.record.competencies,
        credential_id=new_id(now),
        applied_at=now,
        ends_at=None,
        state=ApplicationState.GRANTED,
        decided_at=now,
        decided_by=appeal.decided_by,
        reason=appeal.reason,
        anew_of=before.anew_of or before.id,
    )
    term = replace(
        last,
        credential_id=application.credential_id,
        number=1,
        valid_from=now,
        term_end=last.term_end + (now - revoked_at),
        grace_end=last.grace_end + (now - revoked_at),
        stored_at=None,
        decided_at=now,
        decided_by=appeal.decided_by,
        reason=appeal.reason,
        reference=None,
    )
    services.store.applications.add(application)
    prepared = prepare(services, application, appeal.decided_by, now)
    put(services, application, prepared, term, anew_of=life.credential_id)
    _ask_again(services, application, prepared.recipient.name, now)


def _ask_again(services: Services, application: ApplicationRecord, whose: str | None, now: datetime) -> None:
    """Ask each endorser whose endorsement counted to repeat it for the new badge, because
    the first names the revoked one.
    """
    programme = programme_version(
        services, application.programme_key, application.programme_version
    ).programme
    about = f"{whose or 'somebody'}, {programme.name}, {now:%Y-%m-%d}"
    said = services.store.endorsements.of_application(application.id)
    counted = {one.endorser_id for one in said if one.as_received == Weight.COUNTS.value}
    for who in sorted(one for one in counted if one is not None):
        path = f"/wallet/mentoring/endorse/{application.id}"
        queue_news(services, who, News.ENDORSE_AGAIN, about, now, path=path)


_FOLLOWS: Mapping[AppealAbout, Callable[[Services, AppealRecord, datetime], None]] = {
    AppealAbout.REFUSAL: _reopen_application,
    AppealAbout.SUSPENSION: _restore,
    AppealAbout.AUDIT: _look_again,
    AppealAbout.REVOCATION: _grant_anew,
}
