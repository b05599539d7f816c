"""Replay: go from a credential back to the messages behind it, and check that they lead
to the same verdict (ADR 0019).

Everything is read as stored: the credential's observations, the raw messages that brought them with the
record of who sent them, and the version of the rule that issued it. A replay writes nothing.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from credserv.ground.errors import AbsentError, InputError, MappingError, NotFoundError
from credserv.ground.json_types import JsonObject
from credserv.issuing.addresses import credential_url
from credserv.journeys.award.issued import record_of
from credserv.journeys.award.judgement import Judge, Known
from credserv.journeys.award.judging import MappingJudge, mapping_of
from credserv.journeys.award.judging_rules import RuleJudge
from credserv.journeys.award.take import adapter_of, message_of
from credserv.journeys.services import Services
from credserv.mastery.facts import ASSESSED_HERE
from credserv.mastery.index import CurrentRule
from credserv.mastery.rule import NOf, Rule
from credserv.records.credentials import CredentialRecord
from credserv.records.observed import ObservationRecord, content_of, hash_content, observation_id
from credserv.records.rules import RuleVersion
from credserv.records.sources import EventRecord, EventState
from credserv.sources import generic
from credserv.sources.mapping import decide

MET, NOT_MET, NOT_JUDGED = "met", "not met", "not judged"
_HOOK, _RULE = "hook:", "rule:"


@dataclass(frozen=True)
class Replayed:
    """One observation with the message that brought it.

    Attributes:
        is_whole: Whether the bytes are those that arrived; None if they were deleted after their retention
            time.
        reads_alike: Whether the current adapter reads the same in them; None if there is no adapter to ask.
    """

    record: ObservationRecord
    event: EventRecord
    is_whole: bool | None
    reads_alike: bool | None


@dataclass(frozen=True)
class Replay:
    """A credential and what led to it.

    Attributes:
        rule: The version of the rule that issued it.
        mapping: The mapping of the source that issued it.
        is_recorded: Whether that mapping was noted at issuance; otherwise it is the current one.
        event: An event of our own dialect whose observation was not stored.
        then: The verdict by what was known at issuance.
        now: The verdict by everything known since.
    """

    credential: CredentialRecord
    url: str
    rule: RuleVersion | None
    mapping: JsonObject | None
    is_recorded: bool
    observations: tuple[Replayed, ...]
    event: EventRecord | None
    then: str
    now: str
    note: str = ""

    @property
    def agrees(self) -> bool:
        """Return whether the stored messages lead to this credential again, or no rule was involved."""
        return self.then != NOT_MET


def replay(services: Services, named: str) -> Replay:
    """Replay a credential.

    Args:
        named: The credential's id or URL.

    Raises:
        NotFoundError: There is no such credential.
    """
    return replay_of(services, record_of(services, _id_of(services, named)), at=named)


def replay_of(services: Services, record: CredentialRecord, *, at: str = "") -> Replay:
    """Replay a stored credential.

    Args:
        at: The URL under which it was requested; "" for its own.
    """
    scope, grounds = record.order.scope, record.order.grounds
    url = credential_url(services.base_of(at), record.id)
    if grounds is not None:
        return _by_grounds(services, record, url, grounds)
    if scope.startswith(_HOOK):
        return _by_event(services, record, url)
    note = "it was ordered: no rule was asked"
    return Replay(record, url, None, None, False, (), None, NOT_JUDGED, NOT_JUDGED, note)


def _id_of(services: Services, named: str) -> str:
    if "/" not in named:
        return named
    base = f"{services.base_of(named)}/credentials/"
    if not named.startswith(base):
        raise NotFoundError("this address is not one of this organisation's credentials")
    return named.removeprefix(base).partition("?")[0].rstrip("/")


def _by_grounds(services: Services, record: CredentialRecord, url: str, grounds: JsonObject) -> Replay:
    judge = _judge_of(services, record)
    told = grounds.get("rule")
    rule = None
    if isinstance(told, dict):
        rule = services.store.rules.get(str(told["achievement"]), int(told["version"]))
    kept = services.store.observations.these(list(grounds.get("observations", ())))
    replayed = tuple(one for one in (_replayed(services, each) for each in kept) if one is not None)
    then = now = NOT_JUDGED
    owner = services.store.identifiers.owner(record.identifier_id)
    if judge is not None and owner is not None:
        known = services.store.observations.of_member(owner.id)
        known += tuple(one for one in kept if one not in known)
        until = record.stored_at or record.issued_at
        before = tuple(one for one in known if one.received_at <= until)
        then = _word(judge, Known(owner.id, before), record)
        now = _word(judge, Known(owner.id, known), record)
    return Replay(record, url, rule, grounds.get("mapping"), True, replayed, None, then, now)


def _word(judge: Judge, known: Known, record: CredentialRecord) -> str:
    return MET if judge.judge(known, record.issued_at).is_met else NOT_MET


def _judge_of(services: Services, record: CredentialRecord) -> Judge | None:
    """Return the judge that issued it, as it was then."""
    scope, key = record.order.scope, record.order.achievement_key
    if scope.startswith(_RULE):
        nothing = Rule(key, NOf("", "all", 0, ()))
        return RuleJudge(services, CurrentRule(0, nothing)).then(record.order.grounds)
    source = services.store.sources.get(scope.removeprefix(_HOOK))
    if source is None:
        return None
    return MappingJudge(source, mapping_of(services, source), key).then(record.order.grounds)


def _replayed(services: Services, record: ObservationRecord) -> Replayed | None:
    event = services.store.events.get(record.source, record.message)
    if event is None:
        return None
    if event.is_let_go:
        return Replayed(record, event, None, None)
    is_whole = hashlib.sha256(event.body).hexdigest() == event.body_sha256
    return Replayed(record, event, is_whole, _reads_alike(services, record, event))


def _reads_alike(services: Services, record: ObservationRecord, event: EventRecord) -> bool | None:
    source = services.store.sources.get(record.source)
    if source is None or record.source == ASSESSED_HERE:  # our own form, which no adapter reads
        return None
    try:
        if event.adapter == "generic" and event.state is not EventState.READ:  # mappings read these
            said = generic.parse_event(generic.read_payload(event.body)).observe(event.event_id)
            return hash_content(content_of(said)) == record.content_sha256
        reading = adapter_of(source).read(message_of(event), source.options)
    except InputError:
        return False
    return any(
        observation_id(record.namespace, said.event_id) == record.id
        and hash_content(content_of(said)) == record.content_sha256
        for said in reading.observations
    )


def _by_event(services: Services, record: CredentialRecord, url: str) -> Replay:
    """Replay a credential of an older release that noted no grounds.

    Its event is stored, but the mapping may have changed.
    """
    name = record.order.scope.removeprefix(_HOOK)
    source, event = services.store.sources.get(name), None
    if source is not None:
        event = services.store.events.get(name, record.order.idempotency_key)
    if source is None or event is None:
        note = "its source or its event is not here any more"
        return Replay(record, url, None, None, False, (), None, NOT_JUDGED, NOT_JUDGED, note)
    if event.is_let_go:
        note = "its message had its time, and was let go"
        return Replay(record, url, None, None, False, (), event, NOT_JUDGED, NOT_JUDGED, note)
    word = NOT_MET
    try:
        completion = generic.parse_event(generic.read_payload(event.body))
        if decide(mapping_of(services, source), completion).achievement_key == record.order.achievement_key:
            word = MET
    except (InputError, MappingError, AbsentError, KeyError):
        word = NOT_MET
    note = "the mapping's version was not recorded: it is judged by the mapping of now"
    return Replay(record, url, None, source.mapping, False, (), event, word, word, note)
