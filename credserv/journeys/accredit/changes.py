"""Suspend, restore, revoke, surrender. One transaction writes the row, the status bit and the audit line.

A suspension does not stop the term's clock. A revocation is final. The accreditation is therefore suspended
first and the person can appeal, unless they ask for the revocation themselves or two uninvolved deciders find
fraud. Only the person learns the reasons.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from credserv.accreditation.life import stands
from credserv.ground.encoding import format_instant, random_token
from credserv.ground.errors import (
    AppealOpenError,
    ConflictError,
    Fault,
    InputError,
    InvolvedError,
    SchemaFaultsError,
)
from credserv.ground.json_types import JsonObject
from credserv.journeys.accredit.deciding import find_life, locked, require_decider, require_same
from credserv.journeys.accredit.news import News, tell_decided
from credserv.journeys.accredit.parts import require_uninvolved
from credserv.journeys.accredit.programmes import programme_version
from credserv.journeys.accredit.review import review_after
from credserv.journeys.publish.journal import note_change
from credserv.journeys.services import Services
from credserv.records.accreditation import AppealAbout, AppealRecord, HoldRecord, RevocationRecord
from credserv.records.audit import Action, AuditRecord
from credserv.records.credentials import CredentialState, IssuanceStep
from credserv.records.lives import Life

REVIEW_WITHIN = timedelta(days=90)
_ID_BYTES = 16


@dataclass(frozen=True)
class Suspension:
    """Parameters of a suspension.

    Attributes:
        complainant: The membership that complained; None if there is none.
        review_on: None for the latest day allowed.
        needs_decider: False if another act of the same person leads to it, such as a failed audit.
    """

    by: str
    reason: str
    review_on: date | None = None
    complainant: str | None = None
    reference: str | None = None
    needs_decider: bool = True


@dataclass(frozen=True)
class Restoration:
    """Parameters of a restoration.

    Attributes:
        needs_decider: False if an upheld appeal leads to it.
    """

    by: str
    reason: str = ""
    reference: str | None = None
    needs_decider: bool = True


@dataclass(frozen=True)
class Surrender:
    """Parameters of a surrender.

    Attributes:
        by: The holder's membership.
    """

    by: str
    reason: str = ""
    reference: str | None = None


@dataclass(frozen=True)
class Revocation:
    """Parameters of a revocation.

    Attributes:
        by: One decider, or two if it takes effect retroactively or at once.
        effective_from: None for now.
    """

    by: tuple[str, ...]
    reason: str
    effective_from: datetime | None = None
    reference: str | None = None


def suspend(services: Services, name: str, wanted: Suspension, now: datetime) -> Life:
    """Suspend an accreditation.

    Raises:
        NotFoundError: There is no such accreditation.
        ForbiddenError: The decider does not have the role.
        InvolvedError: The decider has another part in the case, or is the complainant.
        InputError: The reason is missing.
        SchemaFaultsError: The day of the review is not valid.
        ConflictError: The accreditation is not in force.
    """
    now = now.replace(microsecond=0)
    with services.store.transaction():
        life = locked(services, name)
        known = _hold_named(life, wanted.reference)
        if known is None:
            review_on = _review_day(services, wanted, now)
            if wanted.needs_decider:
                require_decider(services, life.credential_id, wanted.by, now)
            if wanted.complainant == wanted.by:
                raise InvolvedError("whoever complained cannot decide about it: somebody else has to do it")
            standing = stands(life, now)
            if not standing.in_force:
                raise ConflictError(f"only what is in force can be suspended; this is {standing.state.value}")
            hold = HoldRecord(
                id=random_token(_ID_BYTES),
                credential_id=life.credential_id,
                begins_at=now,
                reason=wanted.reason,
                review_on=review_on,
                begun_by=wanted.by,
                reference=wanted.reference,
            )
            services.store.accreditations.add_hold(hold)
            detail = {"review_on": review_on.isoformat(), "reason": wanted.reason}
            _change(services, life, CredentialState.SUSPENDED, wanted.by, now)
            _add_line(services, life, Action.ACCREDITATION_SUSPENDED, wanted.by, detail, now)
            if wanted.needs_decider:  # otherwise another letter explains it
                _tell(services, life, News.SUSPENDED, now)
        else:
            same = wanted.review_on in (None, known.review_on)
            require_same(same and (known.begun_by, known.reason) == (wanted.by, wanted.reason))
    return _noted(services, life)


def restore(services: Services, name: str, wanted: Restoration, now: datetime) -> Life:
    """Restore a suspended accreditation.

    Raises:
        NotFoundError: There is no such accreditation.
        ForbiddenError: The decider does not have the role.
        InvolvedError: The decider has another part in the case.
        ConflictError: The accreditation is not suspended.
    """
    now = now.replace(microsecond=0)
    with services.store.transaction():
        life = locked(services, name)
        known = [one for one in life.holds if wanted.reference and one.ended_reference == wanted.reference]
        if known:
            require_same(known[0].ended_by == wanted.by)
            return life
        if wanted.needs_decider:
            require_decider(services, life.credential_id, wanted.by, now)
        hold = life.open_hold
        if hold is None or life.revocation is not None:
            state = stands(life, now).state.value
            raise ConflictError(f"only what is suspended can be restored; this is {state}")
        store = services.store.accreditations
        store.end_hold(hold.id, by=wanted.by, reference=wanted.reference, now=now)
        _change(services, life, CredentialState.ACTIVE, wanted.by, now)
        detail = {"reason": wanted.reason}
        _add_line(services, life, Action.ACCREDITATION_RESTORED, wanted.by, detail, now)
        if wanted.needs_decider:
            _tell(services, life, News.RESTORED, now)
    return _noted(services, life)


def revoke(services: Services, name: str, wanted: Revocation, now: datetime) -> Life:
    """Revoke an accreditation for good.

    Whatever it counted for is checked again; grants that fall short then wait for a person.

    Raises:
        NotFoundError: There is no such accreditation.
        ForbiddenError: A decider does not have the role.
        InvolvedError: A decider has another part in the case.
        SchemaFaultsError: A value is not valid.
        AppealOpenError: An appeal is open, or there is still time for one.
        ConflictError: It is not suspended, or was revoked otherwise.
    """
    now = now.replace(microsecond=0)
    with services.store.transaction():
        life = locked(services, name)
        if _is_repeated(life, wanted):
            return life
        deciders = tuple(dict.fromkeys(wanted.by))
        for decider in deciders:
            require_decider(services, life.credential_id, decider, now)
        effective = _effective(wanted, now)
        if len(deciders) > 1:
            for decider in deciders:
                require_uninvolved(services, life.credential_id, decider)
        else:
            _require_heard(services, life, is_earlier=effective < now, now=now)
        _revoke(
            services,
            life,
            RevocationRecord(life.credential_id, effective, now, deciders, wanted.reason, wanted.reference),
            now,
        )
        _tell(services, life, News.REVOKED, now)
    return _noted(services, life)


def surrender(services: Services, name: str, wanted: Surrender, now: datetime) -> Life:
    """Give an accreditation back for its holder, from now on and for good.

    Raises:
        NotFoundError: There is no such accreditation.
        InvolvedError: It is somebody else's.
        ConflictError: It has already ended.
    """
    now = now.replace(microsecond=0)
    with services.store.transaction():
        life = locked(services, name)
        by, reference = (wanted.by,), wanted.reference
        if _is_repeated(life, Revocation(by, wanted.reason, reference=reference)):
            return life
        if wanted.by != life.record.membership_id:
            raise InvolvedError("only whoever holds an accreditation can give it back")
        record = RevocationRecord(life.credential_id, now, now, by, wanted.reason, reference)
        _revoke(services, life, record, now)
    return _noted(services, life)


# --- guards ---------------------------------------------------------------------------------------


def _review_day(services: Services, wanted: Suspension, now: datetime) -> date:
    if not wanted.reason.strip():
        raise InputError("a suspension needs its reason: the person is told it, and may appeal")
    today = services.today(now)
    latest = today + REVIEW_WITHIN
    if wanted.review_on is None:
        return latest
    if not today <= wanted.review_on <= latest:
        fault = Fault("/review_on", f"a day from today on, and by {latest.isoformat()}, is expected")
        raise SchemaFaultsError("nobody is suspended so", faults=(fault,))
    return wanted.review_on


def _hold_named(life: Life, reference: str | None) -> HoldRecord | None:
    return next((one for one in life.holds if reference is not None and one.reference == reference), None)


def _is_repeated(life: Life, wanted: Revocation) -> bool:
    """Return whether it was revoked so before. Raises ConflictError if it was revoked otherwise."""
    known = life.revocation
    if known is None:
        return False
    if wanted.reference is None or known.reference != wanted.reference:
        raise ConflictError("it was revoked before, and that is final")
    effective = (wanted.effective_from or known.effective_from).replace(microsecond=0)
    told = (set(wanted.by), wanted.reason, effective)
    require_same((set(known.decided_by), known.reason, known.effective_from) == told)
    return True


def _effective(wanted: Revocation, now: datetime) -> datetime:
    effective = (wanted.effective_from or now).replace(microsecond=0)
    if effective > now:
        fault = Fault("/effective_from", f"an instant until now ({format_instant(now)}) is expected")
        raise SchemaFaultsError("nobody is revoked so", faults=(fault,))
    return effective


def _require_heard(services: Services, life: Life, *, is_earlier: bool, now: datetime) -> None:
    """Require that the person appealed and lost or let the time pass. Raises ConflictError, AppealOpenError.

    One decider can then revoke what was suspended.
    """
    if is_earlier:
        raise ConflictError("to revoke it as of an earlier day takes two uninvolved deciders: name both")
    hold = life.open_hold
    if hold is None:
        raise ConflictError(
            "suspend it first, so that the person can appeal; or let two uninvolved deciders do it"
        )
    known = services.store.appeals.of_credential(life.credential_id)
    appeals = [one for one in known if one.opened_at >= hold.begins_at]
    if any(one.decided_at is None for one in appeals):
        raise AppealOpenError("the person appealed, and nobody has decided about it yet")
    if any(_is_against(services, one, hold) for one in appeals):
        return  # rejected, because an upheld appeal ends the suspension
    rules = programme_version(services, life.record.programme_key, life.newest.programme_version).programme
    until = hold.begins_at + timedelta(days=rules.appeal_days)
    if now < until:
        raise AppealOpenError(f"the person may appeal until {until:%Y-%m-%d} UTC: revoke it then")


def _is_against(services: Services, appeal: AppealRecord, hold: HoldRecord) -> bool:
    """Return whether the appeal is against this suspension or the audit finding behind it."""
    found = services.store.audits.of_credential(hold.credential_id)
    is_audit = appeal.about is AppealAbout.AUDIT and any(one.suspended(hold) for one in found)
    return is_audit or appeal.about is AppealAbout.SUSPENSION


# --- what is written --------------------------------------------------------------------------------


def _revoke(services: Services, life: Life, record: RevocationRecord, now: datetime) -> None:
    services.store.accreditations.revoke(record)
    by = record.decided_by[0]
    detail = {
        "effective_from": format_instant(record.effective_from),
        "by": list(record.decided_by),
        "reason": record.reason,
    }
    _change(services, life, CredentialState.REVOKED, by, now)
    _add_line(services, life, Action.ACCREDITATION_REVOKED, by, detail, now)
    review_after(services, life, now)


def _change(services: Services, life: Life, state: CredentialState, by: str, now: datetime) -> None:
    """Change the state without the reason, which would otherwise reach the systems that subscribe to
    badges.
    """
    services.store.credentials.set_state(life.credential_id, state, reason="", now=now, actor=by)


def _add_line(
    services: Services, life: Life, action: Action, by: str, detail: JsonObject, now: datetime
) -> None:
    services.store.audit.add(AuditRecord(now, by, action, life.credential_id, detail))


def _tell(services: Services, life: Life, news: News, now: datetime) -> None:
    tell_decided(services, life.record.membership_id, life.record.programme_key, news, now)


def _noted(services: Services, before: Life) -> Life:
    """After the transaction, publish what is public about the change."""
    services.store.after_commit(lambda: _publish(services, before.credential_id))
    return find_life(services, before.credential_id)


def _publish(services: Services, credential_id: str) -> None:
    """Publish the change. This comes after the commit because a journal ahead of its database is refused."""
    services.issuing.on_step(IssuanceStep.STORED)
    record = services.store.credentials.get(credential_id)
    if record is not None:
        note_change(services.issuing, record)
