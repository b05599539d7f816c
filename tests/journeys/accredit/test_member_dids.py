"""R1: a DID of their own for who endorses and is accredited; who leaves signs no more, and nothing ends."""

from __future__ import annotations

from typing import Any

import pytest

from credserv.ground.errors import ConflictError, InputError, SigningKeyError
from credserv.ground.verification import Outcome
from credserv.journeys.accredit import identity
from credserv.journeys.hold.erasure import erase
from credserv.journeys.proving import proof_domain
from credserv.openbadges.endorsement import build_endorsement
from credserv.proof.data_integrity.eddsa_rdfc_2022 import EddsaRdfc2022
from credserv.proof.data_integrity.proofs import add_proof
from credserv.proof.keys.verification_method import did_web_url
from credserv.records.credentials import Recipient
from credserv.records.people import MemberFacts, MembershipRecord
from tests.testkit.proofs import V2, issuer
from tests.testkit.service import Service, make_service

HOST = "https://badges.example"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Service:
    folder = tmp_path_factory.mktemp("dids")
    return make_service(f"sqlite:///{folder / 'dids.db'}", folder, public_url=HOST)


def member(service: Service, name: str) -> MembershipRecord:
    recipient = Recipient(email=f"{name}@example.org", name=name)
    return service.services.store.members.add(recipient, service.clock.now)


def signed(service: Service, key: identity.HeldKey) -> dict[str, Any]:
    """Something by that key, as an endorsement is."""
    document = build_endorsement(
        identifier="urn:uuid:5a1c3e0e-0000-4000-8000-000000000002",
        endorser={"id": key.did, "type": ["Profile"]},
        credential_url="https://badges.example/credentials/x",
        competency="feedback",
        comment="Good.",
        stated_at=service.clock.now,
    )
    return add_proof(
        document,
        suite=EddsaRdfc2022(service.services.canonizer),
        signer=key.signer,
        verification_method=key.method,
        created=service.clock.now,
    )


def holds(service: Service, document: dict[str, Any]) -> bool:
    own = service.services
    made = own.verifier.verify_credential(document, now=service.clock.now, resolvers=own.resolvers)
    return made.passed("proof")


def test_it_is_a_web_did_under_the_organisation_and_its_document_is_there(service: Service) -> None:
    own, ann = service.services, member(service, "ann")
    did = identity.did_of(own, ann.id, service.clock.now)
    assert did == identity.did_of(own, ann.id, service.clock.now)
    assert did.startswith("did:web:badges.example:people:P")
    path = did_web_url(did).removeprefix(HOST)
    answer = service.client().get(path)
    assert (answer.status_code, answer.json["id"]) == (200, did)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert service.client().get(path.removesuffix("/did.json")).status_code == 404  # nobody's page
    assert service.client().get("/people/Pnobody/did.json").status_code == 404


def test_who_leaves_signs_no_more_and_what_they_signed_still_verifies(service: Service) -> None:
    own, ben = service.services, member(service, "ben")
    before = signed(service, identity.held_key(own, ben.id, service.clock.now))
    assert holds(service, before)
    own.store.roster.change_facts(ben.id, MemberFacts(name="ben", ends_on=own.today(service.clock.now)))
    assert identity.held_key(own, ben.id, service.clock.now).did == before["issuer"]["id"], "their last day"
    again = identity.held_key(own, ben.id, service.clock.advance(days=1))
    assert again.did != before["issuer"]["id"], "who says something once more is known under another"
    kept = own.store.member_dids.find(before["issuer"]["id"])
    assert kept is not None
    assert (kept.private_key, kept.retired_at) == (None, service.clock.now)
    assert holds(service, before)


def test_who_is_erased_leaves_a_document_that_leads_to_nobody(service: Service) -> None:
    own, gus = service.services, member(service, "gus")
    before = signed(service, identity.held_key(own, gus.id, service.clock.now))
    erase(own, gus.person_id, service.clock.now)
    kept = own.store.member_dids.find(before["issuer"]["id"])
    assert kept is not None
    assert (kept.membership_id, kept.private_key) == (None, None)
    assert holds(service, before)


def test_who_brings_a_did_proves_its_key_for_this_service(service: Service) -> None:
    own, cyd, key = service.services, member(service, "cyd"), issuer(41)
    first = identity.did_of(own, cyd.id, service.clock.now)

    def presentation(**changes: Any) -> dict[str, Any]:
        document = {"@context": [V2], "type": ["VerifiablePresentation"], "holder": key.did}
        made = {
            "proofPurpose": "authentication",
            "challenge": "a-challenge",
            "domain": proof_domain(own),
            "created": service.clock.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        return {**document, "proof": key.prove(document, **(made | changes))}

    def bring(document: dict[str, Any], who: MembershipRecord = cyd) -> str:
        return identity.bring_did(own, who.id, document, "a-challenge", service.clock.now)

    for wrong in ({"challenge": "another"}, {"domain": "elsewhere.example"}):
        with pytest.raises(InputError):
            bring(presentation(**wrong))
    with pytest.raises(InputError):
        bring({"@context": [V2], "type": ["VerifiablePresentation"], "holder": key.did})
    assert identity.did_of(own, cyd.id, service.clock.now) == first
    assert bring(presentation()) == key.did == bring(presentation())
    assert identity.did_of(own, cyd.id, service.clock.now) == key.did
    with pytest.raises(SigningKeyError):
        identity.held_key(own, cyd.id, service.clock.now)
    with pytest.raises(ConflictError):
        bring(presentation(), member(service, "dan"))


def test_the_key_of_somebody_outside_signs_once_and_is_kept_nowhere(service: Service) -> None:
    key = identity.key_for_once(service.services, service.clock.now)
    kept = service.services.store.member_dids.find(key.did)
    assert kept is not None
    assert (kept.private_key, kept.membership_id) == (None, None)
    made = service.services.verifier.verify_credential(
        signed(service, key), now=service.clock.now, resolvers=service.services.resolvers, proof_only=True
    )
    assert [check.outcome for check in made.checks] == [Outcome.PASSED]
