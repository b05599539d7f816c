"""No context that is carried gives a second name to what decides (found H4)."""

from __future__ import annotations

from typing import Any

import pytest

from credserv.ground.errors import InputError, UndefinedTermError
from credserv.proof.rdf.second_names import decisive_vocabularies, redefined_names, second_names
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


@pytest.mark.parametrize("length", [1, 4, 5, 40])
def test_found_h4_a_chain_of_prefixes_hides_no_second_name(length: int) -> None:
    chain = {"p0": "https://www.w3.org/2018/credentials#"}
    chain |= {f"p{number}": f"p{number - 1}:" for number in range(1, length)}
    known = [pinned_contexts().document(V1)]
    document = {"@context": chain | {"ends": f"p{length - 1}:expirationDate"}}
    assert second_names(document, known)["ends"] == "https://www.w3.org/2018/credentials#expirationDate"
    names = {f"t{number}": f"t{number - 1}" for number in range(1, length)} | {"t0": "@id"}
    assert second_names({"@context": names | {"uid": f"t{length - 1}"}}, known)["uid"] == "@id"


def test_a_chain_without_measure_is_refused_and_not_followed() -> None:
    chain = {f"p{number}": f"p{number - 1}:" for number in range(1, 2_000)}
    with pytest.raises(InputError, match="more than 100 others"):
        second_names({"@context": chain}, [pinned_contexts().document(V1)])


def test_names_that_go_round_in_a_circle_come_to_an_end() -> None:
    document = {"@context": {"a": "b:", "b": "a:", "c": "a:x", "d": "e", "e": "d", "f": "f"}}
    assert second_names(document, [pinned_contexts().document(V1)]) == {}


@pytest.mark.parametrize(
    ("context", "found"),
    [
        ({"id": "@id", "type": "@type"}, {}),
        ({"expirationDate": "https://www.w3.org/2018/credentials#expirationDate"}, {}),
        ({"ends": "https://www.w3.org/2018/credentials#unknown"}, {}),
        ({"ends": "https://a.example/#expirationDate"}, {}),
        ({"id": "@type"}, {"id": "@type"}),
        (
            {"https": "https://a.example/", "ends": "https://www.w3.org/2018/credentials#expirationDate"},
            {"ends": "https://www.w3.org/2018/credentials#expirationDate"},  # //: no prefix before it
        ),
        ({"ends": {"@type": "@id"}, "x": {"@id": None}, "y": None, "z": {"@id": 7}}, {}),
    ],
)
def test_which_names_are_second_ones(context: Any, found: dict[str, str]) -> None:
    assert second_names({"@context": context}, [pinned_contexts().document(V1)]) == found


def test_members_that_every_reader_goes_by_keep_their_meaning() -> None:
    known = [pinned_contexts().document(V1)]
    c = "https://www.w3.org/2018/credentials#"
    for same in (
        {"issuer": {"@id": f"{c}issuer", "@type": "@id"}},
        {"c": c, "issuer": "c:issuer"},
        {"other": None},
    ):
        assert redefined_names({"@context": same}, known) == set()
    for other in (None, "https://a.example/#issuer", f"{c}holder", {"@type": "@id"}, {"@id": None}):
        assert redefined_names({"@context": {"issuer": other}}, known) == {"issuer"}
        scoped = {"Card": {"@id": "https://a.example/#Card", "@context": {"issuer": other}}}
        assert redefined_names({"@context": scoped}, known) == {"issuer"}


def test_a_vocabulary_that_is_no_text_is_decisive() -> None:
    assert decisive_vocabularies({"@context": {"@vocab": 7}}) == {"7"}


def test_each_definition_of_a_name_is_followed() -> None:
    """One that is complete, or was seen before, ends no other."""
    ends = "https://www.w3.org/2018/credentials#expirationDate"
    rounds: dict[str, Any] = {f"p{number}": f"q{number}:" for number in range(9)}
    rounds |= {f"q{number}": f"p{number}:" for number in range(9)}
    around = [{"ends": f"p{number}:x"} for number in range(9)]
    document = {"@context": [*around, {"ends": ends}, rounds]}
    assert second_names(document, [pinned_contexts().document(V1)])["ends"] == ends
    plain: list[Any] = [{"ends": f"https://a.example/{number}"} for number in range(9)]
    for context in ([*plain, {"ends": "b:expirationDate"}], [{"ends": "b:expirationDate"}, *plain]):
        document = {"@context": [*context, {"b": "https://www.w3.org/2018/credentials#"}]}
        assert second_names(document, [pinned_contexts().document(V1)])["ends"] == ends
