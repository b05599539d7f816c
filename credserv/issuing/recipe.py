"""The issuing recipe: from orders to credentials that are stored, each once, whatever dies on the way.

There is one, for a lot of orders: what a client ordered alone, an event of an LMS and a batch are gathered
into lots (gather.py) and go through the same four steps.

1. **Plan.** Each order gets what varies: id, salt, the instant of issuing. No order is dropped.
2. **Reserve**, one transaction: the event that asked, the row with all that was planned and its status
   index, and the line in the audit trail that it is about to be signed. An order for what its recipient
   has been awarded before is answered with that credential, under whichever key and by whichever door it
   comes (store/awards.py).
3. **Make** (making.py), nothing is written: built from the row alone, checked, signed, self-verified.
4. **Keep**, one transaction: the exact bytes by compare-and-set (the first to arrive wins), the letter in
   the outbox, the end of the event. An order that can never be issued is closed in it, with the reason.

Everything that varies is fixed in step 2. So 3 and 4 may be repeated, by anyone, at any time, by two at
once, and lead to the same credential; nothing is visible outside, nor answered, before step 4. A status
index is used up by its reservation. What fails for one order fails for that order alone.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from credserv.ground.encoding import new_id
from credserv.ground.errors import (
    ConflictError,
    CredservError,
    DeclinedError,
    InputError,
    SigningKeyError,
    UnavailableError,
)
from credserv.ground.json_types import JsonObject
from credserv.ground.request_ids import carried_request
from credserv.issuing.desk import IssuingDesk
from credserv.issuing.gather import Gathering
from credserv.issuing.living import is_living
from credserv.issuing.making import Made, Maker
from credserv.records.accreditation import TermRecord
from credserv.records.achievements import AchievementKind, AchievementVersion, AwardRule
from credserv.records.credentials import CredentialRecord, CredentialState, IssuanceStep, IssueOrder
from credserv.records.observed import ObservationRecord
from credserv.records.sources import EventRecord
from credserv.store.credential_rows import Claim, Key
from credserv.store.lots import DECLINED, Making

MAX_LOT = 100  # more hold the writer's lock for longer, and cost no less each
AWARDED_BEFORE = "was awarded before: this is the credential that this person has"
SALT_BYTES = 16


@dataclass(frozen=True)
class Wanted:
    """An order, when it came, the event that it came from, and who ordered ("" for its scope).

    The event is written down with the reservation. It goes on from RECEIVED, and from the state given here.
    observation: what the event says, kept with it. award_rule: None for the achievement's own. is_asked: by
    whom it is for, so that a wish to be awarded nothing is none against it. request_id: of
    who ordered; a lot is issued by one thread for several.
    """

    order: IssueOrder
    now: datetime
    event: EventRecord | None = None
    actor: str = ""
    observation: ObservationRecord | None = None
    award_rule: AwardRule | None = None
    is_asked: bool = False
    request_id: str = field(default_factory=carried_request)

    @property
    def key(self) -> Key:
        return (self.order.scope, self.order.idempotency_key)


@dataclass(frozen=True)
class Issued:
    """What became of one order: its credential (created: by this call), or the error that it ended in.

    event: where nothing was done, since the event had been decided before: as it is kept. is_repeat: the
    credential was ordered under another key, for the same award.
    """

    record: CredentialRecord | None = None
    created: bool = False
    error: Exception | None = None
    event: EventRecord | None = None
    is_repeat: bool = False

    @property
    def note(self) -> str:
        """What there is to say of a credential that is not new; "" for nothing."""
        return AWARDED_BEFORE if self.is_repeat else ""

    def require(self) -> CredentialRecord:
        """The credential. Raises the error; ConflictError for an event that was decided before."""
        if isinstance(self.error, CredservError):  # others may be told the same: each gets one of its own
            raise type(self.error)(self.error.detail, faults=self.error.faults) from self.error
        if self.error is not None:
            raise self.error
        if self.record is None:
            raise ConflictError("this was decided before, and no credential came of it")
        return self.record


_NOTHING = Issued()


class Recipe:
    """Safe to share between threads; one for each process."""

    def __init__(self, desk: IssuingDesk) -> None:
        self.desk = desk
        self._maker = Maker(desk)
        self._gathering: Gathering[Wanted, Issued] = Gathering(self._issue, most=MAX_LOT)

    def issue(self, wanted: Sequence[Wanted]) -> tuple[Issued, ...]:
        """Issue all that can be; answers in the same order. Raises nothing of its own: errors are answers.

        ConflictError: the key was used for another order, the achievement version is unknown, or a programme
        of accreditation grants it.
        DeclinedError: whom it is for asked to be awarded nothing; the key is not used up.
        InputError: it can never be issued (also kept in the row's `note`, and with the event).
        SigningKeyError, ProofError, UnavailableError: it can be sent again, or is finished by the sweep.
        """
        lots = [wanted[start : start + MAX_LOT] for start in range(0, len(wanted), MAX_LOT)]
        return tuple(issued for lot in lots for issued in self._gathering.submit(lot))

    def plan(self, wanted: Wanted, *, reserved_id: str) -> Claim:
        """Step 1 of one order, whose credential gets an id that was reserved before. Who plans it reserves it
        as well, together with what it rests on. Raises ConflictError for an unknown achievement version."""
        claims, refused = self._plan([wanted])
        if wanted.key in refused:
            refused[wanted.key].require()
        return replace(claims[wanted.key], new_id=reserved_id)

    def finish(self, record: CredentialRecord, claim: Claim, now: datetime) -> Issued:
        """Steps 3 and 4 of what was reserved; nothing is done to what is stored."""
        self.desk.on_step(IssuanceStep.RESERVED)
        return self._finish({claim.key: record}, {claim.key: claim}, (), now)[claim.key]

    def make_version(self, record: CredentialRecord, term: TermRecord) -> bytes:
        """Step 3 of a further version of a credential, which is kept by compare-and-set. Raises InputError,
        SigningKeyError, ProofError."""
        signed = self._maker.make_version(record, term)
        self.desk.on_step(IssuanceStep.MADE)
        return signed

    def _issue(self, wanted: Sequence[Wanted]) -> Sequence[Issued]:
        """A lot; where an error of one order undid a step for all, each order by itself."""
        try:
            return self._issue_lot(wanted)
        except (SigningKeyError, UnavailableError) as error:
            return [Issued(error=error) for _ in wanted]
        except Exception as error:
            if len(wanted) == 1:
                return [Issued(error=error)]
            return [issued for one in wanted for issued in self._issue([one])]

    def _issue_lot(self, wanted: Sequence[Wanted]) -> Sequence[Issued]:
        claims, refused = self._plan(wanted)
        if not claims:
            return [refused[one.key] for one in wanted]
        now = max(one.now for one in wanted)  # no step before the one that it follows
        reserved = self.desk.store.lots.reserve(list(claims.values()), now=now)
        self.desk.on_step(IssuanceStep.RESERVED)
        ours = {
            key: record
            for key, record in reserved.records.items()
            if reserved.joined.get(key, record.order.order_sha256) == claims[key].order.order_sha256
        }
        records = self._finish(ours, claims, reserved.joined.keys(), now)
        records |= self._free(records, wanted)
        decided = {key: _decided(event, claims[key]) for key, event in reserved.events.items()}
        conflicts = {key: Issued(error=_used()) for key in reserved.records.keys() - ours.keys()}
        declined = {key: Issued(error=DeclinedError(DECLINED)) for key in reserved.declined}
        return _answers(wanted, claims, {**refused, **decided, **declined, **conflicts, **records})

    def _free(self, issued: Mapping[Key, Issued], wanted: Sequence[Wanted]) -> dict[Key, Issued]:
        """Those who joined an order that can never be issued: their own may be."""
        failed = {
            one.key: one
            for one in wanted
            if issued.get(one.key, _NOTHING).is_repeat and isinstance(issued[one.key].error, InputError)
        }
        return dict(zip(failed, self._issue(list(failed.values())), strict=True)) if failed else {}

    def _plan(self, wanted: Sequence[Wanted]) -> tuple[dict[Key, Claim], dict[Key, Issued]]:
        """Step 1. Of orders with one key the first counts, and the others are told what became of it."""
        claims: dict[Key, Claim] = {}
        refused: dict[Key, Issued] = {}
        for one in wanted:
            order = one.order
            version = self.desk.store.achievements.get(order.achievement_key, order.achievement_version)
            if version is None:
                error = ConflictError(f"there is no achievement {order.achievement_key} of this version")
                refused.setdefault(one.key, Issued(error=error))
            elif self._is_of_a_programme(one, version):
                error = ConflictError("whoever decides about an application grants this, and nobody else")
                refused.setdefault(one.key, Issued(error=error))
            elif one.key not in claims:
                rule = one.award_rule or version.award_rule
                claims[one.key] = Claim(
                    order=order,
                    new_id=new_id(one.now),
                    salt=secrets.token_hex(SALT_BYTES),
                    issued_at=one.now.replace(microsecond=0),
                    intent=self.desk.intent,
                    event=one.event,
                    actor=one.actor,
                    award_key=award_key(rule, order.results),
                    renews=rule is AwardRule.PER_VALIDITY,
                    observation=one.observation,
                    is_asked=one.is_asked,
                    request_id=one.request_id,
                )
        return claims, refused

    def _is_of_a_programme(self, one: Wanted, version: AchievementVersion) -> bool:
        """Whether an ordinary order is for what a programme of accreditation grants. One that is known goes
        on: it was there before the programme."""
        store, order = self.desk.store, one.order
        return (
            version.kind is AchievementKind.MENTOR_ACCREDITATION
            and not is_living(order)
            and order.achievement_key in store.programmes.known_keys()
            and store.credentials.find(order.scope, order.idempotency_key) is None
        )

    def _finish(
        self,
        records: Mapping[Key, CredentialRecord],
        claims: Mapping[Key, Claim],
        joined: Collection[Key],
        now: datetime,
    ) -> dict[Key, Issued]:
        """Steps 3 and 4. joined: the keys of orders for what had been awarded before."""
        pending = {record.id: record for record in records.values() if _is_pending(record)}
        made = self._maker.make(list(pending.values()))
        if made:
            self.desk.on_step(IssuanceStep.MADE)
        makings = [
            self._making(record, made, claims[key], is_repeat=key in joined)
            for key, record in records.items()
        ]
        kept = [making for making in makings if making is not None]
        others = self.desk.store.lots.keep(kept, now=now)
        if kept:
            self.desk.on_step(IssuanceStep.STORED)
        return {
            key: _issued(others.get(record.id, record), made, claims[key], now, is_repeat=key in joined)
            for key, record in records.items()
        }

    def _making(
        self, record: CredentialRecord, made: Made, claim: Claim, *, is_repeat: bool
    ) -> Making | None:
        """What there is to keep of one; None for nothing."""
        event = claim.event
        result, remark = made.get(record.id), AWARDED_BEFORE if is_repeat else ""
        if isinstance(result, bytes):
            has_letter = self.desk.sends_letters and record.order.recipient.email is not None
            return Making(
                record.id,
                result,
                event=event,
                has_letter=has_letter,
                remark=remark,
                is_living=is_living(record.order),
                request_id=claim.request_id,
            )
        if isinstance(result, InputError):
            own_event = None if is_repeat else event  # who joined goes on alone
            return Making(record.id, note=result.detail or result.code, event=own_event)
        return Making(record.id, event=event, remark=remark) if result is None and event is not None else None


def _is_pending(record: CredentialRecord) -> bool:
    return record.state is CredentialState.PENDING


def award_key(rule: AwardRule, results: Sequence[JsonObject]) -> str | None:
    """What of an achievement one person is awarded once; None for what is awarded with each order.

    Alike over versions and doors: levels count by their names within the achievement.
    """
    if rule is AwardRule.PER_EVENT:
        return None
    if rule is not AwardRule.PER_LEVEL:
        return "once"
    levels = {str(result["achievedLevel"]) for result in results if "achievedLevel" in result}
    return " ".join(["level", *sorted("#" + level.rpartition("#")[2] for level in levels)])


def _used() -> ConflictError:
    return ConflictError("this idempotency key was used before, for another order")


def _decided(event: EventRecord, claim: Claim) -> Issued:
    """For an event that is known with another body, or that was decided before."""
    if claim.event is not None and event.body_sha256 != claim.event.body_sha256:
        return Issued(
            error=ConflictError(f"event id {event.event_id[:80]!r} was used before, for another event")
        )
    return Issued(event=event)


def _issued(record: CredentialRecord, made: Made, claim: Claim, now: datetime, *, is_repeat: bool) -> Issued:
    """record: as it stood before, or as another left it who was first."""
    result, created = made.get(record.id), record.id == claim.new_id
    if _is_pending(record) and isinstance(result, bytes):
        stored = replace(record, state=CredentialState.ACTIVE, signed=result, stored_at=now, changed_at=now)
        return Issued(stored, created=created, is_repeat=is_repeat)
    if _is_pending(record) and isinstance(result, CredservError):
        return Issued(error=result, is_repeat=is_repeat)
    if record.state is CredentialState.FAILED:
        return Issued(error=InputError(record.note), is_repeat=is_repeat)
    return Issued(record, created=created, is_repeat=is_repeat)


def _answers(
    wanted: Sequence[Wanted], claims: Mapping[Key, Claim], issued: Mapping[Key, Issued]
) -> Sequence[Issued]:
    """Each order's own: who repeats another of the lot created nothing, and must be the same order."""
    answers, seen = [], set()
    for one in wanted:
        answer = issued[one.key]
        if one.key in seen and one.key in claims:
            same = one.order.order_sha256 == claims[one.key].order.order_sha256
            answer = replace(answer, created=False) if same else Issued(error=_used())
        seen.add(one.key)
        answers.append(answer)
    return answers
