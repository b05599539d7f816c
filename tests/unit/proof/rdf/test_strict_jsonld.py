"""What a document may say so that its signature covers all of it: each rule, told with its place."""

from __future__ import annotations

from typing import Any

import pytest

from credserv.ground.errors import (
    InputError,
    TooComplexError,
    UndefinedTermError,
    UnfaithfulValueError,
    UnknownContextError,
    UnsignableAddressError,
)
from credserv.proof.rdf import strict_jsonld
from credserv.proof.rdf.scoped_contexts import ScopedContexts
from credserv.proof.rdf.strict_jsonld import StrictDocument, context_urls, decisive_nodes, embedded_urls
from tests.testkit.proofs import V2, contexts_with

X, XSD = "https://x.example/#", "http://www.w3.org/2001/XMLSchema#"
V1, URL = "https://www.w3.org/2018/credentials/v1", "https://x.example/v1"
TERMS: dict[str, Any] = {
    "x": X,
    "Thing": f"{X}Thing",
    "kind": "@type",
    "plain": f"{X}plain",
    "ref": {"@id": f"{X}ref", "@type": "@id"},
    "voc": {"@id": f"{X}voc", "@type": "@vocab"},
    "number": {"@id": f"{X}number", "@type": f"{XSD}integer"},
    "truth": {"@id": f"{X}truth", "@type": f"{XSD}boolean"},
    "json": {"@id": f"{X}json", "@type": "@json"},
    "list": {"@id": f"{X}list", "@container": "@list"},
    "graph": {"@id": f"{X}graph", "@container": "@graph"},
    "index": {"@id": f"{X}index", "@container": "@index"},
    "back": {"@reverse": f"{X}back"},
    "none": None,
    "x:none": None,
}
CONTEXTS = ScopedContexts(contexts_with({URL: {"@context": TERMS}}))


def check(**members: Any) -> StrictDocument:
    strict = StrictDocument(CONTEXTS)
    strict.check({"@context": [V2, URL], "type": ["VerifiableCredential", "Thing"]} | members)
    return strict


TEXT = {"@value": "a", "@language": "en"}


@pytest.mark.parametrize(
    "members",
    [
        {"id": "urn:1", "plain": "a", "number": 5, "truth": True, "ref": "urn:2", "voc": "Thing"},
        {"plain": [1, 1.5, True, "1", "a"], "ref": ["urn:1", "urn:2"]},
        {"plain": [2**53 - 1, -(2**53) + 1]},
        {"list": ["a", "a"]},
        {"plain": TEXT},
        {"plain": [TEXT, TEXT | {"@language": "de"}, TEXT | {"@direction": "rtl"}, TEXT | {"@value": "b"}]},
        {"plain": [{"id": "urn:1"}, {"id": "urn:2"}, {"plain": 1}, {"plain": 1}]},
        {"voc": f"{X}other"},
        {"type": ["VerifiableCredential", f"{X}Other"]},
        {"graph": {"id": "urn:1", "plain": "a"}},
        {"ref": "https://a.example/b"},
        {"plain": {"type": "Thing", "plain": {"type": ["Thing"]}}},
    ],
    ids=str,
)
def test_what_is_signed_in_full(members: dict[str, Any]) -> None:
    assert check(**members).nodes >= 1


def test_json_is_kept_in_its_canonical_form() -> None:
    assert check(json={"b": 1, "a": [None]}).json_literals == {'{"a":[null],"b":1}'}
    assert check(json=None).json_literals == {"null"}
    with pytest.raises(InputError, match="no canonical form as JSON"):
        check(json=2**60)


@pytest.mark.parametrize(
    ("members", "error", "place", "why"),
    [
        ({"unknown": 1}, UndefinedTermError, "/unknown", "the term 'unknown' is defined by none"),
        ({"none": 1}, UndefinedTermError, "/none", "the term 'none' is defined by none"),
        ({"@graph": []}, UndefinedTermError, "/@graph", "the term '@graph' is defined by none"),
        ({"none": None}, UndefinedTermError, "/none", "the term 'none' is defined by none"),
        ({"id": None}, UndefinedTermError, "/id", ""),
        ({"plain": [None]}, UndefinedTermError, "/plain/0", "a null, or an array in an array"),
        ({"plain": [["a"]]}, UndefinedTermError, "/plain/0", "a null, or an array in an array"),
        ({"kind": ["Thing"]}, UndefinedTermError, "/kind", "says type under another name"),
        ({"index": {}}, UndefinedTermError, "/index", "of a kind that is not signed in full"),
        ({"back": {"id": "urn:1"}}, UndefinedTermError, "/back", "of a kind that is not signed in full"),
        ({"type": []}, InputError, "/type", "an empty list of types"),
        ({"type": ["Thing", "Thing"]}, UnfaithfulValueError, "/type", "the same type twice"),
        ({"type": 7}, UndefinedTermError, "/type", "a type is a string"),
        ({"type": ["Thing", 7]}, UndefinedTermError, "/type", "a type is a string"),
        ({"type": ["Other"]}, UndefinedTermError, "/type", "the type 'Other' is defined by none"),
        ({"type": ["none"]}, UndefinedTermError, "/type", "cannot be used as a type"),
        ({"type": ["x:none"]}, UndefinedTermError, "/type", "cannot be used as a type"),
        ({"type": [f"{X}Thing"]}, UndefinedTermError, "/type", "must be written as its term"),
        ({"type": ["x:Other"]}, UndefinedTermError, "/type", "an abbreviated IRI"),
        ({"voc": 7}, UnfaithfulValueError, "/voc", "of another JSON type"),
        ({"voc": "other"}, UndefinedTermError, "/voc", "the value 'other' is defined by none"),
        ({"voc": f"{X}Thing"}, UndefinedTermError, "/voc", "the value 'https://x.example/#Thing' must"),
        ({"id": "alice"}, UndefinedTermError, "/id", "not an absolute IRI: 'alice'"),
        ({"id": 7}, UndefinedTermError, "/id", "not an absolute IRI: '7'"),
        ({"id": "x:1"}, UndefinedTermError, "/id", "an abbreviated IRI"),
        ({"id": "https://a.example/ä b"}, InputError, "/id", "not an absolute IRI"),
        ({"ref": 7}, UndefinedTermError, "/ref", "not an absolute IRI: '7'"),
        ({"ref": ["urn:1", "urn:1"]}, UnfaithfulValueError, "/ref/1", "the same value twice"),
        ({"plain": [1, 1]}, UnfaithfulValueError, "/plain/1", "the same value twice"),
        ({"plain": [True, True]}, UnfaithfulValueError, "/plain/1", "the same value twice"),
        (
            {"plain": [TEXT, TEXT | {"@language": "EN"}]},
            UnfaithfulValueError,
            "/plain/1",
            "the same value twice",
        ),
        (
            {"plain": [{"id": "urn:1"}, {"id": "urn:1"}]},
            UnfaithfulValueError,
            "/plain/1",
            "the same value twice",
        ),
        ({"graph": {"id": "urn:1"}}, UndefinedTermError, "/graph", "a mere reference here would be lost"),
        ({"graph": "urn:1"}, UndefinedTermError, "/graph", "a mere reference here would be lost"),
        ({"plain": 2**53}, UnfaithfulValueError, "/plain", "of another JSON type, or not exactly"),
        ({"plain": -(2**53)}, UnfaithfulValueError, "/plain", "of another JSON type, or not exactly"),
        (
            {"plain": 0.1234567890123456789e-5},
            UnfaithfulValueError,
            "/plain",
            "of another JSON type, or not exactly",
        ),
        ({"plain": float("inf")}, UnfaithfulValueError, "/plain", "of another JSON type, or not exactly"),
        ({"plain": float("nan")}, UnfaithfulValueError, "/plain", "of another JSON type, or not exactly"),
        ({"plain": 10**400}, UnfaithfulValueError, "/plain", "of another JSON type, or not exactly"),
        ({"number": "5"}, UnfaithfulValueError, "/number", "of another JSON type"),
        ({"number": True}, UnfaithfulValueError, "/number", "of another JSON type"),
        ({"truth": "true"}, UnfaithfulValueError, "/truth", "of another JSON type"),
        ({"truth": 1}, UnfaithfulValueError, "/truth", "of another JSON type"),
        ({"plain": "\ud800"}, InputError, "/plain", "half of a surrogate pair"),
        ({"plain": {"@value": "a"}}, UndefinedTermError, "/plain", "a value object other than"),
        ({"plain": TEXT | {"@type": "x"}}, UndefinedTermError, "/plain", "a value object other than"),
        ({"plain": TEXT | {"@value": 7}}, UndefinedTermError, "/plain", "a value object other than"),
        ({"plain": TEXT | {"@value": "\ud800"}}, UndefinedTermError, "/plain", "a value object other than"),
        ({"plain": TEXT | {"@language": "e n"}}, UndefinedTermError, "/plain/@language", "not a language"),
        ({"plain": TEXT | {"@language": 7}}, UndefinedTermError, "/plain/@language", "not a language"),
        ({"plain": TEXT | {"@direction": "up"}}, UndefinedTermError, "/plain/@direction", "not a direction"),
        ({"a/b~": 1}, UndefinedTermError, "/a~1b~0", "is defined by none"),
    ],
)
def test_what_a_signature_would_not_cover(
    members: dict[str, Any], error: type[InputError], place: str, why: str
) -> None:
    with pytest.raises(error) as told:
        check(**members)
    assert why in told.value.detail
    assert [fault.place for fault in told.value.faults] == [place]


def test_a_vocabulary_gives_a_meaning_to_plain_names_alone() -> None:
    contexts = ScopedContexts(contexts_with({URL: {"@context": {"@vocab": X}}}))
    document = {"@context": [V2, URL], "type": ["VerifiableCredential", "Thing"]}
    StrictDocument(contexts).check(document | {"anything": "a"})
    with pytest.raises(UndefinedTermError):  # what is a name already keeps its meaning
        StrictDocument(contexts).check(document | {"id": "no address"})
    for name in ("some:thing", "@thing"):
        with pytest.raises(UndefinedTermError):
            StrictDocument(contexts).check(document | {name: "a"})


def test_an_address_with_letters_that_no_iri_has_is_told_as_such() -> None:
    with pytest.raises(UnsignableAddressError):
        check(ref="https://a.example/a b")
    with pytest.raises(UndefinedTermError) as told:
        check(ref="no address")
    assert not isinstance(told.value, UnsignableAddressError)


def test_objects_and_levels_have_their_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strict_jsonld, "MAX_NODES", 3)
    assert check(plain=[{"plain": 1}, {"plain": 2}]).nodes == 3
    with pytest.raises(TooComplexError):
        check(plain=[{"plain": 1}, {"plain": 2}, {"plain": 3}])
    monkeypatch.undo()
    monkeypatch.setattr(strict_jsonld, "MAX_DEPTH", 2)
    check(plain={"plain": {"plain": "a"}})
    with pytest.raises(TooComplexError):
        check(plain={"plain": {"plain": {"plain": "a"}}})


@pytest.mark.parametrize(
    ("context", "why"),
    [
        (None, "never given inline"),
        ({}, "never given inline"),
        ([], "never given inline"),
        ([V2, {}], "never given inline"),
        ([f"https://a.example/{n}" for n in range(strict_jsonld.MAX_CONTEXTS + 1)], "at most"),
        ([V1, V2], "are mixed"),
    ],
)
def test_contexts_are_few_and_known(context: Any, why: str) -> None:
    with pytest.raises(UnknownContextError, match=why):
        context_urls(context, "/@context")
    most = [f"https://a.example/{n}" for n in range(strict_jsonld.MAX_CONTEXTS)]
    assert context_urls(most, "") == tuple(most)
    assert context_urls(V2, "") == (V2,)
    assert context_urls([V2, URL, V2], "") == (V2, URL, V2)


@pytest.mark.parametrize(
    "value",
    [
        {"@context": [V2], "type": ["Thing"]},
        {"@context": [V2], "type": 7},
        {"@context": [URL, V2], "type": ["VerifiableCredential"]},
        {"@context": [URL], "type": "VerifiableCredential"},
    ],
)
def test_only_what_is_whole_below_the_top_has_contexts(value: dict[str, Any]) -> None:
    with pytest.raises(UnknownContextError, match="only an embedded credential") as told:
        embedded_urls(value, "/a")
    assert told.value.faults[0].place == "/a/@context"
    for types in ("VerifiableCredential", ["Thing", "VerifiablePresentation"]):
        assert embedded_urls({"@context": [V2, URL], "type": types}, "/a") == (V2, URL)


def test_what_decides_is_said_where_it_is_read() -> None:
    subject = {"id": "urn:s", "plain": "a"}
    assert check(id="urn:1", credentialSubject=subject, plain={"id": "urn:other", "type": "Thing"})
    again = {"id": "urn:1", "type": "VerifiableCredential"}
    with pytest.raises(UndefinedTermError, match="says more of the whole document") as told:
        check(id="urn:1", credentialSubject=subject, plain=again)
    assert told.value.faults[0].place == "/plain"
    assert check(id="urn:1", credentialSubject=subject, plain={"id": "urn:1", "type": "Thing"})
    places = decisive_nodes(
        {"id": "urn:1", "type": ["VerifiableCredential"], "credentialSubject": [subject, {}, 7]}
    )
    assert [(place, name) for place, name, _ in places] == [("", "urn:1"), ("/credentialSubject/0", "urn:s")]
    assert [place for place, _, _ in decisive_nodes({"credentialSubject": subject})] == ["/credentialSubject"]
