"""A sandbox: everything can be tried in it, and nothing that comes of it passes for earned."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from credserv.app.founding import change_address, found_organisation
from credserv.ground.errors import InputError
from credserv.journeys.admit.sign_in import Owner, create_console_link, make_owner
from credserv.journeys.check.check import Question, check_document
from credserv.journeys.check.reports.report import build_report
from credserv.journeys.claim.copies import forms, make_copy
from credserv.journeys.deliver.outbox import queue_letters, send_due
from credserv.journeys.hold.wallet import Standing, baked_png, baked_svg, wallet
from credserv.journeys.operate.figures import figures_of
from credserv.journeys.operate.organisation import rename_organisation
from credserv.journeys.trust.refresh import add_issuer, import_issuers
from credserv.openbadges.badge_image import require_png, require_svg
from credserv.openbadges.baking import unbake
from credserv.openbadges.sandbox_picture import mark_picture
from credserv.outbound.mail import Mailer
from credserv.processes.turns import open_mailer
from credserv.records.audit import Action
from credserv.records.copies import Holder
from credserv.records.organisations import Founding
from credserv.records.roles import Role
from credserv.records.trust import TrustedIssuerRecord
from credserv.store.tables import trusted_issuers
from tests.testkit.browsing import Person, colleague_link
from tests.testkit.holding import wallet_did
from tests.testkit.mailserver import MailServer, mail_server
from tests.testkit.moving import command
from tests.testkit.sandboxes import AT, HOST, SLUG, issue, owner_of, sandbox_of, signed, with_sandbox
from tests.testkit.service import ACHIEVEMENT, SOURCE, Service

DID = f"did:web:badges.example:o:{SLUG}"


@pytest.fixture
def service(database_url: str, tmp_path: Path) -> Service:
    return with_sandbox(database_url, tmp_path)


def told(service: Service, document: Any) -> Any:
    """The report of whoever checks it in the organisation that is in earnest."""
    checked = check_document(service.services, document, now=service.clock.now)
    return build_report(checked, now=service.clock.now)


def test_a_sandbox_says_so_from_its_first_day_and_never_stops(service: Service) -> None:
    own = sandbox_of(service)
    assert (own.issuer.did, own.issuer.sandbox, own.issuer.name) == (DID, True, "Acme Guild (sandbox)")
    for name in ("Better Guild", "Better Guild (sandbox)"):
        rename_organisation(own.store, name, actor="test", now=service.clock.now)
        assert sandbox_of(service).issuer.name == "Better Guild (sandbox)"
    assert not service.services.issuer.sandbox


def test_a_sandbox_has_no_host_that_could_be_taken_for_a_real_one(service: Service) -> None:
    store, now = service.services.store, service.clock.now
    wanted = Founding("other", "Other", address="https://badges.acme.example", sandbox=True)
    with pytest.raises(InputError, match="no host of its own"):
        found_organisation(service.settings, store, wanted, actor="test", now=now)
    with pytest.raises(InputError, match="no host of its own"):
        change_address(service.settings, store.of(SLUG), "https://badges.acme.example", actor="test", now=now)


def test_what_it_issues_says_in_what_is_signed_that_it_proves_nothing(service: Service) -> None:
    document = signed(issue(service, sandbox_of(service)))
    assert document["issuer"]["name"] == "Acme Guild (sandbox)"
    assert document["issuer"]["otherIdentifier"] == [
        {"type": "IdentifierEntry", "identifier": DID, "identifierType": "ext:sandbox"}
    ]
    achievement = document["credentialSubject"]["achievement"]
    for shown in (document, achievement):
        assert shown["name"].startswith("Sandbox: ")
        assert shown["description"].startswith("Issued in a sandbox, for trying out: it proves nothing. ")
    assert "sandbox" not in json.dumps(signed(issue(service, service.services))).lower()


def test_every_door_that_checks_tells_it_apart_from_a_real_one(service: Service) -> None:
    own = sandbox_of(service)
    document = signed(issue(service, own))
    report = told(service, document)
    assert (report["verified"], report["verdict"], report["sandbox"]) == (False, "not_verified", True)
    assert (
        report["headline"] == "Genuinely signed, but issued in a sandbox for trying out: it proves nothing."
    )
    (tried,) = [check for check in report["checks"] if check["name"] == "sandbox"]
    assert (tried["outcome"], tried["code"]) == ("failed", "sandbox")
    assert "accreditation" not in report
    assert report["claims_accreditation"] is True
    assert "accreditation" in told(service, signed(issue(service, service.services)))
    for at in ("", AT):
        client = service.client()
        answer = client.post(f"{at}/api/v1/verify", json={"credential": document}).json
        assert (answer["verified"], answer["sandbox"]) == (False, True)
        page = client.post(f"{at}/verify", data={"text": json.dumps(document)}).text
        assert "issued in a sandbox for trying out" in page
        assert "Genuine and in force" not in page
        answer = client.post(f"{at}/credentials/verify", json={"verifiableCredential": document})
        assert answer.json["verified"] is False
    assert "sandbox" not in told(service, signed(issue(service, service.services, key="order-2")))


def test_its_copies_say_it_in_every_form(service: Service) -> None:
    own = sandbox_of(service)
    record = issue(service, own)
    for form in forms(own, record.id):
        copy = make_copy(own, record.id, form, Holder(record.person_id, wallet_did()), service.clock.now)
        assert copy.signed is not None
        text = copy.signed.decode()
        if form.is_disclosing and text.startswith("{"):
            continue  # a base proof is for its holder alone, who derives what is shown
        report = told(service, json.loads(text) if text.startswith("{") else text)
        assert (report["verified"], report["sandbox"]) == (False, True), form


def test_no_list_of_trusted_issuers_vouches_for_it(service: Service) -> None:
    services, now = service.services, service.clock.now
    entry = TrustedIssuerRecord(DID, "Acme Guild")
    with pytest.raises(InputError, match="is a sandbox of this service"):
        add_issuer(services, "", entry, actor="test", now=now)
    file = json.dumps({"issuers": [{"id": DID, "name": "Acme Guild"}]}).encode()
    with pytest.raises(InputError, match="is a sandbox of this service"):
        import_issuers(services, "", file, replace=False, actor="test", now=now)
    # A list that somebody else publishes may name it: it counts for nothing.
    add_issuer(services, "", TrustedIssuerRecord("did:web:friend.example", "Friend"), actor="test", now=now)
    with services.store._database.writing() as connection:
        connection.execute(update(trusted_issuers).values(issuer=DID))
    document = signed(issue(service, sandbox_of(service)))
    for own in (services, sandbox_of(service)):
        checked = check_document(own, document, now=now, question=Question())
        trusted = checked.result.check("issuer_trusted")
        assert trusted is not None
        assert (trusted.outcome.value, trusted.code) == ("unknown", "issuer-unknown")


def test_a_wallet_and_the_public_page_show_it_marked(service: Service) -> None:
    own = sandbox_of(service)
    record = issue(service, own)
    (item,) = wallet(own, record.person_id, service.clock.now).credentials
    assert item.standing is Standing.SANDBOX
    assert item.accreditation is None
    page = service.client().get(f"{AT}/credentials/{record.id}", headers={"Accept": "text/html"}).text
    assert "What is issued here is for trying out: it proves nothing." in page
    assert "Sandbox: " in page
    badge = service.client().get(f"{AT}/credentials/{record.id}/verification.svg").text
    assert "Sandbox · check it" in badge
    assert "for trying out" not in service.client().get("/").text


def test_its_pictures_bear_a_band_and_still_carry_the_credential(service: Service) -> None:
    own = sandbox_of(service)
    record = issue(service, own)
    (item,) = wallet(own, record.person_id, service.clock.now).credentials
    for picture in (baked_png(own, item), baked_svg(own, item)):
        assert unbake(picture) == record.signed
    for sha256, suffix, media_type, require in (
        (item.achievement.png_sha256, "png", "image/png", require_png),
        (item.achievement.svg_sha256, "svg", "image/svg+xml", require_svg),
    ):
        stored = own.store.achievements.image(sha256 or "")
        assert stored is not None
        shown = service.client().get(f"{AT}/images/{sha256}.{suffix}").data
        assert shown == mark_picture(stored.content, media_type) != stored.content
        require(shown)
        assert service.client().get(f"/images/{sha256}.{suffix}").data == stored.content


def test_it_is_in_no_figure_of_the_installation(service: Service) -> None:
    def reached() -> dict[str, float]:
        found = figures_of(service.services, {}, service.clock.now)
        return {
            f"{one.name} {dict(one.labels)}": one.value
            for one in found
            if one.name in ("badges", "badges_reached", "letters", "oldest_letter_seconds")
        }

    before = reached()
    record = issue(service, sandbox_of(service))
    make_copy(
        sandbox_of(service),
        record.id,
        forms(sandbox_of(service), record.id)[0],
        Holder(record.person_id, wallet_did()),
        service.clock.now,
    )
    service.clock.advance(seconds=60)
    assert reached() == before
    issue(service, service.services)
    assert reached() != before


def test_it_cannot_be_made_one_or_stop_being_one_in_the_console(service: Service) -> None:
    person = Person(service).sign_in_to_console()
    page = person.get("/console/organisations")
    assert 'name="sandbox"' in page
    told = {"name": "Trial", "slug": "trial", "owner": "o@example.org", "address": "", "sandbox": "yes"}
    person.submit("/console/organisations", **told)
    assert service.services.at_name("trial").issuer.sandbox
    assert "Sandbox" in person.get("/console/organisations/trial")
    assert 'action="/console/organisations/trial/address"' not in person.get("/console/organisations/trial")


# --- letters --------------------------------------------------------------------------------------


@pytest.fixture
def server() -> Any:
    with mail_server() as running:
        yield running


@pytest.fixture
def mailing(database_url: str, tmp_path: Path, server: MailServer) -> Service:
    return with_sandbox(database_url, tmp_path, smtp_url=server.url, mail_from="badges@academy.example")


def test_no_mail_leaves_a_sandbox_and_its_letters_are_read_in_its_console(
    mailing: Service, server: MailServer
) -> None:
    own, mailer = sandbox_of(mailing), Mailer(server.url, sender="badges@academy.example", sender_name="A")
    record = issue(mailing, own, "secret-pat@example.org")
    assert open_mailer(mailing.settings, own) is None
    assert send_due(own, mailer, clock=mailing.clock) == 0
    with pytest.raises(InputError, match="a sandbox sends no mail"):
        queue_letters(own, since=mailing.clock.now, actor="test", now=mailing.clock.now)
    issue(mailing, mailing.services, "real-pat@example.org")
    assert send_due(mailing.services, mailer, clock=mailing.clock) == 1
    assert [one.recipients for one in server.deliveries] == [("real-pat@example.org",)]

    person = owner_of(mailing)
    page = person.get(f"{AT}/console/letters/kept")
    assert "Acme Guild (sandbox) has awarded you" in page
    assert "To <bdi>secret-pat@example.org</bdi>" in page
    assert f"{HOST}{AT}/wallet/credentials/{record.id}" in page
    assert "Kept: no mail leaves a sandbox" in person.get(f"{AT}/console/credentials/{record.id}")
    assert Person(mailing).sign_in_to_console().client.get("/console/letters/kept").status_code == 404


def test_no_link_of_a_sandbox_signs_anybody_in_by_an_address(mailing: Service, server: MailServer) -> None:
    """Its owner reads the letters that it keeps: one with a link would open the wallet of whoever has the
    address."""
    own = sandbox_of(mailing)
    issue(mailing, own)
    client = mailing.client()
    page = client.get(f"{AT}/wallet").text
    assert 'name="email"' not in page
    client.post(f"{AT}/wallet/link", data={"email": "pat@example.org"})
    assert own.store.link_letters.take(mailing.clock.now, until=mailing.clock.now, limit=9) == ()
    assert server.deliveries == ()


def test_what_is_issued_by_achievement_is_the_achievement_as_it_is_defined(service: Service) -> None:
    """The mark is in what is signed, and never in what is kept of the achievement."""
    own = sandbox_of(service)
    issue(service, own)
    kept = own.store.achievements.newest(ACHIEVEMENT)
    assert kept is not None
    assert not kept.achievement["name"].startswith("Sandbox")


# --- messages of another organisation -------------------------------------------------------------


def test_messages_of_another_organisation_are_replayed_without_its_people(
    service: Service, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("pat", "sam"):
        service.send_event(email=f"{name}@example.org", name="Pat Doe", event_id=f"evt_{name}")
    before = service.services.store.credentials.count_by_state()
    asked = ("source", "replay", "lms", "--from", f"main/{SOURCE}", "--organisation", SLUG)
    for _ in range(2):  # safe to repeat
        assert command(service.settings, monkeypatch.setenv, *asked) == 0
        assert "2 messages imported, 0 unreadable, 0 left out" in capsys.readouterr().out
    own = sandbox_of(service)
    made = own.store.credentials.search(limit=9).items
    assert len(made) == 2
    assert len({one.order.recipient.email for one in made}) == 2
    assert all(str(one.order.recipient.email).endswith("@sandbox.invalid") for one in made)
    assert service.services.store.credentials.count_by_state() == before
    kept = own.store.events.recent("lms", limit=9)
    assert b"pat@" not in b"".join(one.body for one in kept)
    assert b"Pat Doe" not in b"".join(one.body for one in kept)
    assert {(one.authentication or {})["method"] for one in kept} == {"replay"}
    for store in (own.store, service.services.store):
        lines = store.audit.page(before=None, limit=9, text="", action=Action.MESSAGES_REPLAYED)
        told = {"from": f"main/{SOURCE}", "to": f"{SLUG}/lms", "messages": 2}
        assert [line.detail for _, line in lines] == [told, told]


def test_nothing_is_replayed_outside_a_sandbox(
    service: Service, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ("source", "replay", SOURCE, "--from", f"{SLUG}/lms")
    assert command(service.settings, monkeypatch.setenv, *asked) == 1
    assert "messages are replayed in a sandbox alone" in capsys.readouterr().err
    for wrong in ("main", "main/nothing", "nobody/lms"):
        asked = ("source", "replay", "lms", "--from", wrong, "--organisation", SLUG)
        assert command(service.settings, monkeypatch.setenv, *asked) == 1


def test_the_console_replays_them_too(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """By who is signed in to both; some at a time."""
    monkeypatch.setattr("credserv.web.tell.rehearsals.AT_ONCE", 2)
    for name in ("pat", "sam", "kim"):
        service.send_event(email=f"{name}@example.org", name="Pat Doe", event_id=f"evt_{name}")
    at, own = f"{AT}/console/sources/lms/replay", sandbox_of(service)
    person = owner_of(service)
    alone = person.get(at)
    assert "Sign in to the console of the other organisation" in alone
    assert at in person.get(f"{AT}/console/sources/lms")
    owner = Owner("olga@example.org", "Olga Owner")
    person.follow(person.submit(create_console_link(service.services, service.clock.now, owner=owner)))
    assert f'<option value="main/{SOURCE}">' in person.get(at)
    first = person.submit(at, origin=f"main/{SOURCE}", count="3").text
    assert "2 of 3" in first
    hidden = dict(
        re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', first.partition("Go on")[0])
    )
    hidden.pop("csrf_token")
    assert (hidden["left"], hidden["taken"]) == ("1", "2")
    service.send_event(email="late@example.org", event_id="evt_late")
    service.clock.now += timedelta(minutes=1)
    second = person.submit(at, **hidden).text
    assert "3 of 3" in second
    assert "Go on" not in second
    assert len(own.store.events.recent("lms", limit=9)) == 3
    # The command knows the same people by the same pseudonyms: again is once.
    asked = ("source", "replay", "lms", "--from", f"main/{SOURCE}", "--organisation", SLUG)
    assert command(service.settings, monkeypatch.setenv, *asked) == 0
    assert len(own.store.credentials.search(limit=9).items) == 4
    actors = {
        line.actor
        for line in service.services.store.audit.recent(20)
        if line.action == Action.MESSAGES_REPLAYED
    }
    assert {actor.partition(":")[0] for actor in actors} == {"person", "cli"}
    for wrong in ({"count": "1001"}, {"count": "x"}, {"count": "3", "since": "yesterday"}):
        assert person.submit(at, origin=f"main/{SOURCE}", **wrong).status_code == 400
    assert person.submit(at, origin="main/nothing", count="3").status_code == 400
    assert person.client.get(f"/console/sources/{SOURCE}/replay").status_code == 404, "no sandbox"


def test_attack_161_a_sandbox_reads_no_other_organisations_messages_by_its_own_word(service: Service) -> None:
    """Who owns it lets anybody in under any address, and takes any session of it for another's."""
    service.send_event(email="pat@example.org", event_id="evt_pat")
    at, own, now = f"{AT}/console/sources/lms/replay", sandbox_of(service), service.clock.now
    boss = Owner("boss@example.org", "The Boss")
    make_owner(service.services, boss, now, actor="test")
    person = Person(service)
    person.follow(person.submit(create_console_link(own, now, owner=boss)))
    name = next(one for one in (cookie.key for cookie in person.client._cookies.values()) if "console" in one)
    forms = (person.client.get_cookie(name), name.removesuffix(f"_{SLUG}"))
    assert forms[0] is not None
    person.client.set_cookie(forms[1], forms[0].value)  # as if it were of the other console
    assert "<option" not in person.get(at)
    refused = person.client.post(at, data={"origin": f"main/{SOURCE}", "count": "1"})
    assert refused.status_code in (400, 403)
    assert own.store.events.recent("lms", limit=9) == ()
    # Nor does a role that does not see sources.
    issuer = owner_of(service)
    issuer.follow(issuer.submit(colleague_link(service, Role.ISSUER, "olga@example.org")))
    assert "<option" not in issuer.get(at)
