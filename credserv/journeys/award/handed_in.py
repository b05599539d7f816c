"""Hand in: a person gives an organisation a credential of another issuer, to count toward its badges.

It has to verify and to name the person by something they have proved. The organisation stores it as received,
checks it again every day and stops counting it once it is revoked. The person can take it back at any time.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from credserv.ground.encoding import format_instant, parse_instant, random_token
from credserv.ground.errors import CredservError, InputError, NotFoundError, UnavailableError
from credserv.ground.json_types import JsonObject
from credserv.ground.verification import Outcome, Verdict
from credserv.journeys.award.judging_rules import judges_awaiting
from credserv.journeys.award.knowing import handed_credential, read_levels
from credserv.journeys.award.settle import act_on
from credserv.journeys.check.check import Checked, Kind, check
from credserv.journeys.check.reports.report import build_report
from credserv.journeys.services import Services
from credserv.journeys.transfer.named_for import NamedFor, named_for, told_subjects
from credserv.openbadges.data_model import listed, subjects_of
from credserv.openbadges.plain import plain_form
from credserv.records.audit import Action, AuditRecord
from credserv.records.handed_in import HandedInRecord

LOOK_AGAIN = timedelta(days=1)
MAX_HANDED_IN = 200
_ID_BYTES = 16
_AT_ONCE = 25

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Handed:
    """A handed-in credential, as its person sees it.

    Attributes:
        counts: Whether the last check found it neither revoked, suspended nor expired.
    """

    id: str
    name: str
    issuer: str
    sha256: str
    counts: bool
    handed_at: datetime
    checked_at: datetime


def hand_in(services: Services, person_id: str, content: bytes, *, now: datetime) -> None:
    """Check a credential, store it, and award what it earns. Safe to repeat.

    Args:
        content: The credential: JSON, a token or a badge image.

    Raises:
        InputError: It does not verify, is not about the person, or too many are stored. The message gives the
            reason.
        NotFoundError: The organisation does not know the person.
        UnavailableError: It cannot be checked now.
        OrganisationClosedError, OrganisationMovedError: The organisation issues nothing new.
    """
    services.require_open()
    member = services.store.members.of_person(person_id)
    if member is None:
        raise NotFoundError("this organisation does not know you yet: it has awarded you nothing")
    if len(services.store.handed_in.of_member(member.id)) >= MAX_HANDED_IN:
        raise InputError(f"at most {MAX_HANDED_IN} credentials count here: take one back first")
    checked = check(services, data=content, url=None, now=now)
    _require_good(services, person_id, checked, now)
    record = HandedInRecord(
        id=random_token(_ID_BYTES),
        membership_id=member.id,
        sha256=hashlib.sha256(content).hexdigest(),
        facts=_facts(checked),
        handed_at=now,
        checked_at=now,
        tried_at=now,
    )
    with services.store.transaction():
        if services.store.handed_in.add(record, content):
            # The credential's id may name the person, and this line stays when the credential is taken back.
            detail = {"issuer": checked.head.issuer_id}
            line = AuditRecord(now, f"person:{person_id}", Action.CREDENTIAL_HANDED_IN, record.id, detail)
            services.store.audit.add(line)
    _go_on(services, record, now)


def take_back(services: Services, person_id: str, handed_id: str, *, now: datetime) -> None:
    """Delete a handed-in credential and review what depended on it.

    Raises:
        NotFoundError: The person has no such credential here.
    """
    member = services.store.members.of_person(person_id)
    found = () if member is None else services.store.handed_in.of_member(member.id)
    record = next((one for one in found if one.id == handed_id), None)
    if member is None or record is None:
        raise NotFoundError("no such credential")
    with services.store.transaction():
        services.store.handed_in.remove(member.id, handed_id)
        line = AuditRecord(now, f"person:{person_id}", Action.CREDENTIAL_TAKEN_BACK, handed_id)
        services.store.audit.add(line)
    _go_on(services, record, now)


def handed_by(services: Services, person_id: str, *, now: datetime) -> tuple[Handed, ...]:
    """Return a person's handed-in credentials, oldest first."""
    member = services.store.members.of_person(person_id)
    if member is None:
        return ()
    return tuple(_handed(record, now) for record in services.store.handed_in.of_member(member.id))


def look_again(services: Services, *, clock: Callable[[], datetime], stopping: Callable[[], bool]) -> int:
    """Check the credentials that were not checked for a day, and judge again where something changed.

    Returns:
        How many were checked.
    """
    done = 0
    for record in services.store.handed_in.due(clock() - LOOK_AGAIN, _AT_ONCE):
        if stopping() or not services.issuer.is_open:
            return done
        _look(services, record, clock())
        done += 1
    return done


def _look(services: Services, record: HandedInRecord, now: datetime) -> None:
    """Check one credential. If its issuer cannot be reached, the previous result stands."""
    try:
        checked = check(services, data=services.store.handed_in.content(record.id), url=None, now=now)
        if checked.verdict is Verdict.NOT_CHECKED:
            raise UnavailableError("it cannot be checked now")
    except CredservError as error:
        logger.info("a credential that was handed in is looked at later: %s", error.code)
        services.store.handed_in.note_try(record.id, now)
        return
    except Exception:  # one that fails must not stop the check of the others
        logger.exception("an error nobody foresaw, in one of several that were handed in")
        services.store.handed_in.note_try(record.id, now)
        return
    facts = _facts(checked)
    services.store.handed_in.note_check(record.id, facts, now)
    if facts != record.facts:
        _go_on(services, record, now)


def _go_on(services: Services, record: HandedInRecord, now: datetime) -> None:
    """Award what it earns, and review what depended on it."""
    judges = judges_awaiting(services, handed_credential(record))
    act_on(services, judges, record.membership_id, now=now)


def _require_good(services: Services, person_id: str, checked: Checked, now: datetime) -> None:
    if checked.kind is not Kind.CREDENTIAL:
        raise InputError("only a single credential counts: hand in one of those that it holds")
    if checked.verdict is Verdict.NOT_CHECKED:
        raise UnavailableError(
            "it could not be checked just now, so that it cannot count yet: try again later"
        )
    if not _is_in_force(checked):
        raise InputError(f"it does not count: {build_report(checked, now=now)['sentence']}")
    if checked.head.issuer_id == services.issuer.did:
        raise InputError("what this organisation issued to you counts already")
    named = named_for(told_subjects(checked.credential), services.store.people.proved(person_id))
    if named is not NamedFor.YOU:
        raise InputError("it does not name you by an address or DID that you have shown to be yours")


def _is_in_force(checked: Checked) -> bool:
    """Return whether it is neither invalid, revoked nor suspended.

    Whether it may have expired is up to the rule.
    """
    if checked.verdict is not Verdict.NOT_VERIFIED:
        return True
    made = (*checked.result.checks, *checked.result.policy)
    failed = {one.code for one in made if one.required and one.outcome is Outcome.FAILED}
    return checked.established and failed == {"expired"}


def _facts(checked: Checked) -> JsonObject:
    """Return what rules look at: the first achievement of the single subject."""
    subject = next(iter(subjects_of(plain_form(checked.credential))), {})
    achievement = next((one for one in listed(subject.get("achievement")) if isinstance(one, Mapping)), {})
    targets = [
        one.get("targetUrl") for one in listed(achievement.get("alignment")) if isinstance(one, Mapping)
    ]
    levels = read_levels(
        achievement, [one for one in listed(subject.get("result")) if isinstance(one, Mapping)]
    )
    ends = checked.head.valid_until
    return {
        "id": checked.head.credential_id or f"sha256:{hashlib.sha256(checked.raw).hexdigest()}",
        "name": checked.head.name,
        "issuer": checked.head.issuer_id,
        "issuer_name": checked.issuer,
        "achievement": str(achievement.get("id", "")),
        "alignments": sorted({one for one in targets if isinstance(one, str)}),
        "is_trusted": checked.result.passed("issuer_trusted"),
        "is_in_force": _is_in_force(checked),
        "valid_until": None if ends is None else format_instant(ends),
        "levels": None if levels is None else sorted(levels),
    }


def _handed(record: HandedInRecord, now: datetime) -> Handed:
    facts = record.facts
    ends = facts["valid_until"]
    return Handed(
        id=record.id,
        name=str(facts["name"]),
        issuer=str(facts["issuer_name"] or facts["issuer"]),
        sha256=record.sha256,
        counts=bool(facts["is_in_force"]) and (ends is None or parse_instant(ends) > now),
        handed_at=record.handed_at,
        checked_at=record.checked_at,
    )
