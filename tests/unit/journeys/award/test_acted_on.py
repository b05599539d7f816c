"""What comes of a verdict: what is ordered, suspended for review and restored, and who is told what."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from credserv.ground.errors import UnavailableError
from credserv.ground.json_types import JsonObject
from credserv.issuing.recipe import AWARDED_BEFORE
from credserv.journeys.award import settle as settling
from credserv.journeys.award.judgement import Judgement, Known
from credserv.journeys.award.orders import find_version
from credserv.journeys.award.settle import FOR_REVIEW, NO_ADDRESS, act_on
from credserv.journeys.publish.publish import set_status
from credserv.records.achievements import AwardRule
from credserv.records.credentials import CredentialRecord, CredentialState, Recipient
from credserv.records.observations import Kind, Observation, PersonKind, PersonReference
from credserv.records.observed import ObservationRecord, observation_id
from credserv.records.sources import EventRecord, EventState, SourceRecord
from credserv.store.award.lots import DECLINED
from tests.testkit.observed import known, somebody
from tests.testkit.service import NOW, Service

_numbers = itertools.count(1)
SECOND = timedelta(seconds=1)
KEY = "active-listening"
MET, NOT_MET, NOTHING = Judgement(True), Judgement(False, missing="one more"), Judgement(None)
ACTIVE, SUSPENDED, REVOKED = CredentialState.ACTIVE, CredentialState.SUSPENDED, CredentialState.REVOKED
REASON = f"{FOR_REVIEW}it is not earned any more"


@dataclass(frozen=True)
class Says:
    """A rule that says this now, and said `before` of what was issued; None where nobody knows any more."""

    verdict: Judgement
    before: Judgement | None = None
    awards: bool = True
    achievement_key: str = KEY
    scope: str = "rule:test"
    grounds: JsonObject = field(default_factory=lambda: {"rule": "test"})

    def then(self, _grounds: JsonObject | None) -> Says | None:
        return None if self.before is None else replace(self, verdict=self.before)

    def judge(self, _known: Known, _at: datetime, /) -> Judgement:
        return self.verdict


def source(here: Service, **options: Any) -> SourceRecord:
    told = {"authoritative_email": True} | options
    record = SourceRecord(f"acted-{next(_numbers)}", "canvas", (), {"rules": []}, NOW, options=told)
    here.services.store.sources.create(record)
    return known(here, record.name)


def heard(
    here: Service, one: SourceRecord, *people: PersonReference, kind: Kind = Kind.COMPLETED, **seen: Any
) -> ObservationRecord:
    """Kept as it came in: nobody has looked at it."""
    name = seen.pop("name", f"e-{next(_numbers)}")
    here.services.store.events.record(EventRecord(one.name, name, name, b"{}", NOW, EventState.READ))
    told = Observation(name, "t", kind, people, (), seen.pop("at", NOW), **seen)
    record = ObservationRecord(
        observation_id(one.namespace, name),
        one.name,
        name,
        0,
        one.namespace,
        told,
        is_signed=True,
        received_at=NOW,
    )
    here.services.store.observations.keep(one.name, name, [record])
    return record


def number() -> PersonReference:
    return PersonReference(PersonKind.LMS_ID, str(next(_numbers)))


def own(here: Service, member: str) -> list[CredentialRecord]:
    return list(here.services.store.credentials.of_member(member))


@pytest.mark.parametrize(
    ("state", "reason", "said", "left"),
    [
        (ACTIVE, "", MET, (ACTIVE, "")),
        (ACTIVE, "", NOTHING, (ACTIVE, "")),
        (ACTIVE, "", None, (ACTIVE, "")),
        (ACTIVE, "", NOT_MET, (SUSPENDED, REASON)),
        (SUSPENDED, REASON, MET, (ACTIVE, "earned again")),
        (SUSPENDED, REASON, NOTHING, (SUSPENDED, REASON)),
        (SUSPENDED, REASON, NOT_MET, (SUSPENDED, REASON)),
        (SUSPENDED, REASON, None, (SUSPENDED, REASON)),
        (SUSPENDED, "asked for", MET, (SUSPENDED, "asked for")),
        (REVOKED, REASON, MET, (REVOKED, REASON)),
        (REVOKED, REASON, NOT_MET, (REVOKED, REASON)),
    ],
)
def test_only_what_a_rule_took_away_it_gives_back(
    here: Service, state: CredentialState, reason: str, said: Judgement | None, left: Any
) -> None:
    services, pat = here.services, somebody(here, "acted")
    assert act_on(services, [Says(MET)], pat.id, now=NOW) == ""
    (made,) = own(here, pat.id)
    if state is not ACTIVE:
        set_status(services, made.id, state, reason=reason, actor="test", now=NOW)
    assert act_on(services, [Says(NOTHING, said)], pat.id, now=NOW) == ""
    (after,) = own(here, pat.id)
    assert (after.state, after.reason) == left


def test_what_is_taken_back_while_it_is_made_is_looked_at_again(here: Service) -> None:
    pat = somebody(here, "acted")
    act_on(here.services, [Says(MET)], pat.id, now=NOW)
    pending = replace(own(here, pat.id)[0], state=CredentialState.PENDING)
    about = Known(pat.id, ())
    with pytest.raises(UnavailableError, match="still being made"):
        settling._review(here.services, Says(MET, NOT_MET), pending, about, NOW)
    for said in (MET, NOTHING, None):
        settling._review(here.services, Says(MET, said), pending, about, NOW)


def test_who_has_it_by_a_rule_is_not_awarded_it_once_more_unless_it_was_revoked(here: Service) -> None:
    services, pat = here.services, somebody(here, "acted")
    first = heard(here, source(here))
    seen = Says(replace(MET, observations=(first,), award="per-event"))
    act_on(services, [seen], pat.id, now=NOW)
    act_on(services, [seen], pat.id, now=NOW)
    assert len(own(here, pat.id)) == 1, "what an observation earned, it earned once"
    second = heard(here, source(here), at=NOW + SECOND)
    again = Says(replace(MET, observations=(second, first), award="per-event"))
    act_on(services, [again], pat.id, now=NOW + SECOND)
    act_on(services, [Says(replace(MET, award="once"))], pat.id, now=NOW)
    assert len(own(here, pat.id)) == 2
    for record in own(here, pat.id):
        set_status(services, record.id, REVOKED, reason="wrong", actor="test", now=NOW)
    act_on(services, [Says(replace(MET, award="once"))], pat.id, now=NOW)
    assert sorted(record.state for record in own(here, pat.id)) == [ACTIVE, REVOKED, REVOKED]


@pytest.mark.parametrize(
    ("rule", "results", "what"),
    [
        (AwardRule.ONCE, (), "once"),
        (AwardRule.PER_LEVEL, ({"achievedLevel": "#good"},), "level #good"),
        (AwardRule.PER_EVENT, (), None),
        (AwardRule.PER_VALIDITY, (), None),
    ],
)
def test_an_order_is_the_same_by_whom_and_whenever_it_is_judged(
    here: Service, rule: AwardRule, results: Any, what: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settling, "require_defined", lambda *_: None)
    one = source(here)
    early, late = heard(here, one, at=NOW - SECOND), heard(here, one, at=NOW)
    undated = replace(late, observation=replace(late.observation, occurred_at=None))
    version, who = find_version(here.services, KEY, None), Recipient(email="pat@example.org")

    def ordered(**said: Any) -> Any:
        verdict = replace(MET, results=results, **said)
        return settling._order(Says(verdict), verdict, version, rule, who, (), "m", NOW + SECOND)

    seen = ordered(observations=(late, early))
    assert seen.idempotency_key == f"{KEY} m {what or late.id}"
    assert (seen.awarded_at, seen.scope, seen.recipient) == (NOW, "rule:test", who)
    assert seen.grounds == {"rule": "test", "observations": [late.id, early.id]}
    held = ordered(credentials=("a", "b"))
    assert held.idempotency_key == f"{KEY} m {what or 'a b'}"
    assert held.awarded_at == NOW + SECOND
    assert held.grounds == {"rule": "test", "observations": [], "credentials": ["a", "b"]}
    assert ordered(observations=(undated,)).awarded_at == undated.received_at == NOW
    assert ordered(observations=(early,)).awarded_at == NOW - SECOND
    assert len({ordered(observations=(one,)).order_sha256 for one in (early, late)}) == (1 if what else 2)


def test_what_is_still_missing_is_said_once_and_that_nobody_is_reached_alone(here: Service) -> None:
    services, pat = here.services, somebody(here, "acted")
    assert act_on(services, [], pat.id, now=NOW) == ""
    says = [Says(NOT_MET), Says(NOTHING), Says(replace(MET, missing="later"), awards=False), Says(NOT_MET)]
    assert act_on(services, says, pat.id, now=NOW) == "one more; later"
    assert own(here, pat.id) == []
    assert act_on(services, [Says(NOT_MET), Says(MET)], "nobody", now=NOW) == NO_ADDRESS
    other = replace(Says(MET), achievement_key="no-such-thing")
    assert "no-such-thing" in act_on(services, [other], pat.id, now=NOW)
    once = Says(replace(MET, award="once"))
    assert act_on(services, [once], pat.id, now=NOW) == ""
    assert act_on(services, [replace(once, scope="rule:other")], pat.id, now=NOW) == AWARDED_BEFORE
    declines = somebody(here, "acted")
    services.store.members.decline(declines.person_id, NOW)
    assert act_on(services, [once], declines.id, now=NOW) == DECLINED


def test_a_member_is_judged_again_only_while_more_becomes_known(
    here: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged: list[int] = []
    reads = iter([(), ("a",), ("a",)])
    found = {"a": heard(here, source(here))}
    store = type(here.services.store.observations)
    monkeypatch.setattr(store, "of_member", lambda *_: tuple(found[one] for one in next(reads)))

    class Counts(Says):
        def judge(self, known: Known, _at: datetime, /) -> Judgement:
            judged.append(len(known.observations))
            return NOTHING

    act_on(here.services, [Counts(NOTHING)], somebody(here, "acted").id, now=NOW)
    assert judged == [0, 1]
