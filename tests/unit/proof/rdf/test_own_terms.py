"""Terms of a document's own: what may be brought along, and that nothing known hides behind it."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from credserv.ground.errors import InputError, InvalidSignatureError, ProofError, UnknownContextError
from credserv.proof.rdf.canonize import Canonizer
from credserv.proof.rdf.own_terms import KnownTerms
from tests.testkit.proofs import badge, canonizer, issuer, pinned_contexts, verify

EXAMPLE = "https://example.org/terms#"
KNOWN = KnownTerms(map(pinned_contexts().document, pinned_contexts().urls - pinned_contexts().of_others))
BY = issuer()


@pytest.mark.parametrize(
    ("name", "definition"),
    [
        ("alumniOf", "https://www.example.org/alumniOf"),
        ("shoeSize", {"@id": f"{EXAMPLE}shoeSize"}),
        ("description", "https://schema.org/description"),  # as data model 2.0 has it, plainly
    ],
)
def test_a_plain_name_for_an_iri_that_ends_in_it_is_free(name: str, definition: Any) -> None:
    assert KNOWN.is_free(name, definition)


@pytest.mark.parametrize(
    ("name", "definition"),
    [
        ("size", f"{EXAMPLE}shoeSize"),  # another name could be chosen under the same signature
        ("validUntil", f"{EXAMPLE}validUntil"),  # known, and of another meaning
        ("foo", "https://www.w3.org/2018/credentials#validUntil"),  # would hide an end
        ("expirationDate", "https://www.w3.org/2018/credentials#expirationDate"),  # known with a datatype
        ("achievement", f"{EXAMPLE}achievement"),
        ("shoeSize", {"@id": f"{EXAMPLE}shoeSize", "@type": "@id"}),
        ("shoeSize", {"@id": f"{EXAMPLE}shoeSize", "@context": {}}),
        ("shoeSize", {"@reverse": f"{EXAMPLE}shoeSize"}),
        ("kind", "@type"),
        ("me", "@id"),
        ("terms", EXAMPLE),  # would abbreviate others
        ("ex:shoeSize", "https://example.org/ex:shoeSize"),
        ("shoeSize", "urn:shoeSize"),
        ("shoeSize", "/shoeSize"),
        ("shoeSize", None),
        ("shoeSize", 7),
    ],
)
def test_what_could_hide_something_is_not_free(name: str, definition: Any) -> None:
    assert not KNOWN.is_free(name, definition)


def test_a_term_that_is_known_with_a_datatype_is_not_free_without() -> None:
    iri = f"{EXAMPLE}shoeSize"
    for definition, is_free in ((iri, True), ({"@id": iri}, True), ({"@id": iri, "@type": "@id"}, False)):
        known = KnownTerms([{"@context": {"shoeSize": definition}}])
        assert known.is_free("shoeSize", iri) is is_free


def test_an_address_of_a_known_term_is_not_abbreviated_by_its_scheme() -> None:
    """JSON-LD 1.1 API, section 5.2.2, step 6.2: what goes on with two slashes is written out."""
    known = KnownTerms([{"@context": {"https": "https://x.example/#", "shoeSize": f"{EXAMPLE}shoeSize"}}])
    assert known.is_free("shoeSize", f"{EXAMPLE}shoeSize")


def test_every_term_of_every_pinned_context_is_known() -> None:
    """Under a foreign IRI none of them is free, wherever it is defined."""
    document = pinned_contexts().document("https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json")
    scoped = document["@context"]["Achievement"]["@context"]
    for name in (*document["@context"], *scoped):
        assert not KNOWN.is_free(name, EXAMPLE + name)


def own(**terms: str) -> dict[str, Any]:
    """A badge that brings terms along and uses them."""
    document = badge(BY)
    document["@context"].append({name: EXAMPLE + name for name in terms})
    document["credentialSubject"] |= terms
    return document


def test_a_document_is_signed_and_verified_with_terms_of_its_own() -> None:
    signed = BY.sign(own(shoeSize="44"))
    assert f'<{EXAMPLE}shoeSize> "44"' in canonizer().canonize(
        {k: v for k, v in signed.items() if k != "proof"}
    )
    assert verify(signed, controller=BY.did)
    wrapped = copy.deepcopy(signed)
    wrapped["@context"][-1] = {"@context": wrapped["@context"][-1]}
    assert verify(wrapped, controller=BY.did)


@pytest.mark.parametrize("value", ["45", ["44", "45"], None])
def test_an_altered_value_of_an_own_term_does_not_verify(value: Any) -> None:
    signed = BY.sign(own(shoeSize="44"))
    signed["credentialSubject"]["shoeSize"] = value
    with pytest.raises((ProofError, InputError)):
        verify(signed, controller=BY.did)


def test_attack_01_an_own_term_added_to_a_signed_document_breaks_its_signature() -> None:
    signed = BY.sign(badge(BY))
    signed["@context"].append({"clearance": f"{EXAMPLE}clearance"})
    signed["credentialSubject"]["clearance"] = "TOP"
    with pytest.raises(InvalidSignatureError):
        verify(signed, controller=BY.did)


def test_attack_08_an_own_term_that_is_not_used_is_refused() -> None:
    signed = BY.sign(badge(BY))
    signed["@context"].append({"clearance": f"{EXAMPLE}clearance"})
    with pytest.raises(UnknownContextError, match="does not use"):
        verify(signed, controller=BY.did)


def test_attack_09_a_known_member_does_not_hide_behind_an_own_term() -> None:
    document = badge(BY) | {"validUntil": "2020-01-01T00:00:00Z"}
    signed = BY.sign(document)
    signed["@context"].append({"foo": {"@id": "https://www.w3.org/2018/credentials#validUntil"}})
    signed["foo"] = {"type": "http://www.w3.org/2001/XMLSchema#dateTime", "@value": signed.pop("validUntil")}
    with pytest.raises(UnknownContextError):
        verify(signed, controller=BY.did)


def test_attack_09_an_own_term_is_not_renamed() -> None:
    signed = BY.sign(own(shoeSize="44"))
    signed["@context"][-1] = {"age": f"{EXAMPLE}shoeSize"}
    signed["credentialSubject"]["age"] = signed["credentialSubject"].pop("shoeSize")
    with pytest.raises(UnknownContextError):
        verify(signed, controller=BY.did)


def test_documents_that_bring_much_along_are_bounded() -> None:
    many = Canonizer(pinned_contexts())
    for number in range(6):
        document = badge(BY)
        document["@context"].append({f"term{number}": f"{EXAMPLE}term{number}"})
        document["credentialSubject"][f"term{number}"] = "x"
        assert f"term{number}" in many.canonize(document)
    assert many._with_terms.cache_info().currsize <= 4
    document["@context"].append({f"more{number}": f"{EXAMPLE}more{number}" for number in range(300)})
    with pytest.raises(UnknownContextError, match="more than"):
        many.canonize(document)


def test_terms_of_others_are_known_where_a_context_of_theirs_is_named() -> None:
    reader = canonizer()
    other = min(reader.contexts.of_others)
    usual = reader._known_beside({"@context": ["https://www.w3.org/ns/credentials/v2"]})
    assert reader._known_beside({"@context": other}) is usual
    assert reader._known_beside({"@context": [other]}) is not usual
