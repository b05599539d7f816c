"""A stolen signing key is withdrawn: what it signed is listed, and all that is in force is signed again."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from credserv.app.signing_keys import create_key, revoke_key
from credserv.ground.encoding import format_instant
from credserv.journeys.accredit.versions import sign_again
from credserv.journeys.award.orders import OrderRequest, award_request
from credserv.journeys.check.check import check
from credserv.journeys.claim.copies import make_copy
from credserv.journeys.deliver.badge_letters import badge_letter
from credserv.journeys.operate.conditions import look_at
from credserv.journeys.publish.publish import set_status
from credserv.journeys.sign.again import sign_badges_again
from credserv.processes.cli import main
from credserv.records.audit import Action
from credserv.records.copies import CopyForm, Holder
from credserv.records.credentials import CredentialState, Recipient
from credserv.records.letters import Posted, Tells
from credserv.records.organisations import MAIN
from tests.journeys.accredit.test_accreditations import GRANTED, PROGRAMME, Accreditor
from tests.testkit.browsing import Person
from tests.testkit.holding import wallet_did
from tests.testkit.service import ACHIEVEMENT, make_service

HOST = "https://badges.example.org"


@pytest.fixture
def firm(tmp_path: Path) -> Accreditor:
    """Two accreditations, of which the second is in grace later, and a plain badge."""
    firm = Accreditor(make_service(f"sqlite:///{tmp_path / 'credserv.sqlite'}", tmp_path, public_url=HOST))
    firm.employ("dee")
    firm.give_role("dee")
    assert firm.load(PROGRAMME).status_code == 201
    for person in ("ann", "cyd"):
        assert firm.found("mentor-basic", person, until="2027-12-01T00:00:00Z").status_code == 201
    firm.at(format_instant(GRANTED - timedelta(days=4)))
    firm.ready("dan", "a1")
    firm.at(format_instant(GRANTED))
    assert firm.decide("a1", "c1").status_code == 200
    return firm


def award_plain(firm: Accreditor) -> str:
    order = OrderRequest("plain", ACHIEVEMENT, Recipient(email="pat@firm.example"))
    return award_request(firm.service.services.at_name(MAIN), "console", order, now=firm.service.clock.now)[
        0
    ].id


def verdict(firm: Accreditor, path: str) -> tuple[str, str]:
    """Of a badge as it is published now, with the key that signed it."""
    document: dict[str, Any] = json.loads(firm.fetch(path).data)
    answer = firm.service.client().post("/api/v1/verify", json={"credential": document})
    return answer.json["verdict"], document["proof"]["verificationMethod"]


@pytest.mark.parametrize("after", [timedelta(days=30), timedelta(days=380)], ids=["live", "grace"])
def test_an_accreditation_in_force_is_signed_again_under_its_id(firm: Accreditor, after: timedelta) -> None:
    service = firm.service
    services, badge = service.services, firm.badge("c1")
    firm.at(format_instant(GRANTED + after))
    before, stolen = verdict(firm, badge)
    assert before == "verified"
    now = service.clock.now
    create_key(service.settings, services.store, now=now, replaces=True)
    plain = award_plain(firm)
    revoke_key(services.store, stolen, now=now)
    assert verdict(firm, badge)[0] == "not_verified"
    assert [(one.id, one.living) for one in services.store.issuance_log.badges_signed_with(stolen)] == [
        (badge, True)
    ]
    assert sign_again(services.at_name(MAIN), stolen, service.clock.advance(seconds=2)) == (1, 0)
    after_it, current = verdict(firm, badge)
    assert (after_it, current == stolen) == ("verified", False)
    assert firm.stands("c1")[0] == ("live" if after < timedelta(days=200) else "grace")
    assert verdict(firm, plain) == ("verified", current)
    assert services.store.issuance_log.badges_signed_with(stolen) == ()
    assert sign_again(services.at_name(MAIN), stolen, service.clock.now) == (0, 0)


def test_found_f3_a_badge_and_its_copies_are_signed_again_under_their_ids(firm: Accreditor) -> None:
    """Nothing but the proof changes; what was signed with the stolen key stays false."""
    service, now = firm.service, firm.service.clock.now
    own = service.services.at_name(MAIN)
    badge = award_plain(firm)
    record = own.store.credentials.get(badge)
    assert record is not None
    pat = Holder(record.person_id, wallet_did(7))
    copies = [make_copy(own, badge, form, pat, now).id for form in (CopyForm.LDP_VC, CopyForm.VC_JWT)]
    former, (_, stolen) = json.loads(firm.fetch(badge).data), verdict(firm, badge)
    create_key(service.settings, own.store, now=now, replaces=True)
    revoke_key(own.store, stolen, now=now)
    own = service.services.at_name(MAIN)
    assert verdict(firm, badge)[0] == "not_verified"

    told = {one.mend: one for one in look_at(own, now) if one.name == "withdrawn-keys"}
    assert told.keys() == {f"credserv {group} sign-again {stolen}" for group in ("keys", "programme")}
    assert told[f"credserv keys sign-again {stolen}"].said.endswith("their key was withdrawn: 1.")

    later = service.clock.advance(seconds=2)
    assert sign_badges_again(own, stolen, actor="cli", now=later) == (3, 0)
    assert sign_badges_again(own, stolen, actor="cli", now=later) == (0, 0), "repeated, it does nothing"
    sign_again(own, stolen, later)
    assert [one.ok for one in look_at(own, later) if one.name == "withdrawn-keys"] == [True]
    now_served = json.loads(firm.fetch(badge).data)
    assert verdict(firm, badge)[0] == "verified"
    assert {**now_served, "proof": None} == {**former, "proof": None}
    answer = service.client().post("/api/v1/verify", json={"credential": former}).json
    assert answer["verdict"] == "not_verified"
    for copy_id in copies:
        face = own.store.copies.face(copy_id)
        assert face is not None
        assert str(check(own, data=face.signed, url=None, now=later).verdict) == "verified"
    lines = [one for one in own.store.audit.of_subject(badge) if one.action == Action.CREDENTIAL_SIGN]
    current = now_served["proof"]["verificationMethod"]
    assert {line.detail["verification_method"] for line in lines} == {stolen, current}
    logged = own.store.issuance_log.newest(badge)
    assert logged is not None
    assert logged.key == now_served["proof"]["verificationMethod"]
    set_status(own, badge, CredentialState.REVOKED, reason="x", actor="test", now=later)
    assert verdict(firm, badge)[0] == "not_verified"


def test_the_command_that_withdraws_a_key_says_what_is_to_be_signed_again_and_how(
    firm: Accreditor, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    service, badge = firm.service, firm.badge("c1")
    plain = award_plain(firm)
    _, stolen = verdict(firm, badge)
    settings = service.settings
    for name in ("secret_key", "key_passphrase", "database_url", "keys_dir", "public_url", "data_dir"):
        value = getattr(settings, name)
        monkeypatch.setenv(
            f"CREDSERV_{name.upper()}", value.decode() if isinstance(value, bytes) else str(value)
        )
    create_key(service.settings, service.services.store, now=service.clock.now, replaces=True)
    assert main(["keys", "signed", stolen]) == 0
    listed = capsys.readouterr().out
    assert main(["keys", "revoke", "--yes", stolen]) == 0
    said = capsys.readouterr().out
    for one in (listed, said):
        assert f"credserv keys sign-again {stolen}" in one
        assert f"credserv programme sign-again {stolen}" in one
    assert main(["keys", "sign-again", stolen]) == 0
    assert "Signed again: 1. Left, since they could not be signed now: 0." in capsys.readouterr().out
    assert main(["keys", "signed", "did:web:nobody.example#key"]) == 1
    assert plain not in said


@pytest.mark.parametrize("mailed", [True, False], ids=["by mail", "without a mail server"])
def test_holders_hear_once_that_files_they_saved_no_longer_verify(tmp_path: Path, mailed: bool) -> None:
    mail = {"smtp_url": "smtp://127.0.0.1:1", "mail_from": "badges@academy.example"} if mailed else {}
    service = make_service(f"sqlite:///{tmp_path / 'credserv.sqlite'}", tmp_path, public_url=HOST, **mail)
    known, kept = service.issue(email="pat@example.org"), service.issue(email="sam@example.org")
    letters, now = service.services.store.letters, service.clock.now

    def holder() -> Person:
        return Person(service).open_wallet("pat@example.org")

    letters.settle([Posted(known), Posted(kept)], now=now)
    served = json.loads(service.client().get(f"/credentials/{known}.json").data)
    stolen = served["proof"]["verificationMethod"]
    set_status(service.services, kept, CredentialState.REVOKED, reason="x", actor="test", now=now)
    create_key(service.settings, service.services.store, now=now, replaces=True)
    revoke_key(service.services.store, stolen, now=now)
    own, later = service.services.at_name(MAIN), service.clock.advance(days=1)
    assert "Signed again" not in holder().get(f"/wallet/credentials/{known}")
    for _ in range(2):
        sign_badges_again(own, stolen, actor="cli", now=later)
        assert [one.letter.credential_id for one in letters.newest(9)] == [known] * mailed
    assert "Signed again with another key" in holder().get(f"/wallet/credentials/{known}")
    words = {"en": "no longer verify", "de": "Dateien", "fr": "fichiers", "es": "archivos"}
    for due in letters.newest(9):
        assert due.tells is Tells.SIGNED_AGAIN
        for language, word in words.items():
            letter = badge_letter(own, replace(due, language=language))
            assert word in letter.text
            assert f"{HOST}/wallet/credentials/{known}" in letter.text
        letters.settle([Posted(known)], now=later)
    sign_badges_again(own, stolen, actor="cli", now=later)
    assert letters.newest(9) == ()
