"""No context that is carried gives a second name to what decides (found H4)."""

from __future__ import annotations

from typing import Any

import pytest

from credserv.ground.errors import UndefinedTermError
from credserv.proof.rdf.second_names import second_names
from tests.testkit.proofs import badge, canonizer, issuer, pinned_contexts

V1 = "https://www.w3.org/2018/credentials/v1"
# As a type it would be one that no reader knows, and as a member it holds a whole credential.
KNOWN = {"boostCredential": "https://www.w3.org/2018/credentials#VerifiableCredential"}
OTHERS = {
    "https://w3id.org/citizenship/v1": "PermanentResidentCard",
    "https://w3id.org/citizenship/v2": "PermanentResidentCard",
    "https://w3id.org/citizenship/v3": "PermanentResidentCard",
    "https://w3id.org/citizenship/v4rc1": "PermanentResidentCardCredential",
    "https://w3id.org/vdl/v1": "Iso18013DriversLicenseCredential",
    "https://w3id.org/security/bbs/v1": "BbsBlsSignature2020",
    "https://w3id.org/vaccination/v1": "VaccinationCertificate",
    "https://w3id.org/traceability/v1": "Product",
    "https://www.w3.org/2018/credentials/examples/v1": "UniversityDegreeCredential",
    "https://ctx.learncard.com/boosts/1.0.0.json": "BoostCredential",
    "https://ctx.learncard.com/boosts/1.0.3.json": "BoostCredential",
    "https://w3c-ccg.github.io/vc-ed/plugfest-1-2022/jff-vc-edu-plugfest-1-context.json": "Achievement",
}


@pytest.mark.parametrize(
    "url", [*OTHERS, "https://w3id.org/vdl/aamva/v1", "https://www.w3.org/ns/odrl.jsonld"]
)
def test_found_h4_no_context_that_is_carried_has_a_second_name(url: str) -> None:
    contexts = pinned_contexts()
    known = [contexts.document(other) for other in contexts.urls if other != url and other not in OTHERS]
    found = second_names(contexts.document(url), known)
    if url == "https://www.w3.org/ns/odrl.jsonld":
        assert found == {"uid": "@id"}  # refused where a document uses it
    else:
        assert {name: iri for name, iri in found.items() if name not in KNOWN} == {}


def test_found_h4_an_id_under_another_name_is_refused() -> None:
    document = badge(issuer(1)) | {"@context": [V1, "https://www.w3.org/2018/credentials/examples/v1"]}
    plain: dict[str, Any] = {
        "@context": document["@context"],
        "type": ["VerifiableCredential", "UniversityDegreeCredential"],
        "issuer": "did:example:issuer",
        "issuanceDate": "2026-01-01T00:00:00Z",
        "credentialSubject": {"id": "did:example:1", "alumniOf": "Example University"},
    }
    assert "alumniOf" in canonizer().canonize(plain)
    for change in ({"uid": "urn:uuid:1"}, {"credentialSubject": {"uid": "did:example:1"}}):
        with pytest.raises(UndefinedTermError):
            canonizer().canonize(plain | change)


@pytest.mark.parametrize("url", OTHERS)
def test_found_h4_documents_in_contexts_of_others_are_read(url: str) -> None:
    document = {
        "@context": [V1, url],
        "type": ["VerifiableCredential", OTHERS[url]],
        "issuer": "did:example:issuer",
        "issuanceDate": "2026-01-01T00:00:00Z",
        "credentialSubject": {"id": "did:example:1"},
    }
    canonical = canonizer().canonize(document)
    assert canonical.count("22-rdf-syntax-ns#type") == 2
    with pytest.raises(UndefinedTermError):
        canonizer().canonize({**document, "@graph": []})


@pytest.mark.parametrize(
    ("definition", "name"),
    [
        ("https://www.w3.org/2018/credentials#expirationDate", "ends"),
        ({"@id": "https://www.w3.org/2018/credentials#credentialStatus", "@type": "@id"}, "state"),
        ("@id", "uid"),
        ("@type", "kind"),
    ],
)
def test_found_h4_a_second_name_is_found_wherever_it_stands(definition: Any, name: str) -> None:
    known = [pinned_contexts().document(V1)]
    c = "https://www.w3.org/2018/credentials#"
    for context in (
        {name: definition},
        [{}, {name: definition}],
        {"Outer": {"@id": "https://a.example/o", "@context": {name: definition}}},
        {"c": c, name: definition.replace(c, "c:") if isinstance(definition, str) else definition},
        {"other": definition, name: "other"},
    ):
        assert name in second_names({"@context": context}, known), context
