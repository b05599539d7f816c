"""Badges of a cohort issued again: each former one is revoked as another takes its place."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from credserv.ground.encoding import format_instant
from credserv.ground.errors import ConflictError, InputError, SchemaFaultsError, SigningKeyError
from credserv.journeys.award.in_bulk import prepare
from credserv.journeys.award.in_bulk import run as bulk
from credserv.journeys.award.in_bulk.cohort import (
    AS_IT_IS,
    Cohort,
    prepare_reissue,
    prepare_revocation,
    signed_with,
)
from credserv.journeys.award.in_bulk.reissue import former_of, reissue, successor_of
from credserv.journeys.award.in_bulk.revoke import revoke
from credserv.journeys.award.orders import OrderRequest, award_request
from credserv.journeys.define.achievements import define, no_image_files
from credserv.journeys.hold.declining import decline
from credserv.journeys.hold.shares import share
from credserv.journeys.hold.wallet import show_public_page
from credserv.journeys.publish.publish import set_status
from credserv.records.bulk import RowState, RunRecord, RunState
from credserv.records.credentials import (
    IN_PLACE_OF,
    CredentialRecord,
    CredentialState,
    IssuanceStep,
    Recipient,
)
from credserv.records.roles import Role
from tests.testkit.browsing import Person
from tests.testkit.commands import CLI
from tests.testkit.moving import command
from tests.testkit.service import ACHIEVEMENT, NOW, Service

REASON = "the criteria named the wrong course"


def starter(key: str) -> dict[str, Any]:
    folder = Path(__file__).parents[3] / "schemas" / "achievements"
    document: dict[str, Any] = json.loads((folder / f"{key}.json").read_text())
    document.pop("image", None)
    return document


def correct(service: Service, key: str = ACHIEVEMENT, **changed: Any) -> int:
    """A further version of the achievement."""
    document = starter(key)
    document["achievement"] = document["achievement"] | {"description": "As it should have been."} | changed
    read = no_image_files
    version, _ = define(service.services, document, read_image=read, actor="test", now=service.clock.now)
    return version.version


def look(service: Service, **chosen: Any) -> RunRecord:
    cohort = Cohort(ACHIEVEMENT, **chosen)
    return prepare_reissue(service.services, cohort, REASON, actor="console", now=service.clock.now)


def finish(service: Service, run: RunRecord) -> RunRecord:
    bulk.begin(service.services, run.id, actor="console", now=service.clock.now)
    while prepare.find_run(service.services, run.id).state is RunState.RUNNING:
        bulk.carry_on(service.services, clock=service.clock, stopping=lambda: False)
    return prepare.find_run(service.services, run.id)


def record(service: Service, credential_id: str) -> CredentialRecord:
    found = service.services.store.credentials.get(credential_id)
    assert found is not None
    return found


def successor(service: Service, credential_id: str) -> CredentialRecord:
    found = successor_of(service.services, record(service, credential_id))
    assert found is not None
    return found


def order(service: Service, email: str) -> str:
    """One with a result."""
    asked = {
        "achievement": ACHIEVEMENT,
        "recipient": {"email": email},
        "results": [{"resultDescription": "#mastery", "value": "87"}],
    }
    headers = {**service.api_headers(), "Idempotency-Key": f"order-of-{email}"}
    answer = service.client().post("/api/v1/credentials", json=asked, headers=headers)
    assert answer.status_code == 201, answer.text
    return str(answer.json["id"])


def notes(service: Service, run: RunRecord) -> dict[str, tuple[RowState, str]]:
    rows = bulk.rows_of(service.services, run.id, limit=99)
    return {row.order["replaces"]: (row.state, row.note) for row in rows}


def test_each_badge_gets_a_successor_once_and_all_it_rests_on_stays(service: Service) -> None:
    first, second = service.issue(email="a@example.org"), order(service, "b@example.org")
    assert look(service).counts == {RowState.KNOWN: 2}  # nothing has changed yet
    number = correct(service)
    service.clock.advance(days=1)
    run = look(service)
    assert run.counts == {RowState.READY: 2}
    assert record(service, first).state is CredentialState.ACTIVE  # looking changes nothing

    done = finish(service, run)
    assert (done.state, done.counts) == (RunState.DONE, {RowState.ISSUED: 2})
    for known in (first, second):
        former, made = record(service, known), successor(service, known)
        assert (former.state, former.reason) == (CredentialState.REVOKED, REASON)
        assert (made.state, made.order.achievement_version) == (CredentialState.ACTIVE, number)
        assert former_of(made) == known
        assert (made.order.scope, made.order.grounds) == (former.order.scope, former.order.grounds)
        assert (made.order.awarded_at, made.person_id) == (former.order.awarded_at, former.person_id)
        signed = json.loads(made.signed or b"")
        assert signed["credentialSubject"]["achievement"]["description"] == "As it should have been."
        for result in signed["credentialSubject"].get("result", []):
            assert result["resultDescription"].startswith(signed["credentialSubject"]["achievement"]["id"])
        verified = service.client().post("/api/v1/verify", json={"credential": signed}).json
        assert verified["verdict"] == "verified", verified
        old = service.client().post("/api/v1/verify", json={"credential": json.loads(former.signed or b"")})
        assert (old.json["verdict"], "revoked" in old.text) == ("not_verified", True)

    assert successor(service, second).order.results[0]["value"] == "87"

    again = finish(service, look(service))
    assert again.counts == {RowState.KNOWN: 2}
    assert sum(service.services.store.credentials.count_by_state().values()) == 4
    with pytest.raises(ConflictError):
        bulk.begin(service.services, run.id, actor="console", now=service.clock.now)


def test_a_correction_after_it_reaches_the_successor(sqlite_service: Service) -> None:
    service = sqlite_service
    known = service.issue()
    correct(service)
    finish(service, look(service))
    service.clock.advance(hours=1)
    event = service.event(passed=False) | {"timestamp": "2026-03-14T10:00:00Z"}
    service.send_event(event)
    assert successor(service, known).state is CredentialState.SUSPENDED
    assert record(service, known).state is CredentialState.REVOKED


def test_who_is_killed_at_any_step_leaves_one_to_be_finished(sqlite_service: Service) -> None:
    service = sqlite_service
    known = service.issue()
    correct(service)
    run = look(service)
    bulk.begin(service.services, run.id, actor="console", now=service.clock.now)

    class Killed(BaseException):
        pass

    for step in (IssuanceStep.RESERVED, IssuanceStep.MADE, IssuanceStep.STORED):

        def die(reached: IssuanceStep, at: IssuanceStep = step) -> None:
            if reached is at:
                raise Killed

        object.__setattr__(service.services.issuing, "on_step", die)
        with pytest.raises(Killed):
            bulk.carry_on(service.services, clock=service.clock, stopping=lambda: False)
        service.clock.advance(seconds=10)
    object.__setattr__(service.services.issuing, "on_step", lambda _step: None)
    while prepare.find_run(service.services, run.id).state is RunState.RUNNING:
        bulk.carry_on(service.services, clock=service.clock, stopping=lambda: False)
    assert prepare.find_run(service.services, run.id).counts == {RowState.ISSUED: 1}
    assert successor(service, known).state is CredentialState.ACTIVE
    counts = service.services.store.credentials.count_by_state()
    assert (counts[CredentialState.ACTIVE], counts[CredentialState.REVOKED]) == (1, 1)
    assert counts[CredentialState.PENDING] == 0


def test_what_cannot_be_issued_again_stays_as_it_is(sqlite_service: Service) -> None:
    service = sqlite_service
    held, set_aside = order(service, "a@example.org"), service.issue(email="b@example.org")
    service.services.store.credentials.set_state(
        set_aside, CredentialState.SUSPENDED, reason="a look", now=NOW, actor="test"
    )
    correct(service, resultDescription=[])
    run = look(service)
    told = notes(service, run)
    assert told[set_aside] == (RowState.FAULTY, "it is suspended")
    assert "does not define" in told[held][1]
    assert finish(service, run).counts == {RowState.FAULTY: 2}
    with pytest.raises(SchemaFaultsError):
        reissue(service.services, held, REASON, actor="test", now=NOW)
    assert record(service, held).state is CredentialState.ACTIVE
    with pytest.raises(InputError, match="say why"):
        prepare_reissue(service.services, Cohort(ACHIEVEMENT), " ", actor="x", now=NOW)


def test_attack_73_what_was_revoked_meanwhile_gets_no_successor(sqlite_service: Service) -> None:
    service = sqlite_service
    known = service.issue()
    correct(service)
    run = look(service)
    service.services.store.credentials.set_state(
        known, CredentialState.REVOKED, reason="forged", now=NOW, actor="test"
    )
    assert finish(service, run).counts == {RowState.FAILED: 1}
    assert notes(service, run)[known] == (RowState.FAILED, "it is revoked")
    assert successor_of(service.services, record(service, known)) is None
    assert record(service, known).reason == "forged"


def test_two_at_once_are_told_of_the_one_that_was_issued(sqlite_service: Service) -> None:
    """A lot that takes longer than its lease is gone on with by another worker."""
    service = sqlite_service
    known = service.issue()
    correct(service)
    recipe, made = service.services.recipe, list[str]()
    plan = recipe.plan

    def second(*given: Any, **named: Any) -> Any:
        claim = plan(*given, **named)
        if not made:
            made.append(known)
            made.append(reissue(service.services, known, REASON, actor="test", now=service.clock.now).id)
        return claim

    object.__setattr__(recipe, "plan", second)
    assert reissue(service.services, known, REASON, actor="test", now=service.clock.now).id == made[1]
    assert successor(service, known).id == made[1]
    counts = service.services.store.credentials.count_by_state()
    assert (counts[CredentialState.ACTIVE], counts[CredentialState.REVOKED]) == (1, 1)


def test_who_is_erased_is_gone_from_a_run_that_waits(sqlite_service: Service) -> None:
    services, now = sqlite_service.services, sqlite_service.clock.now
    recipient = Recipient(did="did:example:pat", name="Pat Doe")
    known, _ = award_request(services, "api", OrderRequest("1", ACHIEVEMENT, recipient), now=now)
    correct(sqlite_service)
    run = look(sqlite_service)
    services.store.erasure.erase(known.person_id, now, lambda _signed: "0" * 64)
    (row,) = bulk.rows_of(services, run.id, limit=9)
    assert (row.order, row.state) == ({}, RowState.FAULTY)


def test_a_key_that_reads_alike_takes_no_place(sqlite_service: Service) -> None:
    services, now = sqlite_service.services, sqlite_service.clock.now
    request = OrderRequest("1", ACHIEVEMENT, Recipient(email="pat@example.org"))
    known, _ = award_request(services, "api", request, now=now)
    eve = Recipient(email="eve@example.org")
    alike = OrderRequest(IN_PLACE_OF + known.id, ACHIEVEMENT, eve)
    award_request(services, "api", alike, now=now)
    correct(sqlite_service)
    with pytest.raises(ConflictError):
        reissue(services, known.id, REASON, actor="test", now=now)
    assert record(sqlite_service, known.id).state is CredentialState.ACTIVE
    assert successor_of(services, known) is None


def test_what_is_awarded_once_is_awarded_once_by_its_successor_too(sqlite_service: Service) -> None:
    service, services, key = sqlite_service, sqlite_service.services, "active-listening"
    request = OrderRequest("1", key, Recipient(email="pat@example.org"))
    known, _ = award_request(services, "api", request, now=service.clock.now)
    correct(service, key)
    made = reissue(services, known.id, REASON, actor="test", now=service.clock.now)
    again, how = award_request(services, "api", replace(request, idempotency_key="2"), now=service.clock.now)
    assert (again.id, how.is_repeat) == (made.id, True)


def test_a_successor_is_whose_the_former_badge_was_and_no_letter_goes_to_a_former_address(
    sqlite_service: Service,
) -> None:
    """Their address was another's mailbox from a day between the two on. Who declines has theirs, too."""
    service, services = sqlite_service, sqlite_service.services
    object.__setattr__(services.issuing, "sends_letters", True)
    known, other = service.issue(email="a@example.org"), service.issue(email="b@example.org")
    ended = service.clock.advance(days=1)
    members, letters = services.store.members, services.store.letters
    decline(services, record(service, other).person_id, service.clock.now)
    correct(service)
    service.clock.advance(days=1)
    for one in (known, other):
        reissue(services, one, REASON, actor="test", now=service.clock.now)
    made, kept = successor(service, known), successor(service, other)
    assert letters.get(made.id) is not None
    assert letters.get(kept.id) is not None
    for award in (made, kept):
        members.end_identifier(award.identifier_id, ended, service.clock.now)
        assert record(service, award.id).person_id == award.person_id
    correct(service, description="Once more.")
    last = reissue(services, made.id, REASON, actor="test", now=service.clock.now)
    assert (last.person_id, letters.get(last.id)) == (made.person_id, None)
    assert letters.queue(service.clock.now, since=NOW) == 0
    assert letters.get(last.id) is None


def test_what_could_not_be_signed_at_once_is_signed_later(sqlite_service: Service) -> None:
    service = sqlite_service
    known = service.issue()
    correct(service)
    made = service.services.issuing.on_step

    def lost(_step: IssuanceStep) -> None:
        raise SigningKeyError("the key went away between the reservation and the signature")

    object.__setattr__(service.services.issuing, "on_step", lost)
    with pytest.raises(SigningKeyError):
        reissue(service.services, known, REASON, actor="test", now=service.clock.now)
    object.__setattr__(service.services.issuing, "on_step", made)
    again = reissue(service.services, known, REASON, actor="test", now=service.clock.now)
    assert again.state is CredentialState.ACTIVE
    assert reissue(service.services, known, REASON, actor="test", now=service.clock.now).id == again.id


def test_pages_and_shares_follow_and_what_was_hidden_stays_hidden(sqlite_service: Service) -> None:
    service = sqlite_service
    shown, hidden = service.issue(email="a@example.org"), service.issue(email="b@example.org")
    store = service.services.store
    link = share(service.services, record(service, shown).person_id, shown, "for a friend", NOW)
    show_public_page(service.services, record(service, hidden).person_id, hidden, False, NOW)
    correct(service)
    finish(service, look(service))
    made = successor(service, shown)
    page = service.client().get(f"/credentials/{shown}", headers={"Accept": "text/html"})
    assert f'href="/credentials/{made.id}"' in page.text
    assert "took its place" in page.text
    new = successor(service, hidden)
    assert new.hidden_at is not None
    assert service.client().get(f"/credentials/{new.id}").status_code == 404
    assert service.client().get(link.removeprefix(service.services.public_url)).status_code == 200
    assert [one.credential_ids for one in store.shares.of_person(made.person_id)] == [(made.id,)]


def test_a_cohort_is_chosen_by_time_rule_key_and_state(sqlite_service: Service) -> None:
    service = sqlite_service
    before = service.issue(email="a@example.org")
    service.clock.advance(days=2)
    after = service.issue(email="b@example.org")
    correct(service)
    middle = service.clock.now.replace(day=15)
    key = signed_with(record(service, before))
    assert set(notes(service, look(service, issued_before=middle))) == {before}
    assert set(notes(service, look(service, issued_from=middle))) == {after}
    assert set(notes(service, look(service, key=key))) == {before, after}
    assert notes(service, look(service, key=key + "x")) == {}
    assert notes(service, look(service, rule_version=1)) == {}
    assert notes(service, look(service, state=CredentialState.SUSPENDED)) == {}


def test_a_change_of_the_issuers_name_counts_and_nothing_else_does(sqlite_service: Service) -> None:
    known, issuing = sqlite_service.issue(), sqlite_service.services.issuing
    assert notes(sqlite_service, look(sqlite_service))[known] == (RowState.KNOWN, AS_IT_IS)
    renamed = replace(issuing.issuer, profile={**issuing.issuer.profile, "name": "Another Academy"})
    object.__setattr__(issuing, "issuer", renamed)
    assert notes(sqlite_service, look(sqlite_service))[known] == (RowState.READY, "")


def test_by_console_and_api(sqlite_service: Service) -> None:
    service = sqlite_service
    first, second = service.issue(email="a@example.org"), service.issue(email="b@example.org")
    correct(service)
    person = Person(service).sign_in_to_console()
    form = {
        "achievement": ACHIEVEMENT,
        "reason": REASON,
        "issued_until": "2026-03-14",
        "key": "",
        "state": "",
    }
    shown = person.follow(person.submit("/console/reissue", **form))
    assert "2 badges will be issued again" in shown
    assert all(
        "such as 2026-03-01" in person.submit("/console/reissue", **{**form, "issued_until": day}).text
        for day in ("soon", "9999-12-31")
    )
    (run,) = service.services.store.bulk.list(limit=9)
    issuer = Person(service).sign_in_as(Role.ISSUER)
    path = f"/console/bulk/{run.id}"
    assert issuer.submit(f"{path}/begin", on="/console/bulk").status_code == 403
    person.follow(person.submit(f"{path}/begin", on=path))
    person.follow(person.submit(f"{path}/pause", on=path))
    assert bulk.carry_on(service.services, clock=service.clock, stopping=lambda: False) == 0
    person.follow(person.submit(f"{path}/cancel", on=path))

    client, headers = service.client(), service.api_headers()
    asked = {"achievement": ACHIEVEMENT, "reason": REASON}
    narrow = service.api_headers("credentials:status")
    assert client.post("/api/v1/reissues", json=asked, headers=narrow).status_code == 403
    made = client.post("/api/v1/reissues", json=asked, headers=headers)
    assert (made.status_code, made.json["summary"]) == (201, {"ready": 2})
    address = f"/api/v1/reissues/{made.json['id']}"
    assert client.post(f"{address}/change", json={"change": "pause"}, headers=headers).status_code == 409
    begun = client.post(f"{address}/change", json={"change": "begin"}, headers=headers)
    assert begun.json["run_state"] == "running"
    while bulk.carry_on(service.services, clock=service.clock, stopping=lambda: False):
        pass
    told = client.get(f"{address}?limit=1", headers=headers).json
    assert (told["run_state"], told["summary"], told["next"]) == ("done", {"issued": 2}, "1")
    base = f"{service.services.public_url}/credentials/"
    (row,) = told["items"]
    assert row["former"] in (base + first, base + second)
    assert row["credential_url"] == base + successor(service, row["former"].removeprefix(base)).id
    elsewhere = client.get("/api/v1/reissues/nothing", headers=headers)
    assert elsewhere.status_code == 404


def test_found_b25_badges_of_a_cohort_are_revoked_at_once_after_a_preview(
    service: Service, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = [service.issue(email=f"pat{number}@example.org") for number in range(3)]
    service.clock.advance(hours=1)
    right = service.issue(email="kim@example.org")
    set_status(
        service.services, wrong[0], CredentialState.SUSPENDED, reason="", actor="test", now=service.clock.now
    )
    before = format_instant(NOW + timedelta(minutes=30))
    asked = ("bulk", "revoke", ACHIEVEMENT, "--before", before, "--reason", REASON)

    def states(ids: list[str]) -> list[CredentialState]:
        found = [service.services.store.credentials.get(one) for one in ids]
        return [one.state for one in found if one is not None]

    assert command(service.settings, monkeypatch.setenv, *asked) == 0
    said = capsys.readouterr().out
    assert all(one in said for one in wrong)
    assert (right in said, "With --yes these 3 are" in said) == (False, True)
    assert CredentialState.REVOKED not in states(wrong)
    assert command(service.settings, monkeypatch.setenv, *asked, "--yes") == 0
    assert "Revoked: 3" in capsys.readouterr().out
    assert states([*wrong, right]) == [CredentialState.REVOKED] * 3 + [CredentialState.ACTIVE]
    lines = service.services.store.audit.of_subject(wrong[1])
    assert (lines[-1].actor, lines[-1].detail["reason"]) == (CLI, REASON)
    assert command(service.settings, monkeypatch.setenv, *asked, "--yes") == 0
    assert "Revoked: 0" in capsys.readouterr().out
    assert command(service.settings, monkeypatch.setenv, *asked[:-1], " ", "--yes") == 1


def test_found_b25_many_are_revoked_by_console_and_api_after_a_preview(sqlite_service: Service) -> None:
    service = sqlite_service
    wrong = [service.issue(email=f"pat{number}@example.org") for number in range(3)]
    service.clock.advance(days=2)
    right = service.issue(email="kim@example.org")
    person = Person(service).sign_in_to_console()
    form = {"achievement": ACHIEVEMENT, "issued_until": "2026-03-14", "key": "", "state": ""}
    assert "Say why, in at most" in person.submit("/console/revoke", **form, reason=" ").text
    shown = person.follow(person.submit("/console/revoke", **form, reason=REASON))
    assert "3 badges will be revoked, for good." in shown
    assert "kim@example.org" not in shown
    (run,) = service.services.store.bulk.list(limit=9)
    path = f"/console/bulk/{run.id}"
    issuer = Person(service).sign_in_as(Role.ISSUER)
    assert issuer.get("/console/revoke", status=403)
    assert issuer.submit(f"{path}/begin", on="/console/bulk").status_code == 403
    assert record(service, wrong[0]).state is CredentialState.ACTIVE
    person.follow(person.submit(f"{path}/begin", on=path))
    while bulk.carry_on(service.services, clock=service.clock, stopping=lambda: False):
        pass
    assert "3 revoked" in person.get(path)
    assert {record(service, one).state for one in wrong} == {CredentialState.REVOKED}
    assert record(service, right).state is CredentialState.ACTIVE
    line = service.services.store.audit.of_subject(wrong[1])[-1]
    assert (line.actor, line.detail["reason"]) == (run.created_by, REASON)
    listed = service.client().get(f"/credentials/{wrong[1]}.json").json
    told = service.client().post("/api/v1/verify", json={"credential": listed}).json
    assert (told["verdict"], "revoked" in told["sentence"]) == ("not_verified", True)

    client, headers = service.client(), service.api_headers()
    asked = {"achievement": ACHIEVEMENT, "reason": REASON}
    may_read = service.api_headers("credentials:read")
    assert client.post("/api/v1/revocations", json=asked, headers=may_read).status_code == 403
    made = client.post("/api/v1/revocations", json=asked, headers=headers)
    assert (made.status_code, made.json["summary"]) == (201, {"ready": 1})
    address = f"/api/v1/revocations/{made.json['id']}"
    assert client.get(address.replace("revocations", "reissues"), headers=headers).status_code == 404
    assert client.post(f"{address}/change", json={"change": "begin"}, headers=headers).status_code == 200
    while bulk.carry_on(service.services, clock=service.clock, stopping=lambda: False):
        pass
    told = client.get(address, headers=headers).json
    assert (told["run_state"], told["summary"]) == ("done", {"revoked": 1})
    assert told["items"][0]["credential_url"].endswith(right)


def test_a_revocation_that_was_killed_goes_on_and_what_others_revoked_stays_theirs(
    sqlite_service: Service,
) -> None:
    service, services = sqlite_service, sqlite_service.services
    done, others = service.issue(email="a@example.org"), service.issue(email="b@example.org")
    run = prepare_revocation(services, Cohort(ACHIEVEMENT), REASON, actor="console", now=service.clock.now)
    assert revoke(services, others, "by somebody else", actor="test", now=service.clock.now)
    bulk.begin(services, run.id, actor="console", now=service.clock.advance(seconds=1))
    assert revoke(services, done, REASON, actor="console", now=service.clock.now)  # and then it was killed
    while bulk.carry_on(services, clock=service.clock, stopping=lambda: False):
        pass
    rows = {row.order["revokes"]: (row.state, row.note) for row in bulk.rows_of(services, run.id, limit=9)}
    assert rows[done] == (RowState.REVOKED, "")
    assert rows[others] == (RowState.FAILED, "it was revoked before")
    assert record(service, others).reason == "by somebody else"
