"""Rows F9b, F9c and F3 of found.md: lists by strangers, ids of ours, keys that are no longer good."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from credserv.app.founding import found_organisation
from credserv.app.services import build_services
from credserv.app.signing_keys import create_key, note_brake, resume_signing, retire_key, stop_signing
from credserv.ground.errors import ConflictError, SigningKeyError
from credserv.ground.verification import Check, Outcome, Verdict
from credserv.journeys.award.in_bulk.reissue import reissue
from credserv.journeys.award.orders import OrderRequest, award_request
from credserv.journeys.check.check import Checked, check
from credserv.journeys.define.achievements import load_starters
from credserv.journeys.operate.conditions import look_at
from credserv.journeys.publish.publish import set_status
from credserv.journeys.services import Services
from credserv.proof.data_integrity.proofs import add_proof
from credserv.records.audit import Action
from credserv.records.credentials import CredentialState, Recipient
from credserv.records.organisations import Founding
from credserv.records.trust import TrustedIssuerRecord
from credserv.trust.trust_list import TrustedFile
from tests.testkit.proofs import badge, issuer
from tests.testkit.service import ACHIEVEMENT, NOW, Service, make_service
from tests.testkit.verifying import STATUS_URL, Hosts, signed_list, status_entry

ALICE, MALLORY = issuer(1), issuer(9)


@pytest.fixture
def hosts() -> Hosts:
    return Hosts({STATUS_URL: signed_list(MALLORY)})


@pytest.fixture
def service(tmp_path: Path, hosts: Hosts) -> Service:
    return make_service(f"sqlite:///{tmp_path / 'credserv.sqlite'}", tmp_path, fetcher=hosts)


def checked(service: Service, document: Mapping[str, Any]) -> Checked:
    data = json.dumps(document).encode()
    return check(service.services, data=data, url=None, now=service.clock.now)


# --- F9b ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bits", [(), (94567,)], ids=["says not revoked", "says revoked"])
def test_found_f9b_a_list_by_a_stranger_decides_nothing(
    service: Service, hosts: Hosts, bits: tuple[int, ...]
) -> None:
    hosts.pages[STATUS_URL] = signed_list(MALLORY, *bits)
    found = checked(service, ALICE.sign(badge(ALICE)))
    status = found.result.check("status")
    assert status is not None
    assert (status.outcome, status.code) == (Outcome.UNKNOWN, "status-list-by-another")
    assert MALLORY.did in status.reason
    assert found.verdict is Verdict.NOT_CHECKED


def test_found_f9b_a_revocation_list_that_names_a_stranger_decides_nothing(
    service: Service, hosts: Hosts
) -> None:
    url = "https://badges.example/revocations"
    entry = {"id": url, "type": "1EdTechRevocationList"}
    hosts.pages[url] = {"id": url, "issuer": MALLORY.did, "revokedCredentials": []}
    document = badge(ALICE, credentialStatus=entry)
    document["@context"] = [*document["@context"], "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json"]
    signed = ALICE.sign(document)
    assert checked(service, signed).verdict is Verdict.NOT_CHECKED
    hosts.pages[url] |= {"issuer": ALICE.did}
    assert checked(service, signed).result.verified


def test_found_f9b_the_worst_of_several_entries_is_a_strangers(service: Service, hosts: Hosts) -> None:
    other = "https://badges.example/status/2"
    hosts.pages |= {STATUS_URL: signed_list(ALICE), other: signed_list(MALLORY, url=other)}
    entries = [status_entry(1), status_entry(2, url=other)]
    assert checked(service, ALICE.sign(badge(ALICE, credentialStatus=entries))).verdict is Verdict.NOT_CHECKED


def test_found_f9b_whom_the_reader_trusts_may_keep_the_list(service: Service) -> None:
    entry = TrustedIssuerRecord(MALLORY.did, "Keeper of lists")
    services = replace(service.services, trusted_files=(TrustedFile("keepers", {MALLORY.did: entry}),))
    data = json.dumps(ALICE.sign(badge(ALICE))).encode()
    found = check(services, data=data, url=None, now=service.clock.now)
    assert found.result.verified
    status = found.result.check("status")
    assert status is not None
    assert "another issuer" in status.reason


def test_found_f9b_a_setting_reads_them_leniently(tmp_path: Path, hosts: Hosts) -> None:
    lenient = make_service(
        f"sqlite:///{tmp_path / 'credserv.sqlite'}", tmp_path, fetcher=hosts, status_lists_by_anyone=1
    )
    assert checked(lenient, ALICE.sign(badge(ALICE))).result.verified


# --- F9c ------------------------------------------------------------------------------------------


def signed_by_us(service: Service, document: Mapping[str, Any]) -> dict[str, Any]:
    """What a thief of our key signs, or a caller of another door."""
    issuing = service.services.issuing
    unsigned = {name: value for name, value in document.items() if name != "proof"}
    return add_proof(
        unsigned,
        suite=issuing.suite,
        signer=issuing.signer,
        verification_method=issuing.verification_method,
        created=service.clock.now,
    )


def own_document(service: Service) -> dict[str, Any]:
    record = service.services.store.credentials.get(service.issue())
    assert record is not None
    found: dict[str, Any] = json.loads(record.signed or b"")
    return found


def assert_not_issued_here(service: Service, document: Mapping[str, Any]) -> None:
    found = checked(service, document)
    made = found.result.check("issued_here")
    assert made is not None
    assert (made.outcome, made.code) == (Outcome.FAILED, "not-issued-here")
    assert found.verdict is Verdict.NOT_VERIFIED
    answer = service.client().post("/credentials/verify", json={"verifiableCredential": document})
    assert answer.status_code == 400
    assert answer.json["verified"] is False


def test_found_f9c_our_record_never_answers_for_another_text(service: Service) -> None:
    own = own_document(service)
    assert checked(service, own).own is not None
    forged = signed_by_us(service, own | {"name": "Doctor of everything"})
    assert checked(service, forged).own is None
    assert_not_issued_here(service, forged)


def test_found_f9c_and_f3_each_organisation_answers_for_its_own_at_every_door(
    tmp_path: Path,
) -> None:
    """What a key of one organisation signed is compared with what that one issued, also at another's page."""
    url = f"sqlite:///{tmp_path / 'credserv.sqlite'}"
    service = make_service(url, tmp_path, public_url="https://badges.example")
    wanted = Founding("acme", "The acme", address=None)
    found_organisation(service.settings, service.services.store, wanted, actor="test", now=NOW)
    acme = service.services.at_name("acme")
    load_starters(acme, service.settings.schemas_dir, NOW)
    request = OrderRequest("one", ACHIEVEMENT, Recipient(email="pat@example.org"))
    record, _ = award_request(acme, "test", request, now=NOW)
    document = json.loads(record.signed or b"")

    def judge(services: Services, data: dict[str, Any]) -> tuple[Checked, Check | None]:
        found = check(services, data=json.dumps(data).encode(), url=None, now=NOW)
        return found, found.result.check("issued_here")

    for services in (service.services, acme):
        found, made = judge(services, document)
        assert found.result.verified
        assert made is not None
        assert made.outcome is Outcome.PASSED
        assert (found.own is not None) is (services is acme)
        forged = add_proof(
            {name: value for name, value in document.items() if name != "proof"} | {"name": "Doctor"},
            suite=acme.issuing.suite,
            signer=acme.issuing.signer,
            verification_method=acme.issuing.verification_method,
            created=NOW,
        )
        found, made = judge(services, forged)
        assert found.verdict is Verdict.NOT_VERIFIED
        assert made is not None
        assert made.code == "not-issued-here"
    acme.store.credentials.set_state(record.id, CredentialState.REVOKED, reason="", now=NOW, actor="test")
    for services in (service.services, acme):
        assert judge(services, document)[0].verdict is Verdict.NOT_VERIFIED


def test_found_f9c_our_own_is_known_in_other_spellings_of_its_json(service: Service) -> None:
    own = own_document(service)
    reordered = dict(sorted(own.items(), reverse=True))
    found = checked(service, reordered)
    assert found.own is not None
    assert found.result.verified


def test_found_f9c_it_is_seen_inside_a_presentation(service: Service) -> None:
    own = own_document(service)
    for held, verified in ((own, True), (signed_by_us(service, own | {"name": "Another"}), False)):
        wrapped = {
            "@context": ["https://www.w3.org/ns/credentials/v2"],
            "type": ["VerifiablePresentation"],
            "holder": MALLORY.did,
            "verifiableCredential": [held],
        }
        proof = MALLORY.prove(wrapped, proofPurpose="authentication")
        found = checked(service, wrapped | {"proof": proof})
        assert found.result.verified is verified
        assert found.result.passed("proof")


@pytest.mark.parametrize(
    "change", ["{own}x", "{own}#a", "{public}/credentials/none", "{public}/%63redentials/none", "{upper}"]
)
def test_found_f3_an_id_of_ours_that_the_store_does_not_have_is_not_ours(
    service: Service, change: str
) -> None:
    own = own_document(service)
    public = service.services.public_url
    identifier = change.format(own=own["id"], public=public, upper=own["id"].replace("http", "HTTP", 1))
    assert_not_issued_here(service, signed_by_us(service, own | {"id": identifier}))


def test_found_f3_an_id_of_others_is_not_looked_up(service: Service) -> None:
    own = own_document(service)
    entry = own.pop("credentialStatus")
    assert entry
    found = checked(
        service, signed_by_us(service, own | {"id": "urn:uuid:6e1ecf5e-0000-4000-8000-000000000000"})
    )
    assert found.result.check("issued_here") is None
    assert found.result.verified


def test_found_f9c_a_revoked_one_stays_revoked_whatever_its_public_list_says(service: Service) -> None:
    own = own_document(service)
    credential_id = own["id"].rpartition("/")[2]
    set_status(
        service.services,
        credential_id,
        CredentialState.REVOKED,
        reason="x",
        actor="test",
        now=service.clock.now,
    )
    status = checked(service, own).result.check("status")
    assert status is not None
    assert status.code == "revoked"


@pytest.mark.parametrize("path", ["/credentials/abc", "/anything", "/%63redentials/abc", ""])
def test_found_f9c_ids_under_our_addresses_are_refused_at_issuing(service: Service, path: str) -> None:
    public = service.services.public_url
    for origin in (public, public.replace("http", "HTTP", 1)):
        credential = {
            "@context": ["https://www.w3.org/ns/credentials/v2"],
            "id": origin + path,
            "type": ["VerifiableCredential"],
            "issuer": service.services.issuer.did,
            "credentialSubject": {"id": "did:example:subject"},
        }
        answer = service.client().post(
            "/credentials/issue", json={"credential": credential}, headers=service.api_headers()
        )
        assert answer.status_code == 422, answer.text
        assert "/id" in answer.text


# --- F3 -------------------------------------------------------------------------------------------


def test_found_f3_what_a_retired_key_signs_after_its_end_is_refused(tmp_path: Path) -> None:
    service = make_service(
        f"sqlite:///{tmp_path / 'credserv.sqlite'}",
        tmp_path,
        fetcher=Hosts(),
        public_url="https://badges.example.org",
    )
    own = own_document(service)
    old = service.services.issuing.verification_method
    before = signed_by_us(service, own | {"id": "urn:uuid:1", "name": "Before"})
    store = service.services.store
    create_key(service.settings, store, now=service.clock.now)
    retire_key(store, old, now=service.clock.advance(hours=1))
    assert checked(service, own).result.verified
    assert checked(service, before).result.check("issued_here") is None
    service.clock.advance(days=1)
    after = signed_by_us(service, own | {"id": "urn:uuid:2", "name": "After"})
    made = checked(service, after).result.check("issued_here")
    assert made is not None
    assert (made.outcome, made.code) == (Outcome.FAILED, "key-retired")
    assert checked(service, after).verdict is Verdict.NOT_VERIFIED
    assert checked(service, own).result.passed("proof")


def test_found_f3_the_brake_stops_all_signing_while_verifying_goes_on(service: Service) -> None:
    services, now = service.services, service.clock.now
    badge = service.issue(email="pat@example.org")
    url = f"{services.public_url}/credentials/{badge}"
    wanted = Founding("acme", "The acme", address=None)
    found_organisation(service.settings, services.store, wanted, actor="test", now=now)
    sister = services.at_name("acme").credential_signer.signer

    def verdict() -> Verdict:
        return check(services, data=None, url=url, now=service.clock.now).verdict

    stop_signing(service.settings, "a stolen API key", now=now)
    note_brake(services.store, Action.SIGNING_STOPPED, now=now, reason="a stolen API key")
    with pytest.raises(SigningKeyError):
        reissue(services, badge, "a new name", actor="test", now=now)
    held = service.send_event(event_id="evt_held", email="sam@example.org")
    assert held.status_code == 503, held.text
    with pytest.raises(SigningKeyError, match="a stolen API key"):
        services.credential_signer.signer.sign(b"a credential of another kind")
    with pytest.raises(SigningKeyError, match="a stolen API key"):
        sister.sign(b"a credential of another organisation")
    rows = services.store.credentials.search(limit=9).items
    assert [one.id for one in rows if one.state is CredentialState.ACTIVE] == [badge]
    service.clock.advance(hours=2)
    assert verdict() is Verdict.VERIFIED  # by a list that was signed meanwhile
    set_status(services, badge, CredentialState.REVOKED, reason="", actor="test", now=service.clock.now)
    service.clock.advance(minutes=2)
    assert verdict() is Verdict.NOT_VERIFIED
    told = {one.name: one for one in look_at(services, service.clock.now)}["signing-key"]
    assert told.ok is False
    assert "a stolen API key" in told.said
    resume_signing(service.settings)
    assert sister.sign(b"a credential of another organisation")
    with pytest.raises(ConflictError):
        resume_signing(service.settings)
    note_brake(services.store, Action.SIGNING_RESUMED, now=service.clock.now)
    assert service.send_event(event_id="evt_held", email="sam@example.org").json["credential"]
    rows = services.store.credentials.search(limit=9).items
    assert {one.state for one in rows} == {CredentialState.ACTIVE, CredentialState.REVOKED}
    actions = [line.action for line in services.store.audit.recent(99)]
    assert [one for one in actions if one.startswith("signing-")] == ["signing-resumed", "signing-stopped"]


def test_found_h3_the_operator_may_have_no_certificate_looked_up(service: Service) -> None:
    assert service.services.resolvers.certificate_lists is not None
    off = build_services(replace(service.settings, certificate_revocation=False))
    assert off.resolvers.certificate_lists is None
    off.close()


def test_found_f3_a_compromised_key_verifies_nothing(tmp_path: Path) -> None:
    service = make_service(
        f"sqlite:///{tmp_path / 'credserv.sqlite'}",
        tmp_path,
        fetcher=Hosts(),
        public_url="https://badges.example.org",
    )
    own = own_document(service)
    old = service.services.issuing.verification_method
    store = service.services.store
    create_key(service.settings, store, now=service.clock.now)
    store.organisation.revoke_key(old, service.clock.now)
    made = checked(service, own).result.check("proof")
    assert made is not None
    assert (made.outcome, made.code) == (Outcome.FAILED, "verification-method")
    address = f"/credentials/{own['id'].rpartition('/')[2]}"
    picture = service.client().get(f"{address}/verification.svg").get_data(as_text=True)
    assert "Not verified" in picture
    assert "Valid" not in picture
    assert service.client().get(f"{address}/certificate.pdf").status_code == 404
