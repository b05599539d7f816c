"""What somebody holds and shows, as rules see it: by what was signed, by the last check, by whose word."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from credserv.journeys.award.handed_in import _handed
from credserv.journeys.award.judgement import describe_evidence
from credserv.journeys.award.judging import is_ordered, mapping_grounds
from credserv.journeys.award.knowing import facts_of, handed_credential, prior_credential, read_levels
from credserv.journeys.award.reached import ReachedSkill, _is_in_force, tell_reached
from credserv.mastery.facts import ASSESSED_HERE, Fact
from credserv.openbadges.skill_claims import SkillClaim
from credserv.records.credentials import CredentialRecord, CredentialState, IssueOrder, Recipient
from credserv.records.handed_in import HandedInRecord
from credserv.records.observations import (
    ActivityKind,
    ActivityReference,
    Kind,
    Observation,
    PersonKind,
    PersonReference,
)
from credserv.records.observed import ObservationRecord
from credserv.records.roles import Role
from credserv.records.sources import SourceRecord
from tests.testkit.service import NOW, Service

HOST = "https://badges.example"
RUBRIC = {
    "id": f"{HOST}/a#mastery",
    "rubricCriterionLevel": [{"id": f"{HOST}/a#{name}"} for name in ("low", "middle", "high")],
}


def result(level: str | None, status: str = "Completed") -> dict[str, Any]:
    named = {"achievedLevel": f"{HOST}/a#{level}"} if level else {"value": "7"}
    return {"type": ["Result"], "resultDescription": RUBRIC["id"], "status": status, **named}


@pytest.mark.parametrize(
    ("results", "levels"),
    [
        ([], None),
        ([result(None)], None),
        ([result("high", "Failed")], None),
        ([result("low")], {"low"}),
        ([result("middle")], {"low", "middle"}),
        ([result("high")], {"low", "middle", "high"}),
        ([result("middle"), result("low")], {"low", "middle"}),
        ([result("other")], {"other"}),
        ([result("low", "Failed"), result("middle")], {"low", "middle"}),
    ],
)
def test_who_reaches_a_level_has_the_lower_ones_of_its_rubric(
    results: list[dict[str, Any]], levels: set[str] | None
) -> None:
    wanted = None if levels is None else {f"{HOST}/a#{one}" for one in levels}
    assert read_levels({"resultDescription": [RUBRIC]}, results) == wanted


def credential(state: CredentialState = CredentialState.ACTIVE, **document: Any) -> CredentialRecord:
    told = {
        "id": f"{HOST}/credentials/1",
        "issuer": {"id": "did:web:badges.example"},
        "credentialSubject": {
            "achievement": {
                "id": f"{HOST}/a",
                "alignment": [{"targetUrl": "https://skills.example/1"}, {"targetName": "none"}],
                "resultDescription": [RUBRIC],
            },
            "result": [result("middle")],
        },
        **document,
    }
    order = IssueOrder("api", "k", "0", "a", 1, Recipient(email="pat@example.org"), NOW)
    return CredentialRecord(
        "1", order, "i", "p", "s", NOW, "l", 0, state, signed=json.dumps(told).encode()
    )  # fmt: skip


def test_one_of_ours_is_known_by_what_was_signed() -> None:
    known = prior_credential(credential())
    assert (known.id, known.issuer) == (f"{HOST}/credentials/1", "did:web:badges.example")
    assert (known.achievement, known.achievement_key) == (f"{HOST}/a", "a")
    assert (known.alignments, known.is_trusted) == ({"https://skills.example/1"}, True)
    assert (known.is_in_force, known.valid_until) == (True, None)
    assert known.levels == {f"{HOST}/a#low", f"{HOST}/a#middle"}
    ends = prior_credential(credential(validUntil="2027-01-01T00:00:00Z", issuer="did:web:a.example"))
    assert (ends.issuer, ends.valid_until) == ("did:web:a.example", datetime(2027, 1, 1, tzinfo=UTC))
    for state in CredentialState:
        assert prior_credential(credential(state)).is_in_force is (state is CredentialState.ACTIVE)


def handed(**changed: Any) -> HandedInRecord:
    facts = {
        "id": "urn:1",
        "name": "First Aid",
        "issuer": "did:web:they.example",
        "issuer_name": "They",
        "achievement": "https://they.example/a",
        "alignments": ["https://skills.example/1"],
        "is_trusted": True,
        "is_in_force": True,
        "valid_until": None,
        "levels": None,
        **changed,
    }
    return HandedInRecord("h", "m", "0" * 64, facts, NOW, NOW + timedelta(1), NOW)


def test_one_of_others_is_known_by_its_last_check() -> None:
    known = handed_credential(handed())
    assert (known.id, known.issuer) == ("urn:1", "did:web:they.example")
    assert (known.achievement, known.achievement_key) == ("https://they.example/a", None)
    assert (known.alignments, known.is_trusted) == ({"https://skills.example/1"}, True)
    assert (known.is_in_force, known.valid_until, known.levels) == (True, None, None)
    more = handed(valid_until="2027-01-01T00:00:00Z", levels=["b"], is_trusted=False, is_in_force=False)
    other = handed_credential(more)
    assert (other.valid_until, other.levels) == (datetime(2027, 1, 1, tzinfo=UTC), {"b"})
    assert (other.is_trusted, other.is_in_force) == (False, False)


@pytest.mark.parametrize(
    ("facts", "counts"),
    [
        ({}, True),
        ({"is_in_force": False}, False),
        ({"valid_until": "2026-03-14T09:26:54Z"}, True),
        ({"valid_until": "2026-03-14T09:26:53Z"}, False),
        ({"is_in_force": False, "valid_until": "2027-01-01T00:00:00Z"}, False),
    ],
)
def test_its_person_sees_whether_it_counts_now(facts: dict[str, Any], counts: bool) -> None:
    seen = _handed(handed(**facts), NOW)
    assert (seen.counts, seen.name, seen.issuer) == (counts, "First Aid", "They")
    assert (seen.id, seen.sha256, seen.handed_at) == ("h", "0" * 64, NOW)
    assert seen.checked_at == NOW + timedelta(1)
    assert _handed(handed(issuer_name=""), NOW).issuer == "did:web:they.example"


def observed(source: str = "campus", **said: Any) -> ObservationRecord:
    about = (ActivityReference(ActivityKind.COURSE, "7", "Listening"),)
    seen = Observation("e", "course_completed", Kind.COMPLETED, (), about, NOW)
    seen = replace(seen, **said)
    return ObservationRecord("o", source, "m", 0, "campus", seen, is_signed=True, received_at=NOW)


def test_evidence_says_where_it_came_from_and_whether_anybody_signed_it() -> None:
    told = describe_evidence(observed())
    assert told["type"] == ["Evidence"]
    assert told["name"] == "Completed, as told by campus"
    assert told["narrative"] == (
        "“course_completed” of “Listening” on 2026-03-14T09:26:53Z, as told by the source campus. "
        "The message was signed."
    )
    bare = describe_evidence(replace(observed(activities=(), occurred_at=None), is_signed=False))
    assert bare["narrative"] == (
        "“course_completed”, as told by the source campus. "
        "Unsigned source: nobody signed the message."
    )  # fmt: skip
    unnamed = (ActivityReference(ActivityKind.COURSE, "7" * 300), ActivityReference(ActivityKind.MODULE, "m"))
    long = describe_evidence(observed(activities=unnamed, event_type="e" * 300))["narrative"]
    assert long.startswith(f"“{'e' * 200}” of “{'7' * 200}” on ")


LMS = PersonReference(PersonKind.LMS_ID, "grader-1")


def member(here: Service, name: str) -> str:
    return here.services.store.members.add(Recipient(email=f"{name}.known@example.org"), NOW).id


def asserted(here: Service, **said: Any) -> Fact:
    pat = member(here, "pat")
    record = observed(source=said.pop("source", "campus"), **said)
    (fact,) = facts_of(here.services, pat, [record], now=NOW)
    return fact


def test_who_says_something_counts_as_who_they_are_now(here: Service) -> None:
    store = here.services.store
    pat, ann = member(here, "pat"), member(here, "ann")
    nobody = asserted(here, asserted_by=LMS)
    assert (nobody.asserter, nobody.by_roles, nobody.is_self) == (None, None, False)
    assert (nobody.id, nobody.source, nobody.namespace, nobody.is_signed) == ("o", "campus", "campus", True)
    assert asserted(here).asserter is None

    known = store.identifiers.add(ann, ("lms-id", "grader-1", "campus"), written="grader-1", now=NOW)
    told = asserted(here, asserted_by=LMS)
    assert (told.asserter, told.by_roles, told.is_self) == (ann, frozenset(), False)
    store.colleagues.set_roles(ann, [Role.AUDITOR], here.services.today(NOW))
    assert asserted(here, asserted_by=LMS).by_roles == frozenset()
    store.colleagues.set_roles(ann, [Role.ASSESSOR], here.services.today(NOW))
    assert asserted(here, asserted_by=LMS).by_roles == {"assessor"}

    store.identifiers.end(known.id, NOW)
    assert asserted(here, asserted_by=LMS).asserter is None, "they are not named so any more"
    own = PersonReference(PersonKind.LMS_ID, "learner-1")
    store.identifiers.add(pat, ("lms-id", "learner-1", "campus"), written="learner-1", now=NOW)
    assert asserted(here, asserted_by=own).is_self


def test_who_says_something_on_a_page_of_ours_is_named_by_it(here: Service) -> None:
    by = PersonReference(PersonKind.UUID, "m-1")
    told = asserted(here, source=ASSESSED_HERE, asserted_by=by, asserted_as="peer")
    assert (told.asserter, told.by_roles) == ("m-1", {"peer"})
    assert asserted(here, source=ASSESSED_HERE, asserted_by=by).by_roles == frozenset()
    assert asserted(here, source=ASSESSED_HERE).asserter is None
    other = asserted(here, asserted_by=by, asserted_as="peer")
    assert (other.asserter, other.by_roles) == (None, None), "nobody else may say as what they speak"


RULES = [{"event": "e", "course": "7", "achievement": one} for one in ("a", "b", "a")]


def source(dialect: str = "generic", rules: Any = RULES, **options: Any) -> SourceRecord:
    return SourceRecord("campus", dialect, (), {"rules": rules}, NOW, options=options)


@pytest.mark.parametrize(
    ("one", "method", "ordered"),
    [
        (source(), "standard-webhooks", True),
        (source(), "bearer", False),
        (source(), None, False),
        (source("canvas"), "standard-webhooks", False),
        (source(rules=[]), "standard-webhooks", False),
        (source(fields={}), "standard-webhooks", False),
        (source(rules=[], fields={}), "standard-webhooks", False),
    ],
)
def test_only_a_signed_event_of_our_dialect_is_ordered_by_its_mapping(
    one: SourceRecord, method: str | None, ordered: bool
) -> None:
    assert is_ordered(one, method) is ordered


def test_the_grounds_of_a_mapping_are_its_rules_for_that_achievement() -> None:
    assert mapping_grounds(source(), "a") == {"source": "campus", "rules": [RULES[0], RULES[2]]}
    assert mapping_grounds(source(), "c") == {"source": "campus", "rules": []}


@pytest.mark.parametrize(
    ("record", "ends", "in_force"),
    [
        (credential(), None, True),
        (credential(), "2026-03-14T09:26:54Z", True),
        (credential(), "2026-03-14T09:26:53Z", False),
        (credential(CredentialState.SUSPENDED), None, False),
        (replace(credential(), signed=None), None, False),
    ],
)
def test_skills_are_of_badges_in_force(record: CredentialRecord, ends: str | None, in_force: bool) -> None:
    assert _is_in_force(record, ends, NOW) is in_force


def test_a_skill_is_told_with_its_badges() -> None:
    claim = SkillClaim("Leads", "https://s.example/1", "Frame", "1", level="high")
    assert tell_reached(ReachedSkill(claim, ("https://b.example/1",))) == {
        "uri": "https://s.example/1",
        "label": "Leads",
        "code": "1",
        "framework": "Frame",
        "level": "high",
        "sentence": claim.sentence,
        "credentials": ["https://b.example/1"],
    }
