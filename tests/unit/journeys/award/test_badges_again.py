"""Badges issued again in the place of others, the runs that do it, and what their holders object to."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from credserv.ground.errors import ConflictError, InputError, NotFoundError
from credserv.journeys.award import objections
from credserv.journeys.award.in_bulk import run as bulk
from credserv.journeys.award.in_bulk.cohort import AS_IT_IS, Cohort, prepare_reissue
from credserv.journeys.award.in_bulk.prepare import find_run, prepare_run
from credserv.journeys.award.in_bulk.reissue import former_of, reissue, successor_of
from credserv.journeys.award.objections import Instead
from credserv.journeys.award.orders import OrderRequest, award_request
from credserv.journeys.award.reached import reached_skills
from credserv.journeys.define.achievements import define, no_image_files
from credserv.journeys.publish.publish import set_status
from credserv.records.audit import Action
from credserv.records.bulk import RowState, RunRecord, RunState
from credserv.records.credentials import CredentialRecord, CredentialState, Recipient
from credserv.records.objections import ObjectionKind, ObjectionState
from tests.testkit.service import NOW, Service

_numbers = itertools.count(1)
SECOND = timedelta(seconds=1)


def order(here: Service, key: str = "workplace-instruction", **changed: Any) -> CredentialRecord:
    number = next(_numbers)
    told = {"recipient": Recipient(email=f"p{number}.again@example.org", name="Pat")} | changed
    request = OrderRequest(f"again-{number}", key, **told)
    return award_request(here.services, "again", request, now=NOW)[0]


def correct(here: Service, key: str, named: str = "") -> None:
    """A further version of the achievement; `named` is the word for its skills."""
    folder = here.settings.schemas_dir / "achievements"
    document = json.loads((folder / f"{key}.json").read_text())
    document.pop("image")
    for aligned in document["achievement"]["alignment"]:
        aligned["targetName"] = named or aligned["targetName"]
    document["achievement"]["description"] = f"As it should be, {next(_numbers)}."
    define(here.services, document, read_image=no_image_files, actor="test", now=NOW)


def looked_at(here: Service, reason: str = "why", **chosen: Any) -> RunRecord:
    cohort = Cohort("workplace-instruction", **chosen)
    return prepare_reissue(here.services, cohort, reason, actor="test", now=NOW)


def rows(here: Service, run: RunRecord) -> dict[str, tuple[RowState, str]]:
    found = bulk.rows_of(here.services, run.id, limit=99)
    return {one.order["replaces"]: (one.state, one.note) for one in found}


def test_a_badge_is_issued_again_once_in_the_place_of_the_one_there_was(here: Service) -> None:
    services, store = here.services, here.services.store
    for reason in (" ", "r" * 501):
        with pytest.raises(InputError, match="in at most 500 characters"):
            looked_at(here, reason)
    former, gone = order(here), order(here)
    set_status(services, gone.id, CredentialState.SUSPENDED, reason="x", actor="test", now=NOW)
    assert rows(here, looked_at(here, "r" * 500))[former.id] == (RowState.KNOWN, AS_IT_IS)
    looked_at(here, "r")
    correct(here, "workplace-instruction")
    run = looked_at(here)
    told = rows(here, run)
    assert (told[former.id], told[gone.id]) == ((RowState.READY, ""), (RowState.FAULTY, "it is suspended"))
    (line,) = store.audit.of_subject(run.id)
    assert (line.action, line.actor, line.detail["reason"]) == (Action.BULK_CHECKED, "test", "why")
    assert successor_of(services, former) is None
    with pytest.raises(ConflictError, match="it is suspended"):
        reissue(services, gone.id, "why", actor="test", now=NOW)
    with pytest.raises(NotFoundError):
        reissue(services, "nothing", "why", actor="test", now=NOW)
    early = order(here)
    correct(here, "workplace-instruction")
    run = looked_at(here)
    before_it = reissue(services, early.id, "why", actor="test", now=NOW - timedelta(seconds=2))
    bulk.begin(services, run.id, actor="test", now=NOW)
    assert bulk.carry_on(services, clock=here.clock, stopping=lambda: True) == 0
    while find_run(services, run.id).state is RunState.RUNNING:
        bulk.carry_on(services, clock=here.clock, stopping=lambda: False)
    assert rows(here, run)[former.id][0] is RowState.ISSUED
    (known,) = [one for one in bulk.rows_of(services, run.id, limit=99) if one.order["replaces"] == early.id]
    assert (known.state, known.note) == (RowState.REPEATED, "issued again before")
    assert known.credential_id == before_it.id
    made = successor_of(services, former)
    assert made is not None
    assert (former_of(made), former_of(former)) == (former.id, None)
    assert reissue(services, former.id, "why", actor="test", now=NOW) == made, "asked again, it is that one"
    nothing: Any = None
    without = replace(services, recipe=nothing)
    assert reissue(without, former.id, "why", actor="test", now=NOW) == made, "and nothing is issued"
    before = store.credentials.get(former.id)
    assert before is not None
    assert (before.state, before.reason) == (CredentialState.REVOKED, "why")
    assert made.order.recipient == former.order.recipient
    lines = [(one.action, one.detail) for one in store.audit.of_subject(former.id)]
    assert (Action.CREDENTIAL_REISSUED, {"by": made.id}) in lines
    assert successor_of(services, replace(former, id="other")) is None
    assert rows(here, looked_at(here))[made.id] == (RowState.KNOWN, AS_IT_IS)
    assert rows(here, looked_at(here, state=CredentialState.REVOKED)) == {}


def test_two_runs_go_on_though_one_is_anothers_just_now(here: Service) -> None:
    services, store = here.services, here.services.store

    def prepared() -> RunRecord:
        text = f"badge,email\nworkplace-instruction,r{next(_numbers)}.again@example.org\n"
        made = prepare_run(services, " a.csv ", text.encode(), actor="test", now=NOW)
        bulk.begin(services, made.id, actor="test", now=NOW)
        return made

    taken, free = prepared(), prepared()
    assert (taken.name, taken.counts) == ("a.csv", {RowState.READY: 1})
    assert store.bulk.lease(taken.id, NOW, NOW + SECOND)
    assert bulk.carry_on(services, clock=here.clock, stopping=lambda: False) == 1
    assert [find_run(services, one.id).left for one in (taken, free)] == [1, 0]
    assert store.bulk.lease(free.id, NOW, NOW + SECOND), "whoever has done a lot lets go of the run"
    store.bulk.release(taken.id)
    store.bulk.release(free.id)
    for _ in range(3):
        bulk.carry_on(services, clock=here.clock, stopping=lambda: False)
    assert {find_run(services, one.id).state for one in (taken, free)} == {RunState.DONE}
    assert {taken.id, free.id} <= {one.id for one in bulk.recent_runs(services, limit=99)}
    assert [one.action for one in store.audit.of_subject(free.id)] == [
        Action.BULK_CHECKED, Action.BULK_BEGUN, Action.BULK_DONE
    ]  # fmt: skip
    with pytest.raises(ConflictError):
        bulk.cancel(services, free.id, actor="test", now=NOW)
    with pytest.raises(NotFoundError):
        bulk.all_rows(services, "nothing")
    assert [one.state for one in bulk.all_rows(services, free.id)] == [RowState.ISSUED]


def holder(here: Service, badge: CredentialRecord) -> str:
    held = here.services.store.credentials.get(badge.id)
    assert held is not None
    return held.person_id


def objected(here: Service, kind: ObjectionKind, words: str = "") -> tuple[CredentialRecord, str]:
    """A badge, and the id of what its holder said against it."""
    result = {"type": ["Result"], "resultDescription": "#mastery", "value": "87"}
    badge = order(here, "active-listening", results=(result,))
    objections.object_to(here.services, holder(here, badge), badge.id, kind, words, NOW)
    (found,) = here.services.store.objections.of_credential(badge.id)
    return badge, found.id


def test_a_holder_objects_once_at_a_time_and_is_told_how_it_was_decided(here: Service) -> None:
    services = here.services
    badge = order(here, "active-listening")
    who = holder(here, badge)
    for kind, words in ((ObjectionKind.WRONG, ""), (ObjectionKind.NOT_MINE, "w" * 1_001)):
        with pytest.raises(InputError, match="in at most 1000 characters"):
            objections.object_to(services, who, badge.id, kind, words, NOW)
    with pytest.raises(NotFoundError, match="no such credential"):
        objections.object_to(services, "nobody", badge.id, ObjectionKind.NOT_MINE, "", NOW)
    objections.object_to(services, who, badge.id, ObjectionKind.WRONG, "w" * 1_000, NOW)
    with pytest.raises(ConflictError, match="asked this before"):
        objections.object_to(services, who, badge.id, ObjectionKind.NOT_MINE, "", NOW)
    lines = [(one.action, one.actor, one.detail) for one in services.store.audit.of_subject(badge.id)]
    assert (Action.OBJECTION_MADE, "holder", {"kind": "wrong"}) in lines
    (told,) = objections.objections_of(services, who)
    assert (told.objection.kind, told.is_gone, told.by) == (ObjectionKind.WRONG, False, "Example Academy")
    assert told.objection.id in [one.objection.id for one in objections.all_objections(services)]
    with pytest.raises(InputError, match="say why"):
        objections.refuse(services, told.objection.id, "", actor="test", now=NOW)
    objections.refuse(services, told.objection.id, "It is right.", actor="test", now=NOW)
    instead = Instead("active-listening", NOW)
    for call in (objections.refuse, lambda *a, **b: objections.uphold(*a, instead, **b)):
        with pytest.raises(ConflictError, match="decided before"):
            call(services, told.objection.id, "Again.", actor="test", now=NOW)
    (told,) = objections.objections_of(services, who)
    assert (told.objection.state, told.objection.reason) == (ObjectionState.REFUSED, "It is right.")
    objections.object_to(services, who, badge.id, ObjectionKind.NOT_MINE, "", NOW)
    assert len(objections.objections_of(services, who)) == 2


def test_what_is_wrong_is_revoked_and_issued_as_it_should_be(here: Service) -> None:
    services = here.services
    badge, known = objected(here, ObjectionKind.WRONG, "The day is wrong.")
    with pytest.raises(InputError, match="issued in its place"):
        objections.uphold(services, known, "Yes.", None, actor="test", now=NOW)
    with pytest.raises(NotFoundError):
        objections.uphold(services, known, "Yes.", Instead("nothing", NOW), actor="test", now=NOW)
    kept = services.store.credentials.get(badge.id)
    assert kept is not None
    assert kept.state is CredentialState.ACTIVE
    day = NOW - timedelta(days=9)
    done = objections.uphold(services, known, "Yes.", Instead("active-listening", day), actor="test", now=NOW)
    assert (done.state, done.ordered) == (ObjectionState.UPHELD, None)
    made = services.store.credentials.get(done.successor_id or "")
    assert made is not None
    assert (made.order.awarded_at, made.order.recipient, made.order.results) == (
        day,
        badge.order.recipient,
        (),
    )
    former = services.store.credentials.get(badge.id)
    assert former is not None
    assert (former.state, former.reason) == (CredentialState.REVOKED, "Yes.")
    with pytest.raises(ConflictError, match="decided before"):
        objections.uphold(services, known, "Yes.", Instead("active-listening", day), actor="test", now=NOW)
    (told,) = objections.objections_of(services, holder(here, made))
    assert not told.is_gone


def test_what_is_not_theirs_leaves_them_and_may_go_to_whose_it_is(here: Service) -> None:
    services = here.services
    badge, known = objected(here, ObjectionKind.NOT_MINE)
    who = holder(here, badge)
    assert [one.is_gone for one in objections.objections_of(services, who)] == [False]
    before = badge.order.recipient.email or ""
    instead = Instead("active-listening", NOW, before.upper())
    with pytest.raises(InputError, match="who says that the badge is not theirs"):
        objections.uphold(services, known, "Yes.", instead, actor="test", now=NOW)
    done = objections.uphold(services, known, "Yes.", None, actor="test", now=NOW)
    assert (done.state, done.successor_id) == (ObjectionState.UPHELD, None)
    (told,) = objections.objections_of(services, who)
    assert told.is_gone
    _, other = objected(here, ObjectionKind.NOT_MINE)
    instead = Instead("active-listening", NOW, f"sam{next(_numbers)}.again@example.org", "Sam")
    done = objections.uphold(services, other, "Yes.", instead, actor="test", now=NOW)
    made = services.store.credentials.get(done.successor_id or "")
    assert made is not None
    assert made.order.recipient == Recipient(email=instead.email, name="Sam")


def test_skills_that_somebody_reached_are_of_badges_in_force(here: Service) -> None:
    services = here.services
    badge = order(here, "ict-troubleshooting")
    address = badge.order.recipient.email or ""
    with pytest.raises(NotFoundError, match="nobody here"):
        reached_skills(services, "nobody.again@example.org", now=NOW)
    found = reached_skills(services, address.upper(), now=NOW)
    assert found
    assert [one.claim.name for one in found] == sorted((one.claim.name for one in found), key=str.casefold)
    assert {one.badges for one in found} == {(f"{services.public_url}/credentials/{badge.id}",)}
    uris = {one.claim.uri for one in found}
    assert len(uris) == len(found) > 1, "two skills are two, though both have no level"
    assert reached_skills(services, address, now=NOW + timedelta(days=731)) == (), "it has ended"
    set_status(services, badge.id, CredentialState.REVOKED, reason="x", actor="test", now=NOW)
    assert reached_skills(services, address, now=NOW) == ()


def test_a_skill_is_one_by_whatever_name_each_badge_calls_it(here: Service) -> None:
    correct(here, "active-listening", named="As we say here")
    badge = order(here, "active-listening")
    other = order(here, "mentor-foundation", recipient=badge.order.recipient)
    found = reached_skills(here.services, badge.order.recipient.email or "", now=NOW)
    uris = [one.claim.uri for one in found]
    assert len(uris) == len(set(uris))
    assert {f"{here.services.public_url}/credentials/{one.id}" for one in (badge, other)} in [
        set(one.badges) for one in found
    ]
