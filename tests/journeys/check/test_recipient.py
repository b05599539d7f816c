"""A reader asks whether what they were given is about the person before them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from credserv.ground.verification import Outcome, Verdict
from credserv.journeys.check.check import Checked, Question, check
from credserv.journeys.trust.refresh import add_issuer
from credserv.records.trust import TrustedIssuerRecord
from tests.testkit.proofs import NOW, V2, badge, issuer
from tests.testkit.service import Service, make_service
from tests.testkit.verifying import Hosts
from tests.testkit.why import why
from tests.unit.openbadges.test_recipient import salted
from tests.unit.verifying.checks.test_nested import SECOND, record

ALICE, BOB = issuer(1), issuer(2)
SAM, KIM = "sam@example.org", "kim@example.org"


@pytest.fixture
def service(tmp_path: Path) -> Service:
    return make_service(f"sqlite:///{tmp_path / 'credserv.sqlite'}", tmp_path, fetcher=Hosts())


def of(address: str, identifier: str = SECOND) -> dict[str, Any]:
    document = badge(ALICE, id=identifier)
    del document["credentialStatus"]
    document["credentialSubject"]["identifier"] = [salted(address)]
    return ALICE.sign(document)


def asked(service: Service, document: dict[str, Any], recipient: str | None) -> Checked:
    data, question = json.dumps(document).encode(), Question(recipient=recipient)
    return check(service.services, data=data, url=None, now=NOW, question=question)


def answer(found: Checked) -> Outcome | None:
    made = found.result.check("recipient")
    return made.outcome if made else None


def test_nobody_is_asked_about_who_was_not_asked_for(service: Service) -> None:
    found = asked(service, of(SAM), None)
    assert answer(found) is None
    assert found.result.verified


def test_the_answer_decides(service: Service) -> None:
    for recipient, outcome, verdict in (
        (SAM, Outcome.PASSED, Verdict.ISSUER_UNKNOWN),
        (KIM, Outcome.FAILED, Verdict.NOT_VERIFIED),
        (BOB.did, Outcome.UNKNOWN, Verdict.NOT_CHECKED),
    ):
        found = asked(service, of(SAM), recipient)
        assert (answer(found), found.verdict) == (outcome, verdict)


def test_a_record_with_a_credential_of_another_person_is_not_the_ones(service: Service) -> None:
    for address, outcome in ((SAM, Outcome.PASSED), (KIM, Outcome.FAILED)):
        subject = {"identifier": [salted(SAM)], "type": ["ClrSubject"], "verifiableCredential": [of(address)]}
        found = asked(service, record(credentialSubject=subject), SAM)
        assert answer(found) is outcome
        assert answer(found.within[0]) is outcome


def test_a_credential_in_a_record_that_names_nobody_comparable_stands_against_nothing(
    service: Service,
) -> None:
    subject = {"id": BOB.did, "type": ["ClrSubject"], "verifiableCredential": [of(SAM)]}
    found = asked(service, record(credentialSubject=subject), BOB.did)
    assert answer(found) is Outcome.PASSED
    assert answer(found.within[0]) is Outcome.UNKNOWN
    assert found.within[0].result.verified
    assert found.result.verified


def test_nobody_makes_a_credential_theirs_by_a_record_of_their_own(service: Service) -> None:
    """Of somebody named by a DID, in a record that its holder signed with a key of their own."""
    anothers = badge(ALICE, id=SECOND)
    del anothers["credentialStatus"], anothers["credentialSubject"]["identifier"]
    anothers["credentialSubject"]["id"] = "did:example:somebody"
    held = [ALICE.sign(anothers)]
    subject = {"identifier": [salted(SAM)], "type": ["ClrSubject"], "verifiableCredential": held}
    own = asked(service, record(by=BOB, credentialSubject=subject), SAM)
    assert (answer(own), answer(own.within[0])) == (Outcome.UNKNOWN, Outcome.UNKNOWN)
    assert (own.verdict, own.within[0].verdict) == (Verdict.NOT_CHECKED, Verdict.NOT_CHECKED)
    theirs = asked(service, record(by=ALICE, credentialSubject=subject), SAM)
    assert theirs.result.verified
    assert theirs.within[0].result.verified
    registrar = TrustedIssuerRecord(BOB.did, "Registrar")
    add_issuer(service.services, "", registrar, actor="a test", now=NOW)
    known = asked(service, record(by=BOB, credentialSubject=subject), SAM)
    assert known.verdict is Verdict.VERIFIED
    assert known.within[0].result.verified


def test_of_a_presentation_every_credential_is_asked(service: Service) -> None:
    for second, outcome in ((SAM, Outcome.PASSED), (KIM, Outcome.FAILED)):
        presentation = {
            "@context": [V2],
            "type": ["VerifiablePresentation"],
            "holder": BOB.did,
            "verifiableCredential": [of(SAM), of(second, "https://badges.example/credentials/3")],
        }
        signed = presentation | {"proof": BOB.prove(presentation, proofPurpose="authentication")}
        found = asked(service, signed, SAM)
        assert answer(found) is outcome
        assert found.result.verified is (outcome is Outcome.PASSED)
        assert found.result.check("issuer_trusted") is None


def test_a_forged_credential_is_about_nobody(service: Service) -> None:
    found = asked(service, of(SAM) | {"name": "Changed"}, SAM)
    assert answer(found) is None
    assert found.verdict is Verdict.NOT_VERIFIED
    assert why(found) == {"proof: invalid-signature"}
