"""Settle: find an observation's person, then judge and apply every rule that looks at it (ADR 0019).

What is earned is ordered from the recipe, what is no longer earned is suspended for review, and what is
earned again is restored. Any process can repeat all of this at any time, even two at once.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from credserv.ground.canonical_json import canonize_json
from credserv.ground.encoding import format_instant
from credserv.ground.errors import (
    AbsentError,
    CredservError,
    DeclinedError,
    InputError,
    NotFoundError,
    UnavailableError,
)
from credserv.issuing.recipe import Wanted, award_key
from credserv.journeys.award.judgement import Judge, Judgement, Known
from credserv.journeys.award.judging import judges_of
from credserv.journeys.award.orders import absolute_result, find_version, require_defined
from credserv.journeys.award.resolving import names_of, resolve_person
from credserv.journeys.award.taking_back import find_person, find_taken_back, is_taker, wake_takers
from credserv.journeys.publish.publish import set_status
from credserv.journeys.services import Services
from credserv.records.achievements import AchievementVersion, AwardRule
from credserv.records.credentials import CredentialRecord, CredentialState, IssueOrder, Recipient
from credserv.records.observations import Kind, PersonKind
from credserv.records.observed import ObservationRecord, ObservationState
from credserv.records.sources import SourceRecord
from credserv.sources.mapped import may_take_back

FOR_REVIEW = "for review: "
NO_ADDRESS = "no e-mail address or DID of this person is known, so nothing can be awarded to them yet"
NO_RULE = "no rule looks at it"
RELEASED = "released"
ALL_HAVE_HEARD = timedelta(seconds=5)
CLOCKS_DIFFER = timedelta(minutes=5)
_FIRST = datetime(2000, 1, 1, tzinfo=UTC)
_ROUNDS = 5
_IN_FORCE = (CredentialState.ACTIVE, CredentialState.SUSPENDED, CredentialState.PENDING)

logger = logging.getLogger(__name__)


def settle(services: Services, record: ObservationRecord, *, now: datetime) -> ObservationRecord:
    """Process an observation as far as possible.

    Returns:
        The observation as stored afterwards.

    Raises:
        NotFoundError: The observation's source no longer exists.
        UnavailableError, SigningKeyError: Try again later.
    """
    if record.state is not ObservationState.RECEIVED:
        return record
    source = services.store.sources.get(record.source)
    if source is None:
        raise NotFoundError(f"there is no source {record.source}")
    odd = judge_date(record.observation.occurred_at, now)
    if odd and not _is_released(record):
        return _end(services, record, ObservationState.QUEUED, odd)
    judges = judges_of(services, source, record)
    has_learned = False
    if record.membership_id is None:
        found, has_learned = _find_person(services, source, record, judges, now)
        if found.state is ObservationState.WAITING and _is_known_now(services, source, record):
            found, has_learned = _find_person(services, source, record, judges, now)
        record = found
    if record.membership_id is None:
        return record
    for taker in wake_takers(services, record):
        settle(services, taker, now=now)
    note = act_on(services, judges, record.membership_id, now=now)
    state = ObservationState.WAITING if note == NO_ADDRESS else ObservationState.JUDGED
    if _may_be_unheard(source, record, now):
        state = ObservationState.RECEIVED  # leave it to the sweep
    ended = _end(services, record, state, note)
    if has_learned or record.observation.kind is Kind.IDENTITY:
        go_on(services, record.membership_id, now=now)
    return ended


def settle_each(
    services: Services, records: Iterable[ObservationRecord], *, now: datetime
) -> tuple[ObservationRecord, ...]:
    """Process each observation as far as possible.

    An error in one does not hold up the others; the sweep tries it again.
    """
    settled: list[ObservationRecord] = []
    for record in records:
        try:
            settled.append(settle(services, record, now=now))
        except CredservError as error:
            logger.warning("observation %s goes on later: %s: %s", record.id, error.code, error.detail)
            settled.append(record)
    return tuple(settled)


def _may_be_unheard(source: SourceRecord, record: ObservationRecord, now: datetime) -> bool:
    """Return whether a process that is issuing by the source's mapping right now may
    not know of this correction yet.
    """
    return source.corrects and may_take_back(record.observation) and now - record.received_at < ALL_HAVE_HEARD


def go_on(services: Services, membership_id: str, *, now: datetime) -> int:
    """Continue with everything that waited for this member or one of their addresses.

    Returns:
        How many observations made progress.
    """
    store = services.store
    known = [one for one in store.members.identifiers(membership_id) if one.ended_at is None]
    woken = [
        *store.observations.wake([(one.kind.value, one.value, one.namespace) for one in known]),
        *store.observations.wake_member(membership_id),
    ]
    for record in store.observations.these(woken):
        settle(services, record, now=now)
    return len(woken)


def judge_date(occurred_at: datetime | None, now: datetime) -> str:
    """Return why a person has to check a date; "" if nobody has to."""
    if occurred_at is not None and occurred_at > now + CLOCKS_DIFFER:
        return f"it is dated ahead, {format_instant(occurred_at)}"
    if occurred_at is not None and occurred_at < _FIRST:
        return f"it is dated before 2000, {format_instant(occurred_at)}"
    return ""


def _find_person(
    services: Services,
    source: SourceRecord,
    record: ObservationRecord,
    judges: Sequence[Judge],
    now: datetime,
) -> tuple[ObservationRecord, bool]:
    """Find the person, and return whether the message taught anything about
    them; one transaction stores both.
    """
    if is_taker(record):
        return find_person(services, record), False
    with services.store.transaction():
        introduces = bool(judges) or record.observation.kind is Kind.IDENTITY
        found = resolve_person(services, source, record, introduces=introduces, now=now)
        if found.is_introduction:
            return _end(services, record, ObservationState.JUDGED, NO_RULE), False
        if found.identifier is None:
            state = ObservationState.CONFLICT if found.is_conflict else ObservationState.WAITING
            return _end(services, record, state, found.note), False
        own = found.identifier
        services.store.observations.settle(
            record.id, ObservationState.RECEIVED, note=record.note, identifier_id=own.id
        )
    found_record = replace(record, identifier_id=own.id, membership_id=own.membership_id)
    return found_record, found.has_learned


def _is_known_now(services: Services, source: SourceRecord, record: ObservationRecord) -> bool:
    """Check again after the observation began to wait: a person who became known a
    moment earlier could not wake it.
    """
    if is_taker(record):
        other = find_taken_back(services, record)
        return other is not None and other.identifier_id is not None
    names = [name for person in record.observation.people for name in names_of(source, record, person)]
    return any(one.ended_at is None for one in services.store.identifiers.named(names))


def _is_released(record: ObservationRecord) -> bool:
    return record.note.startswith(RELEASED)


def _end(
    services: Services, record: ObservationRecord, state: ObservationState, note: str = ""
) -> ObservationRecord:
    # A released observation's date is not checked again.
    if _is_released(record) and state is not ObservationState.JUDGED:
        note = f"{RELEASED}; {note}"
    services.store.observations.settle(record.id, state, note=note)
    return replace(record, state=state, note=note)


# --- judging --------------------------------------------------------------------------------------


def act_on(services: Services, judges: Sequence[Judge], member: str, *, now: datetime) -> str:
    """Judge a member and apply the verdicts, and repeat while what is known changes meanwhile.

    Because of the repetition, one of two concurrent processes sees everything.

    Returns:
        A remark; "" if there is none.
    """
    if not judges:
        return ""
    notes: list[str] = []
    known = Known(member, services.store.observations.of_member(member))
    for _ in range(_ROUNDS):
        notes += [_act(services, judge, known, now) for judge in judges]
        judged = {one.id for one in known.observations}
        known = Known(member, services.store.observations.of_member(member))
        if judged == {one.id for one in known.observations}:
            break
    return NO_ADDRESS if NO_ADDRESS in notes else "; ".join(dict.fromkeys(filter(None, notes)))


def _act(services: Services, judge: Judge, known: Known, now: datetime) -> str:
    """Apply what a rule says; return a remark."""
    verdict = judge.judge(known, now)
    member = known.membership_id
    issued = services.store.credentials.by_rule(judge.scope, judge.achievement_key, member)
    for credential in issued:
        _review(services, judge, credential, known, now)
    if not verdict.is_met or not judge.awards:
        return verdict.missing
    try:
        return _award(services, judge, verdict, issued, member, now)
    except (InputError, AbsentError, DeclinedError) as error:
        return error.detail


def _review(
    services: Services, judge: Judge, credential: CredentialRecord, known: Known, now: datetime
) -> None:
    """Check whether the rule would still issue this credential by everything known now.

    A credential that was revoked, or suspended for another reason, stays as it is. Neither the passage of
    time nor another rule takes anything away. Raises UnavailableError while the credential is still being
    made, because nobody would review it afterwards.
    """
    then = judge.then(credential.order.grounds)
    if then is None:
        return
    verdict = then.judge(known, credential.issued_at)
    if verdict.is_met is False and credential.state is CredentialState.PENDING:
        raise UnavailableError("what it takes back is still being made")
    is_ours = credential.reason.startswith(FOR_REVIEW)
    if verdict.is_met is False and credential.state is CredentialState.ACTIVE:
        state, why = CredentialState.SUSPENDED, f"{FOR_REVIEW}it is not earned any more"
    elif verdict.is_met and credential.state is CredentialState.SUSPENDED and is_ours:
        state, why = CredentialState.ACTIVE, "earned again"
    else:
        return
    set_status(services, credential.id, state, reason=why, actor=judge.scope, now=now)


def _award(
    services: Services,
    judge: Judge,
    verdict: Judgement,
    issued: Sequence[CredentialRecord],
    member: str,
    now: datetime,
) -> str:
    version = find_version(services, judge.achievement_key, None)
    rule = version.award_rule if verdict.award is None else AwardRule(verdict.award)
    if rule is AwardRule.ONCE and any(one.state in _IN_FORCE for one in issued):
        return ""
    recipient = recipient_of(services, member)
    if recipient is None:
        return NO_ADDRESS
    order = _order(judge, verdict, version, rule, recipient, issued, member, now)
    (made,) = services.recipe.issue([Wanted(order, now, award_rule=rule)])
    made.require()
    return made.note


def _order(
    judge: Judge,
    verdict: Judgement,
    version: AchievementVersion,
    rule: AwardRule,
    recipient: Recipient,
    issued: Sequence[CredentialRecord],
    member: str,
    now: datetime,
) -> IssueOrder:
    """Build the order under a key of the member and the award, the same whoever judges and whenever.

    Two members may have become one since, so what was issued to either keeps its key. Otherwise whoever lost
    a badge would get it again with a second address.
    """
    results = tuple(absolute_result(version, result) for result in verdict.results)
    require_defined(version, results)
    last = max(verdict.observations, key=lambda one: one.order, default=None)
    by = last.id if last is not None else " ".join(verdict.credentials)
    what = award_key(rule, results) if rule in (AwardRule.ONCE, AwardRule.PER_LEVEL) else by
    own = f"{judge.achievement_key} {member} {what}"
    keys = [one.order.idempotency_key for one in issued]
    same = [one for one in keys if one.split(" ", 2)[2:] == [what]]
    key = own if own in keys or not same else same[0]
    return IssueOrder(
        scope=judge.scope,
        idempotency_key=key,
        order_sha256=hashlib.sha256(canonize_json({judge.scope: key})).hexdigest(),
        achievement_key=version.key,
        achievement_version=version.version,
        recipient=recipient,
        awarded_at=now if last is None else last.observation.occurred_at or last.received_at,
        results=results,
        evidence=verdict.evidence,
        grounds={
            **judge.grounds,
            "observations": [one.id for one in verdict.observations],
            **({"credentials": list(verdict.credentials)} if verdict.credentials else {}),
        },
    )


def recipient_of(services: Services, member: str) -> Recipient | None:
    """Return how the organisation reaches a member; None if it cannot."""
    live = [one for one in services.store.members.identifiers(member) if one.ended_at is None]
    email = next((one.written for one in live if one.kind is PersonKind.EMAIL), None)
    did = next((one.value for one in live if one.kind is PersonKind.DID), None)
    record = services.store.roster.get(member)
    name = None if record is None else record.name
    if email is None and did is None:
        return None
    return Recipient(email=email, did=None if email is not None else did, name=name)
