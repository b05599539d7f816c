"""What was signed by a context that its publisher has changed since, under the same address."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from credserv.ground.errors import InvalidSignatureError, UndefinedTermError
from credserv.ground.json_types import JsonObject
from credserv.proof.data_integrity.eddsa_rdfc_2022 import EddsaRdfc2022
from credserv.proof.data_integrity.suites import build_suites
from credserv.proof.rdf.canonize import Canonizer
from tests.testkit.proofs import badge, issuer, pinned_contexts, suites, verify
from tests.testkit.verifying import Hosts
from tests.testkit.why import why

V1 = "https://www.w3.org/2018/credentials/v1"
CHANGED = "https://purl.imsglobal.org/spec/ob/v3p0/context.json"
ISSUER = issuer()
OPTIONS = {
    "type": "DataIntegrityProof",
    "cryptosuite": "eddsa-rdfc-2022",
    "created": "2023-04-13T21:00:48Z",
    "verificationMethod": ISSUER.method,
    "proofPurpose": "assertionMethod",
}


@cache
def of_then() -> Canonizer:
    """A canonizer by what the addresses served then, as issuers had it."""
    return Canonizer(pinned_contexts().as_formerly())


def unsigned(**changes: Any) -> dict[str, Any]:
    """A badge in terms that both contexts define."""
    subject = {
        "id": "did:example:pat",
        "type": ["AchievementSubject"],
        "achievement": {
            "id": "urn:uuid:1",
            "type": ["Achievement"],
            "name": "Mentor",
            "description": "Has guided three colleagues.",
            "criteria": {"type": "Criteria", "narrative": "Three observed sessions."},
        },
    }
    whole = badge(ISSUER)
    return {
        "@context": [V1, CHANGED, "https://w3id.org/security/data-integrity/v2"],
        "id": whole["id"],
        "type": whole["type"],
        "name": whole["name"],
        "issuer": {"id": ISSUER.did, "type": ["Profile"], "name": "Example Academy"},
        "issuanceDate": "2023-04-13T21:00:48Z",
        "credentialSubject": subject,
    } | changes


def signed_then(document: JsonObject) -> dict[str, Any]:
    return {**document, "proof": EddsaRdfc2022(of_then()).create_proof(document, OPTIONS, ISSUER.signer)}


def signed_now(document: JsonObject) -> dict[str, Any]:
    return {**document, "proof": suites()["eddsa-rdfc-2022"].create_proof(document, OPTIONS, ISSUER.signer)}


def test_a_badge_that_was_signed_by_the_former_context_is_genuine() -> None:
    then, now = signed_then(unsigned()), signed_now(unsigned())
    assert then["proof"]["proofValue"] != now["proof"]["proofValue"]
    for document in (then, now):
        result = Hosts().verify(document)
        assert result.verified, result.checks
    with pytest.raises(InvalidSignatureError):
        verify(now, suites=build_suites(of_then()))


def test_a_change_to_it_is_found_under_either_context() -> None:
    for signed in (signed_then, signed_now):
        document = signed(unsigned())
        for changed in (
            document | {"issuanceDate": "2023-04-14T21:00:48Z"},
            document | {"name": "Master"},
            document | {"credentialSubject": document["credentialSubject"] | {"id": "did:example:eve"}},
            document | {"expirationDate": "2033-04-14T21:00:48Z"},
        ):
            assert why(Hosts().verify(changed)) == {"proof: invalid-signature"}


def test_a_term_that_only_one_context_defines_is_refused_by_the_other() -> None:
    achievement = unsigned()["credentialSubject"]["achievement"]
    tagged = unsigned(
        credentialSubject=unsigned()["credentialSubject"] | {"achievement": achievement | {"tags": "a"}}
    )
    document = signed_then(tagged)
    with pytest.raises(UndefinedTermError):
        verify(document)
    assert why(Hosts().verify(document)) >= {"proof: undefined-term"}


def test_the_former_context_counts_at_its_own_address_alone() -> None:
    context = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.1.json"
    then = signed_then(unsigned())
    other = then | {"@context": [V1, context, "https://w3id.org/security/data-integrity/v2"]}
    assert why(Hosts().verify(other)) >= {"proof: invalid-signature"}


def test_attack_12_a_second_subject_of_the_same_name_is_refused_under_the_former_context() -> None:
    """Its IRI was another one then, which the fast reading does not look for."""
    again = {"id": "did:example:pat", "type": ["AchievementSubject"], "name": "Pat"}
    for place in ("issuer", "evidence"):
        held = {"id": "https://badges.example/e", "type": ["Evidence"], "creator": again}
        member = unsigned()["issuer"] | {"endorsement": again} if place == "issuer" else held
        with pytest.raises(UndefinedTermError):
            verify(unsigned(**{place: member}) | {"proof": signed_then(unsigned())["proof"]})


def test_only_that_address_has_a_former_text() -> None:
    assert set(pinned_contexts().former) == {CHANGED}
    assert pinned_contexts().as_formerly().former == {}
