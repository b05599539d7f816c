"""Runs over many badges, orders and objections: which row, which badge and which decision is which."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from credserv.ground.errors import (
    ConflictError,
    CredservError,
    DeclinedError,
    InputError,
    OrganisationClosedError,
    UnavailableError,
)
from credserv.issuing.recipe import Issued
from credserv.journeys.award.batch import award_batch
from credserv.journeys.award.in_bulk.cohort import (
    MAX_REASON_CHARS,
    Cohort,
    _belongs,
    _foresee_revocation,
    require_reason,
    signed_with,
)
from credserv.journeys.award.in_bulk.prepare import tell
from credserv.journeys.award.in_bulk.reissue import fault_of, former_of
from credserv.journeys.award.in_bulk.run import _settled
from credserv.journeys.award.objections import Instead, _ordered, _require_reason
from credserv.journeys.award.orders import (
    OrderRequest,
    absolute_result,
    award_request,
    find_version,
    hash_request,
    prepare_order,
    results_in,
)
from credserv.records.achievements import AchievementVersion
from credserv.records.bulk import RowRecord, RowState, RunRecord, RunState
from credserv.records.credentials import (
    IN_PLACE_OF,
    LIVING_SCOPE,
    CredentialRecord,
    CredentialState,
    IssueOrder,
    Recipient,
)
from credserv.records.objections import ObjectionKind, ObjectionRecord
from tests.testkit.service import ACHIEVEMENT, NOW, Service

WHO = "pat@example.org"
SECOND = timedelta(seconds=1)
ORDER = IssueOrder("api", "k", "0", "a", 2, Recipient(email=WHO), NOW, grounds={"rule": {"version": 3}})
SIGNED = json.dumps({"proof": {"verificationMethod": "did:web:a.example#1"}}).encode()
BADGE = CredentialRecord("1", ORDER, "i", "p", "s", NOW, "l", 0, CredentialState.ACTIVE, signed=SIGNED)


@pytest.mark.parametrize(
    ("cohort", "record", "belongs"),
    [
        ({}, BADGE, True),
        ({}, replace(BADGE, state=CredentialState.SUSPENDED), True),
        ({}, replace(BADGE, state=CredentialState.REVOKED), False),
        ({}, replace(BADGE, state=CredentialState.PENDING), False),
        ({}, replace(BADGE, signed=None), False),
        ({"rule_version": 3}, BADGE, True),
        ({"rule_version": 4}, BADGE, False),
        ({"rule_version": 3}, replace(BADGE, order=replace(ORDER, grounds=None)), False),
        ({"rule_version": 3}, replace(BADGE, order=replace(ORDER, grounds={"rule": "3"})), False),
        ({}, replace(BADGE, order=replace(ORDER, grounds=None)), True),
        ({"key": "did:web:a.example#1"}, BADGE, True),
        ({"key": "did:web:a.example#2"}, BADGE, False),
    ],
)
def test_a_cohort_is_of_badges_in_force_by_rule_and_key(
    cohort: dict[str, Any], record: CredentialRecord, belongs: bool
) -> None:
    assert _belongs(Cohort("a", **cohort), record) is belongs


def test_an_accreditation_is_not_revoked_among_badges() -> None:
    living = replace(BADGE, order=replace(ORDER, scope=LIVING_SCOPE))
    assert _foresee_revocation(living) == (RowState.FAULTY, "an accreditation is revoked by its programme")
    assert _foresee_revocation(BADGE) == (RowState.READY, "")


def test_the_key_of_a_badge_is_that_of_its_proof() -> None:
    assert signed_with(BADGE) == "did:web:a.example#1"
    assert signed_with(replace(BADGE, signed=b"{}")) == signed_with(replace(BADGE, signed=None)) == ""


@pytest.mark.parametrize(
    ("record", "fault"),
    [
        (BADGE, ""),
        (replace(BADGE, order=replace(ORDER, scope=LIVING_SCOPE)), "an accreditation is renewed, not issued"),
        (replace(BADGE, signed=None), "it was never signed"),
        (replace(BADGE, signed=None, erased_sha256="0"), "its person was erased"),
        (replace(BADGE, state=CredentialState.SUSPENDED), "it is suspended"),
    ],
)
def test_why_a_badge_is_not_issued_again_is_told(record: CredentialRecord, fault: str) -> None:
    assert fault_of(record)[: len(fault) or 1] == fault


def test_only_what_this_organisation_put_in_a_place_is_known_as_its_successor() -> None:
    sha256 = "53dab95e4cc8c6e4d4d1a9b2a0d0f1f1"
    assert former_of(BADGE) is None
    alike = replace(BADGE, order=replace(ORDER, idempotency_key=IN_PLACE_OF + "0", order_sha256=sha256))
    assert former_of(alike) is None, "a key that reads alike is not enough"


RUN = RunRecord("r", "n", RunState.RUNNING, NOW, "test", began_at=NOW)
ROW = RowRecord(1, RowState.READY, "k", {})


@pytest.mark.parametrize(
    ("began_at", "issued", "state", "note"),
    [
        (NOW, Issued(BADGE, created=True), RowState.ISSUED, ""),
        (None, Issued(BADGE, created=True), RowState.ISSUED, ""),
        (NOW, Issued(BADGE), RowState.ISSUED, ""),
        (NOW + SECOND, Issued(BADGE), RowState.REPEATED, "issued before"),
        (None, Issued(BADGE), RowState.REPEATED, "issued before"),
        (NOW, Issued(BADGE, created=True, is_repeat=True), RowState.REPEATED, None),
        (NOW, Issued(error=DeclinedError("no, thanks")), RowState.DECLINED, "no, thanks"),
        (NOW, Issued(error=InputError("bad")), RowState.FAILED, "bad"),
        (NOW, Issued(), RowState.FAILED, "nothing came of it"),
    ],
)
def test_what_became_of_a_row_is_its_runs_own_or_was_there_before(
    began_at: Any, issued: Issued, state: RowState, note: str | None
) -> None:
    found = _settled(replace(RUN, began_at=began_at), ROW, issued)
    assert found.state is state
    assert found.note == (issued.note if note is None else note)
    assert found.note or state is RowState.ISSUED
    assert found.credential_id == (None if issued.record is None else "1")


def test_an_error_is_told_with_its_faults_and_a_fault_of_ours_by_its_name() -> None:
    assert tell(InputError("bad")) == "bad"
    assert tell(ValueError("secret")) == "ValueError"


def version(here: Service) -> AchievementVersion:
    return find_version(here.services, ACHIEVEMENT, None)


def request(**changed: Any) -> OrderRequest:
    return OrderRequest(**{"idempotency_key": "k", "achievement_key": ACHIEVEMENT} | changed)


def test_an_order_is_known_by_all_that_it_asks_for_but_a_name() -> None:
    pat = Recipient(email=WHO)
    asked = [
        request(recipient=pat),
        request(recipient=Recipient(email="ann@example.org")),
        request(recipient=Recipient(email=WHO, did="did:web:a.example")),
        request(recipient=pat, achievement_key="other"),
        request(recipient=pat, achievement_version=1),
        request(recipient=pat, awarded_at=NOW),
        request(recipient=pat, awarded_at=NOW + SECOND),
        request(recipient=pat, results=({"value": "1"},)),
        request(recipient=pat, evidence=({"name": "1"},)),
    ]
    assert len({hash_request(one) for one in asked}) == len(asked)
    same = request(recipient=Recipient(email=WHO, name="Pat"), idempotency_key="other")
    assert hash_request(same) == hash_request(asked[0])


def test_fragments_are_made_absolute_within_the_achievement(here: Service) -> None:
    base = version(here).achievement["id"]
    told = {"resultDescription": "#a", "achievedLevel": "#b", "value": "#c", "status": "Completed"}
    made = absolute_result(version(here), told)
    assert made == told | {"resultDescription": f"{base}#a", "achievedLevel": f"{base}#b"}
    outer = {"resultDescription": "https://a.example/#a", "achievedLevel": 7}
    assert absolute_result(version(here), outer) == outer
    former = {"resultDescription": "urn:v1#a", "achievedLevel": "urn:v1", "value": 7, "note": "urn:v1#z"}
    (moved,) = results_in(version(here), [former], "urn:v1")
    assert moved == former | {"resultDescription": f"{base}#a", "note": "#z"}


def test_results_that_are_not_defined_are_refused_unless_the_order_is_a_repeat(here: Service) -> None:
    services = here.services
    wrong = ({"type": ["Result"], "resultDescription": "#nothing", "value": "1"},)
    order = request(recipient=Recipient(email="pat.runs@example.org"), results=wrong)
    with pytest.raises(InputError, match="does not define what this says"):
        prepare_order(services, "runs", order, version(here), now=NOW)
    bare = replace(order, results=())
    record, issued = award_request(services, "runs", bare, now=NOW)
    assert (issued.created, record.order.awarded_at, record.order.results) == (True, NOW, ())
    assert prepare_order(services, "runs", order, version(here), now=NOW).results
    assert award_request(services, "runs", bare, now=NOW)[1].created is False
    with pytest.raises(ConflictError):
        award_request(services, "runs", replace(bare, awarded_at=NOW - SECOND), now=NOW)
    for key, number, told in (("nothing", None, "'nothing'$"), (ACHIEVEMENT, 99, " version 99$")):
        with pytest.raises(CredservError, match=told):
            find_version(services, key, number)
    assert find_version(services, ACHIEVEMENT, version(here).version) == version(here)


def test_of_a_batch_each_is_answered_in_its_place(here: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    services = here.services
    good = [
        request(idempotency_key=f"b{one}", recipient=Recipient(email=f"b{one}.runs@example.org"))
        for one in (1, 2)
    ]
    bad = request(idempotency_key="b3", achievement_key="nothing", recipient=Recipient(email=WHO))
    asked = {"scope": "batch", "now": NOW, "actor": "test"}
    first, wrong, second = award_batch(services, requests=[good[0], bad, good[1]], **asked)
    assert (first.created, second.created, wrong.record) == (True, True, None)
    assert isinstance(wrong.error, CredservError)
    assert [one.require().order.idempotency_key for one in (first, second)] == ["b1", "b2"]
    assert [one.actor for one in services.store.audit.of_subject(first.require().id)] == ["test"]
    assert award_batch(services, requests=[], **asked) == ()

    def failing(error: Exception) -> Any:
        return lambda wanted: tuple(Issued(error=error) for _ in wanted)

    for error in (UnavailableError("later"), OrganisationClosedError("closed"), ZeroDivisionError()):
        monkeypatch.setattr(type(services.recipe), "issue", lambda _, wanted, e=error: failing(e)(wanted))
        with pytest.raises(type(error)):
            award_batch(services, requests=good[:1], **asked)
    declined = DeclinedError("no")
    monkeypatch.setattr(type(services.recipe), "issue", lambda _, wanted: failing(declined)(wanted))
    assert [one.error for one in award_batch(services, requests=good, **asked)] == [declined, declined]


def objection(kind: ObjectionKind) -> ObjectionRecord:
    return ObjectionRecord("o", "1", kind, "", NOW)


def test_what_is_issued_instead_goes_to_somebody_else_only_where_it_was_not_theirs() -> None:
    instead = Instead("a", NOW, " sam@example.org ", "Sam", keeps_results=True)
    told = {"achievement": "a", "awarded_at": "2026-03-14T09:26:53Z", "name": "Sam", "keeps_results": True}
    other = _ordered(objection(ObjectionKind.NOT_MINE), BADGE, instead)
    assert other == told | {"email": "sam@example.org"}
    same = _ordered(objection(ObjectionKind.WRONG), BADGE, replace(instead, email=None))
    assert same == told | {"email": None}
    assert _ordered(objection(ObjectionKind.WRONG), BADGE, instead)["email"] is None
    for email, why in ((None, "enter the"), ("nobody", "enter the"), ("PAT@example.org", "not theirs")):
        with pytest.raises(InputError, match=why):
            _ordered(objection(ObjectionKind.NOT_MINE), BADGE, replace(instead, email=email))
    did = replace(BADGE, order=replace(ORDER, recipient=Recipient(did="did:web:a.example")))
    assert _ordered(objection(ObjectionKind.NOT_MINE), did, instead)["email"] == "sam@example.org"


def test_a_decision_has_a_reason_that_can_be_read() -> None:
    for reason in ("", "r" * 1_001):
        with pytest.raises(InputError, match="say why, in at most 1000 characters"):
            _require_reason(reason)
    _require_reason("r")
    _require_reason("r" * 1_000)


def test_badges_are_revoked_for_a_reason_that_can_be_read() -> None:
    for reason in ("", "  ", "r" * (MAX_REASON_CHARS + 1)):
        with pytest.raises(InputError, match="say why, in at most"):
            require_reason(reason)
    assert (require_reason(" r "), len(require_reason("r" * MAX_REASON_CHARS))) == ("r", MAX_REASON_CHARS)
