"""A sandbox passes for nothing else. When it is reset, all that was tried in it is gone, nothing of another
organisation goes, and what it issued never comes back into force."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from credserv.ground.errors import InputError
from credserv.issuing.credential_signer import ProofWishes
from credserv.journeys.admit.access import create_api_key
from credserv.journeys.award.handed_in import hand_in
from credserv.journeys.check.check import Checked, check_document
from credserv.journeys.claim.copies import make_copy
from credserv.journeys.define.rules import set_rule
from credserv.journeys.operate.organisation import reset_sandbox
from credserv.journeys.publish.publish import status_list
from credserv.openbadges.sandbox import mark_profile
from credserv.records.audit import Action
from credserv.records.copies import CopyForm, Holder
from credserv.records.organisations import MAIN
from credserv.records.people import ProvedKind
from credserv.sources.webhook import sign_webhook
from credserv.status.bitstring import bit_at, decode_list
from credserv.store import tables as t
from credserv.store.operate.moving_rows import MOVED
from credserv.store.operate.sandbox import STAYS
from tests.testkit import moving
from tests.testkit.browsing import Person
from tests.testkit.holding import wallet_did
from tests.testkit.sandboxes import AT, SLUG, issue, owner_of, sandbox_of, signed, with_sandbox
from tests.testkit.service import Service

SKILL, EARNED = "http://data.europa.eu/esco/skill/28722c99-68b7-4b7b-808f-53f343299935", "active-listening"


@pytest.fixture
def service(database_url: str, tmp_path: Path) -> Service:
    return with_sandbox(database_url, tmp_path)


def rows(service: Service, slug: str) -> dict[str, Any]:
    """Of an organisation, by table; and of people."""
    with service.services.store._database.reading() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(table).where(which(slug)))))
            for table, which in MOVED.items()
        }


def checked(service: Service, document: Any) -> Checked:
    return check_document(service.services, document, now=service.clock.now)


def failed(found: Checked) -> set[str]:
    return {check.name for check in found.result.checks if check.outcome.value == "failed"}


# --- the mark -------------------------------------------------------------------------------------


def test_who_takes_the_mark_off_breaks_the_signature(service: Service) -> None:
    document = signed(issue(service, sandbox_of(service)))
    real = signed(issue(service, service.services))
    for change in (
        {"issuer": {**document["issuer"], "otherIdentifier": []}},
        {"issuer": {**document["issuer"], "name": "Acme Guild"}},
        {"issuer": real["issuer"]},
        {"name": "Mentor"},
        {"credentialSubject": real["credentialSubject"]},
    ):
        found = checked(service, {**document, **change})
        assert not found.result.verified
        assert "proof" in failed(found)


def test_a_sandbox_signs_nothing_without_its_mark(service: Service) -> None:
    """Whether a caller asks for it (VC-API) or a thief has its key."""
    own = sandbox_of(service)
    document = {name: value for name, value in signed(issue(service, own)).items() if name != "proof"}
    plain = {**document, "issuer": {"id": own.issuer.did, "type": ["Profile"], "name": "Acme Guild"}}
    plain |= {"id": "urn:uuid:5f6f5a52-8d2e-4f3e-9c0e-0d4c3a1f7f10"}
    plain.pop("credentialStatus")
    _, key = create_api_key(own, "a test", ["vc-api:issue"], service.clock.now)
    for asked in (plain, {**plain, "issuer": mark_profile(plain["issuer"])}):
        answer = service.client().post(
            f"{AT}/credentials/issue",
            json={"credential": asked},
            headers={"Authorization": f"Bearer {key}"},
        )
        assert answer.status_code == 422
        assert "is a sandbox" in answer.text
    stolen = own.credential_signer.sign(plain, ProofWishes(), now=service.clock.now)
    found = checked(service, stolen)
    assert found.result.passed("proof")
    assert failed(found) == {"sandbox"}


def test_what_a_sandbox_issued_earns_nothing_elsewhere_and_shows_no_skill(service: Service) -> None:
    """Handed in under a rule that names its very issuer, and shown against a role by a file and by a link."""
    own, now = service.services, service.clock.now
    trial, real = issue(service, sandbox_of(service)), issue(service, own)
    people = own.store.people
    people.prove(real.person_id, ProvedKind.EMAIL, "pat@example.org", added_by="a test", now=now)
    earned = {"credential": {"alignment": SKILL, "issuer": sandbox_of(service).issuer.did}}
    set_rule(own, EARNED, {"when": earned}, actor="test", now=now)
    assert trial.signed is not None
    with pytest.raises(InputError, match="it proves nothing"):
        hand_in(own, real.person_id, trial.signed, now=now)
    awarded = {one.order.achievement_key for one in own.store.credentials.search("", limit=20).items}
    assert awarded == {real.order.achievement_key}
    profile = {"name": "Coach", "skills": [{"uri": SKILL, "label": "To coach"}]}
    for record, answer in ((trial, "missing"), (real, "met")):
        told = service.client().post(
            "/api/v1/eligibility", json={"profile": profile, "credentials": [signed(record)]}
        )
        assert [one["answer"] for one in told.json["skills"]] == [answer], told.json


# --- the reset ------------------------------------------------------------------------------------


def test_every_table_is_emptied_or_stays_with_a_reason() -> None:
    assert set(STAYS) <= set(t.metadata.tables)
    assert all(STAYS.values())


def test_a_reset_leaves_nothing_of_what_was_tried(service: Service, database_url: str) -> None:
    """Of an organisation that has something in every table that moves."""
    moving.fill(service)
    with service.services.store._database.writing() as connection:
        own = t.organisations.c.id == moving.SLUG
        connection.execute(update(t.organisations).where(own).values(sandbox=True))
        connection.execute(update(t.generations).values(number=t.generations.c.number + 1))
    before, beside = rows(service, moving.SLUG), {slug: rows(service, slug) for slug in (MAIN, SLUG)}
    reset_sandbox(moving.own_services(service).store, actor="test", now=service.clock.now)
    after = rows(service, moving.SLUG)
    assert {slug: rows(service, slug) for slug in (MAIN, SLUG)} == beside
    colleagues = {"memberships", "membership_roles", "grants", "asserted_identifiers", "people"}
    for name, found in after.items():
        if name not in STAYS and name not in colleagues:
            assert found == [], name
    for name in STAYS.keys() - {"kept_bits", "status_lists", "member_dids", "audit_lines"}:
        assert after.get(name) == before.get(name), name
    assert len(after["audit_lines"]) == len(before["audit_lines"]) + 1
    assert [len(after[name]) for name in ("memberships", "people")] == [1, 1]  # its owner
    assert "olga@acme.example" in "".join(after["asserted_identifiers"])
    assert len(after["kept_bits"]) == len(before["status_indexes"]) + len(before["kept_bits"])


def test_what_was_issued_is_revoked_for_good_and_its_index_is_never_given_again(service: Service) -> None:
    own = sandbox_of(service)
    record = issue(service, own)
    make_copy(own, record.id, CopyForm.LDP_VC, Holder(record.person_id, wallet_did()), service.clock.now)
    document, place = signed(record), (record.status_list_id, record.status_index)
    assert not bit(service, *place)
    assert reset_sandbox(own.store, actor="test", now=service.clock.now) == 1
    service.clock.advance(seconds=61)
    own = sandbox_of(service)
    assert bit(service, *place)
    assert failed(checked(service, document)) == {"status", "issued_here", "sandbox"}
    again = issue(service, own)
    assert again.status_list_id != record.status_list_id
    assert not bit(service, again.status_list_id, again.status_index)
    assert failed(checked(service, signed(again))) == {"sandbox"}
    reset_sandbox(own.store, actor="test", now=service.clock.now)
    service.clock.advance(seconds=61)
    assert bit(service, *place)
    assert bit(service, again.status_list_id, again.status_index)
    assert service.client().get(f"{AT}/credentials/{record.id}").status_code == 404
    assert service.client().get(f"{AT}/did.json").json["id"] == own.issuer.did


def bit(service: Service, list_id: str, index: int) -> bool:
    document = json.loads(status_list(sandbox_of(service), list_id, now=service.clock.now).body)
    return bit_at(decode_list(document["credentialSubject"]["encodedList"]), index)


def test_somebody_who_is_known_elsewhere_stays_known_there(service: Service) -> None:
    """One person with a badge here and one there; another with none but the sandbox's."""
    own = sandbox_of(service)
    for store in (own, service.services):
        issue(service, store, "both@example.org", key=f"both-{store.issuer.id}")
    issue(service, own, "only@example.org", key="only")
    before = rows(service, MAIN)
    people = count(service, t.people)
    reset_sandbox(own.store, actor="test", now=service.clock.now)
    assert rows(service, MAIN) == before
    assert count(service, t.people) < people
    assert own.store.members.find_by_email("only@example.org") is None
    assert own.store.members.find_by_email("both@example.org") is None
    assert service.services.store.members.find_by_email("both@example.org") is not None


def count(service: Service, table: Any) -> int:
    with service.services.store._database.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def test_an_organisation_in_earnest_cannot_be_reset(
    service: Service, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    issue(service, service.services)
    before = rows(service, MAIN)
    with pytest.raises(InputError, match="is no sandbox"):
        reset_sandbox(service.services.store, actor="test", now=service.clock.now)
    person = Person(service).sign_in_to_console()
    assert "Reset it" not in person.get("/console/organisation")
    answer = person.submit("/console/organisation/reset", on="/console/organisation", sure="yes")
    assert answer.status_code == 400
    assert "is no sandbox" in answer.text
    assert rows(service, MAIN)["credentials"] == before["credentials"]
    assert moving.command(service.settings, monkeypatch.setenv, "organisation", "reset", "--yes") == 1
    assert "is no sandbox" in capsys.readouterr().err


def test_a_sandbox_is_reset_in_its_console_and_by_command(
    service: Service, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    own = sandbox_of(service)
    issue(service, own)
    person = owner_of(service)
    page = f"{AT}/console/organisation"
    assert "Reset it" in person.get(page)
    answer = person.submit(f"{page}/reset", on=page)
    assert answer.status_code == 400
    assert own.store.credentials.search(limit=9).items
    assert "The sandbox is empty: 1 badge was deleted" in person.follow(
        person.submit(f"{page}/reset", on=page, sure="yes")
    )
    assert own.store.credentials.search(limit=9).items == ()
    issue(service, sandbox_of(service))
    command = ("organisation", "reset", "--organisation", SLUG, "--yes")
    assert moving.command(service.settings, monkeypatch.setenv, *command) == 0
    assert "1 badge deleted" in capsys.readouterr().out
    trail = own.store.audit.page(before=None, limit=99, text="", action=Action.SANDBOX_RESET)
    assert [line.detail for _, line in trail] == [{"badges": 1}] * 2


def test_events_are_taken_in_anew_after_a_reset(service: Service) -> None:
    own = sandbox_of(service)
    client = service.client()
    assert (hook(service, client), hook(service, client)) == (201, 200)
    first = {one.id for one in own.store.credentials.search(limit=9).items}
    reset_sandbox(own.store, actor="test", now=service.clock.now)
    assert hook(service, client) == 201
    second = {one.id for one in own.store.credentials.search(limit=9).items}
    assert len(first) == len(second) == 1
    assert first.isdisjoint(second)


def hook(service: Service, client: FlaskClient) -> int:
    source = sandbox_of(service).store.sources.get("lms")
    assert source is not None
    body = json.dumps(service.event(email="pat@example.org")).encode()
    stamp = int(service.clock.now.timestamp())
    headers = {
        "Content-Type": "application/json",
        "webhook-id": "evt_1",
        "webhook-timestamp": str(stamp),
        "webhook-signature": sign_webhook(source.secrets[0], "evt_1", stamp, body),
    }
    return client.post(f"{AT}/hooks/lms", data=body, headers=headers).status_code
