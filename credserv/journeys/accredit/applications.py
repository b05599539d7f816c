"""Applications: submit, look up, withdraw. Applying reserves the id of the badge.

open -> complete (computed: every requirement is met) -> granted or refused by a decider. An open application
expires if the sprint ends before it is complete, or is withdrawn by the applicant. If none is granted, the
reserved id is never used.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from credserv.accreditation.programme import Programme
from credserv.accreditation.requirements import Finding, evaluate, is_grantable, verdict
from credserv.accreditation.words import asked_words
from credserv.ground.encoding import new_id, random_token
from credserv.ground.errors import ClosedError, ConflictError, Fault, NotFoundError, SchemaFaultsError
from credserv.journeys.accredit.facts import gather
from credserv.journeys.accredit.programmes import Loaded, family_of, programme_version
from credserv.journeys.services import Services
from credserv.records.accreditation import ApplicationRecord, ApplicationState
from credserv.records.audit import Action, AuditRecord

COMPLETE = "complete"
_ID_BYTES = 16
_MAX_CHARS = 200


@dataclass(frozen=True)
class Looked:
    """An application and how it stands.

    Attributes:
        state: A value of ApplicationState, or COMPLETE.
        findings: One for each requirement: as of the decision if there was one, as of the end of the sprint
            if that is over, else as of now.
    """

    application: ApplicationRecord
    loaded: Loaded
    state: str
    findings: tuple[Finding, ...]

    @property
    def is_grantable(self) -> bool:
        return is_grantable(self.findings)

    @property
    def takes_evidence(self) -> bool:
        return self.state in (ApplicationState.OPEN, COMPLETE)

    @property
    def verdict(self) -> str:
        """Return `grantable`, or the name that reports use for the first open requirement."""
        return verdict(self.findings)


def apply(
    services: Services,
    membership_id: str,
    key: str,
    *,
    version: int | None = None,
    competencies: Sequence[str],
    code_accepted: bool = False,
    reference: str | None = None,
    actor: str,
    now: datetime,
) -> tuple[ApplicationRecord, bool]:
    """Submit an application.

    Args:
        key: The programme's key.
        version: The programme's version; None for the newest.
        competencies: What the applicant wants to be accredited for.
        code_accepted: Whether they accept the code of conduct.
        reference: The client's own id; a repeat with it is the same application.

    Returns:
        The application, and whether it is new.

    Raises:
        NotFoundError: There is no such programme, version or member.
        ClosedError: The programme takes no applications.
        ConflictError: An application at that level is open, or a prerequisite is missing.
        SchemaFaultsError: A value is not valid. The faults name the place.
        OrganisationClosedError, OrganisationMovedError: The organisation issues nothing new.
    """
    services.require_open()
    loaded = programme_version(services, key, version)
    record = ApplicationRecord(
        id=random_token(_ID_BYTES),
        programme_key=key,
        programme_version=loaded.record.version,
        membership_id=membership_id,
        competencies=tuple(dict.fromkeys(competencies)),
        credential_id=new_id(now),
        applied_at=now,
        ends_at=_ends_at(loaded.programme, now),
        reference=reference,
    )
    with services.store.transaction():
        services.store.applications.lock_member(membership_id)
        known = services.store.applications.find(reference) if reference else None
        if known is not None and known.reference == reference:
            return _same(known, record, version), False
        _require_may_apply(services, loaded, record, code_accepted, now)
        if not services.store.applications.add(record):
            raise ConflictError("this reference was used at the same moment: try again")
        detail = {
            "programme": f"{key}/{record.programme_version}",
            "competencies": list(record.competencies),
            "credential": record.credential_id,
            "code_accepted": code_accepted,
        }
        line = AuditRecord(now, actor, Action.APPLICATION_MADE, record.id, detail)
        services.store.audit.add(line)
    return record, True


def find_application(services: Services, name: str) -> ApplicationRecord:
    """Return an application by the client's reference or our id.

    Raises:
        NotFoundError: There is no such application.
    """
    found = services.store.applications.find(name)
    if found is None:
        raise NotFoundError("there is no such application")
    return found


def applications_of(services: Services, membership_id: str) -> tuple[ApplicationRecord, ...]:
    """Return a member's applications, oldest first."""
    return services.store.applications.of_member(membership_id)


def own_application(services: Services, membership_id: str, application_id: str) -> ApplicationRecord:
    """Return an application of this member.

    Raises:
        NotFoundError: There is no such application, or it is somebody else's.
    """
    found = services.store.applications.find(application_id)
    if found is None or found.id != application_id or found.membership_id != membership_id:
        raise NotFoundError("there is no such application")
    return found


def undecided(services: Services, *, now: datetime) -> tuple[ApplicationRecord, ...]:
    """Return the applications that still accept evidence, oldest first."""
    found = services.store.applications.undecided()
    return tuple(one for one in found if one.ends_at is None or now < one.ends_at)


def look(services: Services, application: ApplicationRecord, *, now: datetime) -> Looked:
    """Return how an application stands."""
    key, version = application.programme_key, application.programme_version
    loaded = programme_version(services, key, version)
    at = application.decided_at or now
    is_over = application.ends_at is not None and at >= application.ends_at
    is_open = application.state is ApplicationState.OPEN
    if is_open and is_over and application.ends_at is not None:
        at = application.ends_at
    findings = findings_of(services, application, loaded, at=at, known=at)
    state: str = application.state
    if is_open:
        is_complete = is_grantable(findings)
        state = COMPLETE if is_complete else ApplicationState.EXPIRED if is_over else ApplicationState.OPEN
    return Looked(application, loaded, state, findings)


def findings_of(
    services: Services, application: ApplicationRecord, loaded: Loaded, *, at: datetime, known: datetime
) -> tuple[Finding, ...]:
    """Return the finding for each requirement of the grant.

    The decision uses these findings, inside the transaction that grants.

    Args:
        at: The instant judged.
        known: The instant whose knowledge counts.
    """
    facts = gather(services, application, at=at, known=known)
    return evaluate(loaded.programme.grant, facts, at=at, known=known)


def withdraw(services: Services, name: str, *, by: str, actor: str, now: datetime) -> ApplicationRecord:
    """Withdraw an application for its applicant. Safe to repeat.

    Raises:
        NotFoundError: There is no such application, or it is somebody else's.
        ClosedError: It was decided.
    """
    application = find_application(services, name)
    if application.membership_id != by:
        raise NotFoundError("there is no such application")
    with services.store.transaction():
        if application.state is ApplicationState.WITHDRAWN:
            return application
        ended = services.store.applications.settle(
            application.id, ApplicationState.WITHDRAWN, by=by, reason="", now=now
        )
        if not ended:
            raise ClosedError("this application was decided: there is nothing to withdraw")
        detail = {"state": ApplicationState.WITHDRAWN.value}
        line = AuditRecord(now, actor, Action.APPLICATION_ENDED, application.id, detail)
        services.store.audit.add(line)
    return find_application(services, application.id)


# --- who may apply


def _require_may_apply(
    services: Services, loaded: Loaded, record: ApplicationRecord, code_accepted: bool, now: datetime
) -> None:
    programme = loaded.programme
    why = programme.why_closed(services.today(now))
    if why:
        raise ClosedError(
            f"nobody can apply under version {record.programme_version} of {programme.key}: {why}"
        )
    faults = _faults(programme, record, code_accepted)
    if faults:
        raise SchemaFaultsError("the application cannot be taken", faults=faults)
    _require_none_open(services, programme, record.membership_id, now)
    _require_prerequisites(services, programme, record, now)


def _faults(programme: Programme, record: ApplicationRecord, code_accepted: bool) -> list[Fault]:
    faults = []
    low, high = programme.competencies
    if not low <= len(record.competencies) <= high:
        asked = f"{low} to {high}" if low != high else str(low)
        faults.append(Fault("/competencies", f"this programme asks for {asked} of them"))
    if any(not one.strip() or len(one) > _MAX_CHARS for one in record.competencies):
        faults.append(Fault("/competencies", f"each a text of up to {_MAX_CHARS} characters"))
    if programme.code and not code_accepted:
        faults.append(Fault("/code_accepted", f"who applies accepts the code of conduct: {programme.code}"))
    return faults


def _require_none_open(services: Services, programme: Programme, membership_id: str, now: datetime) -> None:
    keys = family_of(services, programme)
    for one in applications_of(services, membership_id):
        if one.state is not ApplicationState.OPEN or one.programme_key not in keys:
            continue
        other = programme_version(services, one.programme_key, one.programme_version).programme
        if other.level == programme.level and look(services, one, now=now).takes_evidence:
            name = one.reference or one.id
            raise ConflictError(f"an application at this level is open: {name}. Finish or withdraw it first")


def _require_prerequisites(
    services: Services, programme: Programme, record: ApplicationRecord, now: datetime
) -> None:
    """Check what must be held to apply. Whether it was held long enough is judged at the grant."""
    asked = [one for one in programme.grant if one.kind == "accreditation"]
    if not asked:
        return
    facts = gather(services, record, at=now, known=now)
    for finding in evaluate(asked, facts, at=now, known=now):
        if not finding.facts:
            raise ConflictError(f"first, this is needed: {asked_words(finding.requirement)}")


def _same(known: ApplicationRecord, asked: ApplicationRecord, version: int | None) -> ApplicationRecord:
    """Return the known application. Raises ConflictError if the reference belongs to a different one."""

    def said(one: ApplicationRecord) -> tuple[object, ...]:
        return one.membership_id, one.programme_key, one.competencies

    if said(known) != said(asked) or version not in (None, known.programme_version):
        raise ConflictError("this reference names another application: take another one")
    return known


def _ends_at(programme: Programme, now: datetime) -> datetime | None:
    return None if programme.sprint_days is None else now + timedelta(days=programme.sprint_days)
