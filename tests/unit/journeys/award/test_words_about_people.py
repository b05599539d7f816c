"""Who may say what of whom: each word that is refused, at its exact bound, and what is kept of others."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from credserv.ground.errors import ConflictError, CredservError, ForbiddenError, InputError, NotFoundError
from credserv.journeys.award import employment_requests as requests
from credserv.journeys.award.assess import Word, contexts_of, record_word, take_back
from credserv.journeys.award.employment import EmploymentSaid, confirm_employment
from credserv.journeys.define.employment import require_employment
from credserv.journeys.define.rules import set_rule
from credserv.mastery.facts import ASSESSED_HERE
from credserv.mastery.rule import By
from credserv.records.audit import Action
from credserv.records.employment_requests import RequestState
from credserv.records.observations import Kind
from credserv.records.observed import ObservationRecord
from credserv.records.people import MemberFacts
from tests.testkit.observed import somebody, trail
from tests.testkit.service import NOW, Service

RUBRIC, NONE = "mentor-practitioner", "employment"  # with levels, and without any
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def word(here: Service) -> Word:
    when = {"when": {"coverage": {"contexts": ["a call", "A Review"], "count": 2}}}
    set_rule(here.services, RUBRIC, when, actor="test", now=NOW)
    assert require_employment(here.services, actor="test", now=NOW).key == NONE
    of, by = somebody(here, "words"), somebody(here, "words")
    return Word("", of.id, by.id, By.PEER, RUBRIC, "#proficient", context="a call")


def said(here: Service, word: Word, **changed: Any) -> ObservationRecord:
    changed.setdefault("id", f"{next(_numbers):032}")
    return record_word(here.services, replace(word, **changed), actor="test", now=NOW)


@pytest.mark.parametrize(
    ("changed", "refused"),
    [
        ({}, ""),
        ({"of": "nobody"}, "no such person"),
        ({"achievement_key": "nothing"}, "no achievement"),
        ({"level": "#other"}, "choose a level"),
        ({"level": None}, "choose a level"),
        ({"achievement_key": NONE, "context": ""}, "has no levels"),
        ({"achievement_key": NONE, "context": "", "level": None}, ""),
        ({"context": ""}, ""),
        ({"context": "a lift"}, "choose one of the contexts"),
        ({"id": "0" * 15}, "not sent whole"),
        ({"id": "a" * 16}, ""),
        ({"id": "b" * 64}, ""),
        ({"id": "0" * 65}, "not sent whole"),
        ({"id": "é" * 16}, "not sent whole"),
        ({"id": "-" * 16}, "not sent whole"),
        ({"note": "n" * 2_000}, ""),
        ({"note": "n" * 2_001}, "at most 2000 characters"),
        ({"note": "one\r\ntwo"}, ""),
        ({"note": "one\x07two"}, "and no control characters"),
    ],
)
def test_a_word_is_taken_whole_or_refused_with_why(
    here: Service, word: Word, changed: dict[str, Any], refused: str
) -> None:
    if not refused:
        assert said(here, word, **changed).membership_id == word.of
        return
    with pytest.raises(CredservError, match=refused) as error:
        said(here, word, **changed)
    assert isinstance(error.value, NotFoundError) is refused.startswith("no ")


def test_nobody_speaks_of_themselves(here: Service, word: Word) -> None:
    with pytest.raises(ForbiddenError, match="nobody assesses themselves"):
        said(here, word, by=word.of)


def test_what_was_said_is_kept_as_it_was_said(here: Service, word: Word) -> None:
    record = said(here, word, note="Led it.")
    seen = record.observation
    assert (seen.event_type, seen.kind, seen.level, seen.success) == (
        "observed as peer", Kind.OBSERVED, "#proficient", None
    )  # fmt: skip
    assert (seen.context, seen.occurred_at, seen.asserted_as) == ("a call", NOW, "peer")
    assert seen.asserted_by is not None
    assert (seen.asserted_by.value, seen.people[0].value) == (word.by, word.of)
    assert seen.activities[0].name != seen.activities[0].value == RUBRIC
    message = here.services.store.events.get(ASSESSED_HERE, seen.event_id)
    assert message is not None
    assert message.authentication == {"method": "session", "is_signed": False, "key": None}
    assert (message.adapter, message.adapter_version) == ("assessed-here", 1)
    told = json.loads(message.body)
    assert told.pop("version") > 0
    assert told == {
        "achievement": RUBRIC, "person": word.of, "by": word.by, "as": "peer", "level": "#proficient",
        "shown": True, "note": "Led it.", "context": "a call",
    }  # fmt: skip
    assert (record.is_signed, record.place, record.message) == (False, 0, seen.event_id)
    again = record_word(here.services, replace(word, id=seen.event_id, note="Led it."), actor="x", now=NOW)
    assert again.id == record.id
    assert [one.action for one in trail(here, record.id)] == [Action.OBSERVATION_RECORDED], "sent twice"
    source = here.services.store.sources.get(ASSESSED_HERE)
    assert source is not None
    assert (source.enabled, source.secrets, source.mapping) == (False, (), {"rules": []})


def test_without_a_rubric_it_is_said_whether_it_was_shown(here: Service, word: Word) -> None:
    plain = replace(word, achievement_key=NONE, level=None, context="")
    assert said(here, plain).observation.success is True
    for shown in (True, False):
        seen = said(here, plain, shown=shown).observation
        assert (seen.success, seen.level, seen.context) == (shown, None, None)
        message = here.services.store.events.get(ASSESSED_HERE, seen.event_id)
        assert message is not None
        assert "context" not in json.loads(message.body)
    assert contexts_of(here.services, NONE) == ()
    assert contexts_of(here.services, RUBRIC) == ("a call", "A Review")


def test_only_who_said_it_takes_it_back_and_only_what_was_said(here: Service, word: Word) -> None:
    first = said(here, word)
    known = first.observation.event_id
    for by, event_id in (("somebody", known), (word.by, "0" * 40)):
        with pytest.raises(NotFoundError, match="no such observation of yours"):
            take_back(here.services, event_id, by, actor="test", now=NOW)
    back = take_back(here.services, known, word.by, actor="test", now=NOW)
    assert (back.observation.kind, back.observation.supersedes) == (Kind.REVOKED, known)
    assert (back.observation.context, back.observation.asserted_as) == ("a call", "peer")
    assert back.observation.people == first.observation.people
    assert back.observation.activities == first.observation.activities
    assert [one.action for one in trail(here, back.id)] == [Action.OBSERVATION_TAKEN_BACK]
    with pytest.raises(NotFoundError):
        take_back(here.services, back.observation.event_id, word.by, actor="test", now=NOW)


def test_a_word_is_kept_under_a_name_that_is_live_where_one_is(here: Service, word: Word) -> None:
    store, gone = here.services.store, somebody(here, "words")
    (address,) = store.members.identifiers(gone.id)
    store.identifiers.end(address.id, NOW)
    ended = said(here, word, of=gone.id)
    assert ended.identifier_id == address.id, "one that has ended names them all the same"
    live = store.identifiers.add(gone.id, ("lms-id", "words-1", "campus"), written="words-1", now=NOW)
    assert said(here, word, of=gone.id).identifier_id == live.id


def test_employment_is_confirmed_by_what_the_records_say(here: Service) -> None:
    services, pat = here.services, somebody(here, "words")
    version = require_employment(services, actor="test", now=NOW)
    said = EmploymentSaid("Nurse", "38.5")

    def confirm(said: EmploymentSaid = said, **facts: Any) -> dict[str, str]:
        services.store.roster.change_facts(pat.id, MemberFacts(**facts))
        known = services.store.roster.get(pat.id)
        assert known is not None
        record, _ = confirm_employment(services, known, said, version, actor="test", now=NOW)
        assert record.order.recipient.name == facts["name"]
        return {
            str(one["resultDescription"]).rpartition("#")[2]: one["value"] for one in record.order.results
        }

    with pytest.raises(InputError, match="first day"):
        confirm(name="Pat")
    facts = {"name": "Pat", "starts_on": date(2024, 2, 1)}
    told = {"role": "Nurse", "first-day": "2024-02-01"}
    assert confirm(**facts) == told | {"weekly-hours": "38.5"}
    requests.ask_for_employment(services, pat.person_id, NOW)
    assert confirm(EmploymentSaid("Nurse"), **facts) == told
    (asked,) = requests.requests_of(services, pat.person_id)
    assert (asked.state, asked.decided_at) == (RequestState.ISSUED, NOW)
    more = facts | {"unit": "Ward 3", "ends_on": date(2026, 2, 1)}
    assert confirm(EmploymentSaid("Nurse"), **more) == told | {"unit": "Ward 3", "last-day": "2026-02-01"}
    (address,) = services.store.members.identifiers(pat.id)
    services.store.identifiers.end(address.id, NOW)
    with pytest.raises(InputError, match="reach nobody"):
        confirm(**facts)


def test_who_asks_for_their_employment_waits_until_it_is_decided(here: Service) -> None:
    services, pat = here.services, somebody(here, "words")
    with pytest.raises(NotFoundError, match="knows nothing of you"):
        requests.ask_for_employment(services, "nobody", NOW)
    assert requests.requests_of(services, "nobody") == ()
    assert requests.waiting_of(services, pat.id) is None
    requests.ask_for_employment(services, pat.person_id, NOW)
    with pytest.raises(ConflictError, match="asked this before"):
        requests.ask_for_employment(services, pat.person_id, NOW)
    waiting = requests.waiting_of(services, pat.id)
    assert waiting is not None
    assert (waiting, pat.id) in [(one, member.id) for one, member in requests.all_waiting(services)]
    assert [(one.action, one.actor) for one in trail(here, pat.id)] == [(Action.EMPLOYMENT_ASKED, "holder")]

    def decline(reason: str) -> None:
        requests.decline(services, pat, reason, actor="test", now=NOW)

    for reason in ("", "r" * 1_001):
        with pytest.raises(InputError, match="say why, in at most 1000 characters"):
            decline(reason)
    decline("r" * 1_000)
    with pytest.raises(ConflictError, match="nothing waits"):
        decline("r")
    (settled,) = requests.requests_of(services, pat.person_id)
    assert (settled.state, settled.reason) == (RequestState.DECLINED, "r" * 1_000)
    requests.ask_for_employment(services, pat.person_id, NOW)
    assert len(requests.requests_of(services, pat.person_id)) == 2
    lines = [(one.action, one.detail) for one in trail(here, pat.id)]
    assert (Action.EMPLOYMENT_DECLINED, {"reason": "r" * 1_000}) in lines
