"""What the fast conversion knows of each term: what it leaves to the general path, and what it makes."""

from __future__ import annotations

from typing import Any

import pytest

from credserv.proof.rdf.document_loader import PinnedContexts
from credserv.proof.rdf.nquads import XSD
from credserv.proof.rdf.quads import _has_twins, _language_string, _number, _string, _types
from credserv.proof.rdf.scoped_contexts import ActiveContext, ScopedContexts
from credserv.proof.rdf.terms import (
    BOOLEANS,
    NUMBERS,
    Coercion,
    Kind,
    OutsideSubsetError,
    Term,
    build_terms,
    literal_tail,
)
from tests.testkit.oracles import SCHEMAS

PINNED = PinnedContexts.load(SCHEMAS)
URL = "urn:context:own"
OUTSIDE = {
    "kind": "@type",
    "name2": "@id",
    "of_language": {"@id": "urn:p", "@language": "en"},
    "of_no_language": {"@id": "urn:p", "@language": None},
    "of_direction": {"@id": "urn:p", "@direction": "rtl"},
    "nested": {"@id": "urn:p", "@nest": "@nest"},
    "by_index": {"@id": "urn:p", "@container": "@index"},
    "by_language": {"@id": "urn:p", "@container": "@language"},
    "back": {"@reverse": "urn:p"},
    "raw": {"@id": "urn:p", "@type": "@json"},
    "keyword": "@value",
    "nothing": None,
}
INSIDE: dict[str, Any] = {
    "text": "urn:p",
    "many": {"@id": "urn:p", "@container": "@set"},
    "untyped": {"@id": "urn:p", "@type": "@none"},
    "string": {"@id": "urn:p", "@type": f"{XSD}string"},
    "date": {"@id": "urn:p", "@type": f"{XSD}dateTime"},
    "number": {"@id": "urn:p", "@type": f"{XSD}integer"},
    "flag": {"@id": "urn:p", "@type": f"{XSD}boolean"},
    "link": {"@id": "urn:p", "@type": "@id"},
    "word": {"@id": "urn:p", "@type": "@vocab"},
    "listed": {"@id": "urn:p", "@container": "@list"},
    "links": {"@id": "urn:p", "@type": "@id", "@container": "@list"},
    "graph": {"@id": "urn:p", "@container": "@graph"},
    "achievement": "urn:p",
}


def context(terms: dict[str, Any]) -> ActiveContext:
    own = PINNED.extended({URL: {"@context": {"@version": 1.1, "id": "@id", "type": "@type"} | terms}})
    return ScopedContexts(own).root((URL,))


def test_a_term_of_another_form_is_left_to_the_general_path() -> None:
    assert set(context(OUTSIDE | INSIDE).terms) == {"id", "type", *INSIDE}


@pytest.mark.parametrize("default", ["@vocab", "@language", "@direction", "@base"])
def test_a_context_with_defaults_is_left_to_the_general_path(default: str) -> None:
    told = {"@vocab": "urn:v#", "@language": "en", "@direction": "ltr", "@base": "urn:b"}[default]
    scope = context({"text": "urn:p"})
    scope.raw = {**scope.raw, default: told}
    with pytest.raises(OutsideSubsetError, match="defaults"):
        build_terms(scope)


def test_what_is_known_of_a_term() -> None:
    found = context(INSIDE).terms
    assert {name for name, term in found.items() if term.is_plain} == {
        *("text", "many", "untyped", "string", "date", "achievement")
    }
    assert {name for name, term in found.items() if term.is_reference} == {"link"}
    assert {name for name, term in found.items() if term.is_list} == {"listed", "links"}
    assert {name for name, term in found.items() if term.is_graph} == {"graph"}
    assert {name for name, term in found.items() if term.recurs} == {"achievement"}
    assert {name for name, term in found.items() if term.coercion is not Coercion.LITERAL} == {
        *("link", "links", "word")
    }
    assert {name: term.kind for name, term in found.items() if term.kind is not Kind.PROPERTY} == {
        "id": Kind.ID,
        "type": Kind.TYPE,
    }
    assert {term.head for term in found.values()} == {"", "<urn:p> "}
    assert (found["date"].datatype, found["date"].tail) == (f"{XSD}dateTime", f'"^^<{XSD}dateTime>')
    assert (found["untyped"].datatype, found["link"].datatype) == (None, None)
    with pytest.raises(OutsideSubsetError, match="a keyword"):
        found["id"].nodes()


def test_a_context_of_its_own_holds_below_its_term_alone() -> None:
    root = context({"out": {"@id": "urn:o", "@context": {"inner": "urn:i"}}, "text": "urn:p"})
    assert (root.has_scope("out"), root.has_scope("text"), root.has_scope("inner")) == (True, False, False)
    assert root.terms["text"].strings() is root
    assert root.terms["text"].nodes() is root
    below = root.terms["out"].strings()
    assert "inner" in below.terms
    assert root.terms["out"].strings() is root.terms["out"].nodes() is below
    assert root.iris == {"@id", "@type", "urn:o", "urn:p"}
    assert root.type_iris == {"out": "<urn:o>", "text": "<urn:p>"}


def test_a_context_of_a_type_ends_at_the_next_object_but_not_at_a_mere_reference() -> None:
    typed = {"@id": "urn:T", "@context": {"own": {"@id": "urn:own", "@type": "@id"}}}
    root = context({"T": typed, "U": "urn:U", "text": "urn:p"})
    assert root.of_types(("U",)) is root
    inside = root.of_types(("U", "T"))
    assert inside is root.of_types(("T", "U")) is root.of_types(("T",)) is not root
    assert "own" in inside.terms
    assert inside.node("own", is_reference=True) is inside
    assert "own" not in inside.node("own", is_reference=False).terms
    assert inside.node("own", is_reference=False) is inside.node("own", is_reference=False)


def test_the_datatype_of_strings_is_not_written() -> None:
    assert literal_tail(None) == literal_tail(f"{XSD}string") == '"'
    assert literal_tail("urn:d") == '"^^<urn:d>'
    assert not BOOLEANS & NUMBERS


def term(datatype: str | None = None, coercion: Coercion = Coercion.LITERAL) -> Term:
    return Term(Kind.PROPERTY, datatype=datatype, coercion=coercion, tail=literal_tail(datatype))


DOUBLE, INTEGER, BOOLEAN = f"{XSD}double", f"{XSD}integer", f"{XSD}boolean"


@pytest.mark.parametrize(
    ("datatype", "item", "written"),
    [
        (None, True, f'"true"^^<{BOOLEAN}>'),
        (BOOLEAN, False, f'"false"^^<{BOOLEAN}>'),
        (INTEGER, True, None),
        (None, 7, f'"7"^^<{INTEGER}>'),
        (None, 7.0, f'"7"^^<{INTEGER}>'),
        (INTEGER, 0, f'"0"^^<{INTEGER}>'),
        (DOUBLE, 7, f'"7.0E0"^^<{DOUBLE}>'),
        (None, 0.5, f'"5.0E-1"^^<{DOUBLE}>'),
        (None, 1.25e20, None),
        (None, 1.5e-7, f'"1.5E-7"^^<{DOUBLE}>'),
        (INTEGER, 0.5, f'"5.0E-1"^^<{INTEGER}>'),
        (None, 2**53 - 1, f'"9007199254740991"^^<{INTEGER}>'),
        (None, 2**53, None),
        (None, -(2**53) + 1, f'"-9007199254740991"^^<{INTEGER}>'),
        (None, -(2**53), None),
        (None, float("nan"), None),
        (None, float("inf"), None),
        (None, None, None),
        ("urn:d", 7, None),
        (BOOLEAN, 7, None),
        (None, 0.1234567890123456789, None),
    ],
)
def test_numbers_have_one_form_or_are_left_alone(
    datatype: str | None, item: object, written: str | None
) -> None:
    if written is None:
        with pytest.raises(OutsideSubsetError):
            _number(term(datatype), item)
    else:
        assert _number(term(datatype), item) == written
    for coercion in (Coercion.IRI, Coercion.VOCAB):
        with pytest.raises(OutsideSubsetError, match="where an id is due"):
            _number(term(datatype, coercion), item)


@pytest.mark.parametrize(
    ("item", "written"),
    [
        ({"@value": "Ä", "@language": "de-AT"}, '"Ä"@de-at'),
        ({"@value": "x", "@language": "ar", "@direction": "rtl"}, '"x"^^<https://www.w3.org/ns/i18n#ar_rtl>'),
        ({"@value": "x", "@language": "EN", "@direction": "ltr"}, '"x"^^<https://www.w3.org/ns/i18n#en_ltr>'),
        ({"@value": "x", "@language": "en", "@direction": "up"}, None),
        ({"@value": "x", "@language": "en", "@type": "urn:d"}, None),
        ({"@value": "x", "@language": "en", "@direction": "ltr", "@index": "i"}, None),
        ({"@value": "x", "@language": "not a tag"}, None),
        ({"@value": "x", "@language": 7}, None),
        ({"@value": "x", "@direction": "ltr"}, None),
        ({"@value": 7, "@language": "en"}, None),
        ({"@value": "x"}, None),
    ],
)
def test_texts_with_a_language_have_one_form_or_are_left_alone(item: Any, written: str | None) -> None:
    if written is None:
        with pytest.raises(OutsideSubsetError, match="another form"):
            _language_string(item)
    else:
        assert _language_string(item) == written


def test_texts_are_literals_but_where_a_number_is_due() -> None:
    for text, written in (
        ("plain", "plain"),
        ('a"b', 'a\\"b'),
        ("a\\b", "a\\\\b"),
        ("a\x01", "a\\u0001"),
        ("a\u2028é", "a\u2028é"),
    ):
        assert _string(term("urn:d"), text) == f'"{written}"^^<urn:d>'
    for datatype in (INTEGER, BOOLEAN, DOUBLE):
        with pytest.raises(OutsideSubsetError, match="where a number is due"):
            _string(term(datatype), "7")


def test_what_may_be_one_in_the_end_is_told_apart_from_what_is_not() -> None:
    assert not _has_twins(["a", "b", 1, {"id": "c"}, {"@value": "d"}, {"name": "e"}, {"name": "e"}])
    for twins in (["a", "a"], ["a", {"id": "a"}], [{"@value": "a"}, {"id": "a"}], [1, 1.0], [["a"]]):
        assert _has_twins(twins)


def test_types_are_texts_that_differ() -> None:
    assert _types({}) == ()
    assert _types({"type": "T"}) == _types({"type": ["T"]}) == ("T",)
    assert _types({"type": ["T", "U"]}) == ("T", "U")
    for types in ([], ["T", "T"], ["T", 7], {"T": 1}, None, 7):
        with pytest.raises(OutsideSubsetError, match="types of another form"):
            _types({"type": types})
