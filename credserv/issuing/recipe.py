"""The issuing recipe: turn orders into stored credentials, each exactly once,
even if a process dies on the way.

There is one recipe for every source of orders. API orders, LMS events and batches are gathered into lots
(gather.py), and each lot goes through four steps.

1. **Plan.** Fix whatever varies for each order: id, salt, instant of issuance. No order is dropped.
2. **Reserve**, in one transaction: the event that caused the order, the row with everything planned and its
   status index, and the line in the audit trail that says it is about to be signed. If the recipient already
   has this award, the order gets the existing credential, whatever its key and whichever way it came
   (store/hold/awards.py).
3. **Make** (making.py) without writing: build from the row alone, check, sign, self-verify.
4. **Keep**, in one transaction: the exact bytes by compare-and-set (the first to arrive wins), the letter in
   the outbox and the end of the event. An order that can never be issued is closed here with the reason.

Step 2 fixes everything that varies. Steps 3 and 4 can therefore be repeated by any process at any time, even
by two at once, and lead to the same credential. Before step 4 nothing is visible outside and no caller gets
an answer. A reservation uses up its status index. An error in one order affects that order alone.
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
from credserv.issuing.gather import Gathering
from credserv.issuing.living import is_living
from credserv.issuing.making import Made, Maker
from credserv.issuing.services import IssuingServices
from credserv.records.accreditation import TermRecord
from credserv.records.achievements import AchievementKind, AchievementVersion, AwardRule
from credserv.records.credentials import CredentialRecord, CredentialState, IssuanceStep, IssueOrder
from credserv.records.observed import ObservationRecord
from credserv.records.sources import EventRecord
from credserv.store.award.lots import DECLINED, Making
from credserv.store.hold.credential_rows import Claim, Key

MAX_LOT = 100  # larger lots hold the database's write lock longer and are no cheaper per credential
AWARDED_BEFORE = "was awarded before: this is the credential that this person has"
SALT_BYTES = 16


@dataclass(frozen=True)
class Wanted:
    """One order with its origin.

    Attributes:
        now: When the order came.
        event: The event that caused it. It is written with the reservation, and moves on only from RECEIVED
            or from the state given here.
        actor: Who ordered; "" stands for the order's scope.
        observation: What the event says; stored with it.
        award_rule: How often the award is given. None for the achievement's own rule.
        is_asked: Whether the recipient ordered it themselves, which overrides their earlier wish to be
            awarded nothing.
        request_id: The request that ordered it. Kept for each order, because one thread issues a lot for
            several requests.
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
    """The outcome of one order: its credential or an error.

    Attributes:
        created: Whether this call created the credential.
        event: The stored event, if it had been decided before and nothing was done.
        is_repeat: Whether the credential had been ordered for the same award under another key.
    """

    record: CredentialRecord | None = None
    created: bool = False
    error: Exception | None = None
    event: EventRecord | None = None
    is_repeat: bool = False

    @property
    def note(self) -> str:
        """Return a remark for a credential that is not new; "" if there is none."""
        return AWARDED_BEFORE if self.is_repeat else ""

    def require(self) -> CredentialRecord:
        """Return the credential.

        Raises:
            CredservError: The error that this order ended in.
            ConflictError: The event was decided before, without a credential.
        """
        # Several callers may share one error, so each gets its own instance.
        if isinstance(self.error, CredservError):
            raise type(self.error)(self.error.detail, faults=self.error.faults) from self.error
        if self.error is not None:
            raise self.error
        if self.record is None:
            raise ConflictError("this was decided before, and no credential came of it")
        return self.record


_NOTHING = Issued()


class Recipe:
    """Runs the four steps. Safe to share between threads; use one per process."""

    def __init__(self, issuing: IssuingServices) -> None:
        self.issuing = issuing
        self._maker = Maker(issuing)
        self._gathering: Gathering[Wanted, Issued] = Gathering(self._issue, most=MAX_LOT)

    def issue(self, wanted: Sequence[Wanted]) -> tuple[Issued, ...]:
        """Issue every order that can be issued.

        Returns:
            One outcome per order, in the same order. Errors are part of the outcome and are not raised:
            ConflictError: The key was used for another order, the achievement version is unknown, or only an
                accreditation programme can grant it.
            DeclinedError: The recipient asked to be awarded nothing. The key is not used up.
            InputError: It can never be issued. The reason is also in the row's `note` and in the event.
            SigningKeyError, ProofError, UnavailableError: Send the order again, or leave it to the sweep.
        """
        lots = [wanted[start : start + MAX_LOT] for start in range(0, len(wanted), MAX_LOT)]
        return tuple(issued for lot in lots for issued in self._gathering.submit(lot))

    def plan(self, wanted: Wanted, *, reserved_id: str) -> Claim:
        """Do step 1 for one order whose credential id is already reserved.

        The caller then reserves the claim itself, in one transaction with whatever the claim depends on.

        Raises:
            ConflictError: The achievement version is unknown, or only an accreditation programme can grant
                it.
        """
        claims, refused = self._plan([wanted])
        if wanted.key in refused:
            refused[wanted.key].require()
        return replace(claims[wanted.key], new_id=reserved_id)

    def finish(self, record: CredentialRecord, claim: Claim, now: datetime) -> Issued:
        """Do steps 3 and 4 for a reserved credential. A stored credential stays as it is."""
        self.issuing.on_step(IssuanceStep.RESERVED)
        return self._finish({claim.key: record}, {claim.key: claim}, (), now)[claim.key]

    def make_version(self, record: CredentialRecord, term: TermRecord) -> bytes:
        """Do step 3 for a later version of a credential. The caller stores it by compare-and-set.

        Raises:
            InputError: The version cannot be built, now or later.
            SigningKeyError: The key cannot sign now.
            ProofError: The verifier does not accept the version.
        """
        signed = self._maker.make_version(record, term)
        self.issuing.on_step(IssuanceStep.MADE)
        return signed

    def make_again(self, signed: bytes, now: datetime) -> bytes:
        """Sign the same content anew. The caller stores it by compare-and-set.

        Raises:
            SigningKeyError: The key cannot sign now.
            ProofError: The verifier does not accept it.
        """
        again = self._maker.make_again(signed, now)
        self.issuing.on_step(IssuanceStep.MADE)
        return again

    def _issue(self, wanted: Sequence[Wanted]) -> Sequence[Issued]:
        """Issue a lot. If one order's error undid a step for all, issue each order by itself."""
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
        now = max(one.now for one in wanted)  # no step is earlier than the one before it
        reserved = self.issuing.store.lots.reserve(list(claims.values()), now=now)
        self.issuing.on_step(IssuanceStep.RESERVED)
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
        """Issue again for those who joined an order that can never be issued; their own order may be
        valid.
        """
        failed = {
            one.key: one
            for one in wanted
            if issued.get(one.key, _NOTHING).is_repeat and isinstance(issued[one.key].error, InputError)
        }
        return dict(zip(failed, self._issue(list(failed.values())), strict=True)) if failed else {}

    def _plan(self, wanted: Sequence[Wanted]) -> tuple[dict[Key, Claim], dict[Key, Issued]]:
        """Do step 1. Of several orders with one key the first counts; the others share its outcome."""
        claims: dict[Key, Claim] = {}
        refused: dict[Key, Issued] = {}
        for one in wanted:
            order = one.order
            version = self.issuing.store.achievements.get(order.achievement_key, order.achievement_version)
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
                    intent=self.issuing.intent,
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
        """Return whether an ordinary order is for what only an accreditation programme grants.

        An order that is already stored goes on, because it may be older than the programme.
        """
        store, order = self.issuing.store, one.order
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
        """Do steps 3 and 4. `joined` holds the keys of orders for something already awarded."""
        pending = {record.id: record for record in records.values() if _is_pending(record)}
        made = self._maker.make(list(pending.values()))
        if made:
            self.issuing.on_step(IssuanceStep.MADE)
        makings = [
            self._making(record, made, claims[key], is_repeat=key in joined)
            for key, record in records.items()
        ]
        kept = [making for making in makings if making is not None]
        others = self.issuing.store.lots.keep(kept, now=now)
        if kept:
            self.issuing.on_step(IssuanceStep.STORED)
        return {
            key: _issued(others.get(record.id, record), made, claims[key], now, is_repeat=key in joined)
            for key, record in records.items()
        }

    def _making(
        self, record: CredentialRecord, made: Made, claim: Claim, *, is_repeat: bool
    ) -> Making | None:
        """Return what to store for one credential, or None if there is nothing."""
        event = claim.event
        result, remark = made.get(record.id), AWARDED_BEFORE if is_repeat else ""
        if isinstance(result, bytes):
            has_letter = self.issuing.sends_letters and record.order.recipient.email is not None
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
            own_event = None if is_repeat else event  # an order that joined another goes on by itself
            return Making(record.id, note=result.detail or result.code, event=own_event)
        return Making(record.id, event=event, remark=remark) if result is None and event is not None else None


def _is_pending(record: CredentialRecord) -> bool:
    return record.state is CredentialState.PENDING


def award_key(rule: AwardRule, results: Sequence[JsonObject]) -> str | None:
    """Return the part of an achievement that one person is awarded once; None if each order is a new award.

    The key is the same for every version and every source of orders, because levels count by their names
    within the achievement.
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
    """Return the outcome for an event whose id is known with another body, or that was decided before."""
    if claim.event is not None and event.body_sha256 != claim.event.body_sha256:
        return Issued(
            error=ConflictError(f"event id {event.event_id[:80]!r} was used before, for another event")
        )
    return Issued(event=event)


def _issued(record: CredentialRecord, made: Made, claim: Claim, now: datetime, *, is_repeat: bool) -> Issued:
    """Return the outcome. `record` is the row before this call, or as a faster rival left it."""
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
    """Return each order's own outcome. A repeat within the lot created nothing and must be the same order."""
    answers, seen = [], set()
    for one in wanted:
        answer = issued[one.key]
        if one.key in seen and one.key in claims:
            same = one.order.order_sha256 == claims[one.key].order.order_sha256
            answer = replace(answer, created=False) if same else Issued(error=_used())
        seen.add(one.key)
        answers.append(answer)
    return answers
