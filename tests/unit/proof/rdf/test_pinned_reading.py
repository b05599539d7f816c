"""Contexts given inline, compared term by term with the pinned ones, and those of conformance suites."""

from __future__ import annotations

from typing import Any

import pytest

from credserv.ground.errors import RedefinedTermError, UnknownContextError
from credserv.proof.rdf import pinned_reading
from credserv.proof.rdf.inline_contexts import InlineCanonizer
from credserv.proof.rdf.own_terms import KnownTerms, require_used
from credserv.proof.rdf.pinned_reading import _prefixes, has_inline, read_as_pinned
from credserv.proof.rdf.scoped_contexts import ScopedContexts
from tests.testkit.proofs import V2, contexts_with, pinned_contexts

SEC, CRED = "https://w3id.org/security#", "https://www.w3.org/2018/credentials#"
ED2020 = "https://w3id.org/security/suites/ed25519-2020/v1"
V1, URL, X = "https://www.w3.org/2018/credentials/v1", "https://x.example/v1", "https://x.example/#"
PINNED: dict[str, Any] = {
    "x": X,
    "plain": f"{X}plain",
    "ref": {"@id": f"{X}ref", "@type": "@id"},
    "set": {"@id": f"{X}set", "@container": "@set"},
    "back": {"@reverse": f"{X}back"},
    "Thing": {"@id": f"{X}Thing", "@context": {"inner": f"{X}inner", "x": X, "gone": None}},
}
KNOWN = contexts_with({URL: {"@context": PINNED}})
CONTEXTS = ScopedContexts(KNOWN)
TERMS = KnownTerms(map(KNOWN.document, KNOWN.urls))


def read(*inline: Any, named: tuple[Any, ...] = (V1, URL)) -> tuple[list[str], dict[str, str]]:
    document, own = read_as_pinned({"@context": [*named, *inline], "id": "urn:1"}, CONTEXTS, TERMS)
    assert document["id"] == "urn:1"
    return document["@context"], own


def test_which_documents_bring_contexts_along() -> None:
    for context in ({}, [V2, {}], [{}]):
        assert has_inline({"@context": context})
    for context in (V2, [V2], [], None, [[{}]]):
        assert not has_inline({"@context": context})


@pytest.mark.parametrize(
    "inline",
    [
        {},
        {"plain": f"{X}plain"},
        {"plain": {"@id": f"{X}plain"}},
        {"plain": {"@id": "x:plain", "@protected": True}},
        {"@protected": True, "@version": 1.1, "ref": {"@id": f"{X}ref", "@type": "@id"}},
        {"set": {"@id": f"{X}set", "@container": ["@set"]}},
        {"@context": {"plain": f"{X}plain"}},
        {"Thing": {"@id": f"{X}Thing", "@context": {"inner": f"{X}inner", "other": "whatever"}}},
        {"Thing": {"@id": f"{X}Thing", "@context": {"q": X, "inner": "q:inner"}}},
    ],
    ids=str,
)
def test_terms_that_are_the_known_ones_change_nothing(inline: dict[str, Any]) -> None:
    assert read(inline) == ([V1, URL], {})


@pytest.mark.parametrize(
    "inline",
    [
        {"plain": f"{X}other"},
        {"plain": {"@id": f"{X}plain", "@type": "@id"}},
        {"ref": f"{X}ref"},
        {"ref": {"@id": f"{X}ref", "@type": "@vocab"}},
        {"set": f"{X}set"},
        {"set": {"@id": f"{X}set", "@container": "@list"}},
        {"plain": "cred:plain"},
        {"plain": {"@type": "@id"}},
        {"Thing": {"@id": f"{X}Thing", "@context": {"inner": f"{X}other"}}},
        {"Ed25519Signature2020": f"{SEC}Other"},
        {"Thing": {"@id": f"{X}Thing", "@context": {"gone": f"{X}gone"}}},
    ],
    ids=str,
)
def test_a_known_term_with_another_meaning_is_named(inline: dict[str, Any]) -> None:
    with pytest.raises(RedefinedTermError, match=f"the term '{next(iter(inline))}'|the term '(inner|gone)'"):
        read(inline)


@pytest.mark.parametrize(
    ("inline", "why"),
    [
        ({"@base": "https://a.example"}, "@base in a context given inline is not read"),
        ({"@vocab": X}, "@vocab in a context given inline"),
        ({"plain": 7}, "defines 'plain' in a way"),
        ({"plain": None}, "defines 'plain' in a way"),
        ({"plain": {"@id": f"{X}plain", "@language": "en"}}, "defines 'plain' in a way"),
        ({"plain": {"@id": 7}}, "defines 'plain' in a way"),
        ({"ref": {"@id": f"{X}ref", "@type": 7}}, "defines 'ref' in a way"),
        ({"back": f"{X}back"}, "defines 'back' in a way"),
        ({"plain": {"@id": f"{X}plain", "@context": {}}}, "defines 'plain' in a way"),
        ({"Thing": {"@id": f"{X}Thing", "@context": []}}, "is an object, too"),
        ({"Thing": {"@id": f"{X}Thing", "@context": {"@base": None}}}, "@base in a context"),
        ({"@context": ["https://a.example"]}, "is an object, too"),
        ({"validTo": f"{CRED}validUntil"}, "defines 'validTo' in a way"),
    ],
)
def test_what_cannot_be_compared_leaves_the_document_unread(inline: dict[str, Any], why: str) -> None:
    with pytest.raises(UnknownContextError, match=why):
        read(inline)


def test_terms_of_a_suite_are_read_in_its_context() -> None:
    own = {"Ed25519Signature2020": f"{SEC}Ed25519Signature2020"}
    with_scope = {"Ed25519Signature2020": {"@id": f"{SEC}Ed25519Signature2020"}}
    for inline in (own, with_scope):
        assert read(inline) == ([V1, URL, ED2020], {})
    assert read(own, with_scope)[0].count(ED2020) == 1


def test_a_term_of_its_own_is_a_plain_name() -> None:
    assert read({"rank": "https://a.example/rank"}) == ([V1, URL], {"rank": "https://a.example/rank"})
    assert read({"rank": {"@id": "https://a.example/#rank"}})[1] == {"rank": "https://a.example/#rank"}
    with pytest.raises(UnknownContextError, match="defines 'rank'"):
        read({"rank": "https://a.example/other"})
    document = {"type": ["Rank"], "a": [{"rank": 1}], "@context": {"other": 1}}
    require_used(document, {"rank": "", "Rank": "", "a": ""})
    for unused in ("other", "1", "Thing"):
        with pytest.raises(UnknownContextError, match=f"'{unused}', which the document does not use"):
            require_used(document, {"rank": "", unused: ""})


@pytest.mark.parametrize(
    "context",
    [{"plain": f"{X}plain"}, [{}], [V1, {}, 7], [V1, {}, None], [V1, {}, []], [V1, *[{}] * 9]],
    ids=str,
)
def test_inline_contexts_stand_beside_a_known_one(context: Any) -> None:
    with pytest.raises(UnknownContextError, match="beside the URL of a known one"):
        read_as_pinned({"@context": context}, CONTEXTS, TERMS)
    assert read(*[{}] * 8) == ([V1, URL], {})


def test_as_many_terms_are_compared_as_there_may_be() -> None:
    def terms(count: int) -> dict[str, str]:
        return {f"t{number}": f"https://a.example/t{number}" for number in range(count)}

    assert len(read(terms(200))[1]) == 200
    with pytest.raises(UnknownContextError, match="more than 200 terms"):
        read(terms(201))


def nested(levels: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """A pinned context with scopes in scopes, and the same inline."""
    context: dict[str, Any] = {"t": f"{X}t"}
    for _ in range(levels):
        context = {"t": {"@id": f"{X}t", "@context": context}}
    return {"@context": context}, context


@pytest.mark.parametrize("named", [[V1, URL], [V1]])
def test_scopes_are_compared_to_their_depth(named: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a context that the document names, and of one that a suite of proofs has."""
    monkeypatch.setattr(pinned_reading, "SUITE_CONTEXTS", (URL,))
    for levels, fits in ((4, True), (5, False)):
        pinned, inline = nested(levels)
        known = contexts_with({URL: pinned})
        arguments = ScopedContexts(known), KnownTerms(map(known.document, known.urls))
        document = {"@context": [*named, inline]}
        if fits:
            assert read_as_pinned(document, *arguments)[0]["@context"] == [V1, URL]
            continue
        with pytest.raises(UnknownContextError, match="defines 't' in a way"):
            read_as_pinned(document, *arguments)


def test_contexts_of_conformance_suites_stand_for_pinned_ones() -> None:
    canonizer = InlineCanonizer(pinned_contexts())
    plain = {"type": ["VerifiableCredential"], "issuer": "did:example:1", "credentialSubject": {"a": 1}}
    wanted = canonizer.canonize({"@context": [V2, {"a": f"{X}a"}], **plain})
    assert f"<{X}a>" in wanted
    assert canonizer.canonize({"@context": [V2, {"@context": {"a": f"{X}a"}}], **plain}) == wanted
    many = [{"a": f"{X}a", f"t{number}": f"{X}t{number}"} for number in range(7)]
    assert canonizer.canonize({"@context": [V2, *many[:6]], **plain}) == wanted
    with pytest.raises(UnknownContextError):
        canonizer.canonize({"@context": [V2, *many, *many, *[{"b": f"{X}{n}"} for n in range(3)]], **plain})
    canonizer.require_contexts({"@context": {"@vocab": X}})


def test_only_what_ends_in_a_delimiter_abbreviates_others() -> None:
    """JSON-LD 1.1, section 4.4, of a plain term."""
    assert _prefixes({"a": f"{X}", "b": "https://b.example/", "c": "https://c.example", "d": {}}) == {
        "a": X,
        "b": "https://b.example/",
    }


def test_why_contexts_do_not_go_together_is_told() -> None:
    known = contexts_with({URL: {"@context": {"type": f"{X}type"}}})
    with pytest.raises(UnknownContextError, match="cannot be used together: protected term redefinition"):
        ScopedContexts(known).root((V2, URL))


def test_terms_that_are_the_known_ones_count_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pinned_reading, "_MAX_TERMS", 6)
    thing = {"Thing": {"@id": f"{X}Thing", "@context": {"inner": f"{X}inner"}}}
    assert read(thing, thing, thing) == ([V1, URL], {})
    with pytest.raises(UnknownContextError, match="more than 6 terms"):
        read(thing, thing, thing, {"plain": f"{X}plain"})
