"""What the general way makes of a document is looked at once more; contexts given inline get a name."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from credserv.ground.errors import InputError, UndefinedTermError, UnsignableAddressError
from credserv.proof.rdf.canonize import _NOWHERE, _cause, _iri, _literal, _refuse_dropped
from credserv.proof.rdf.inline_contexts import _MAX_DEPTH, _name_context, _name_contexts
from credserv.proof.rdf.nquads import RDF, XSD
from credserv.proof.rdf.pinned_reading import _expanded
from credserv.proof.rdf.shapes import _NoShapeError, _replaced, _Slot


def test_an_address_is_absolute_and_fit_for_a_quad() -> None:
    assert _iri("urn:a") == "<urn:a>"
    for value in ("alice", "", "1:a", "a b", f"{_NOWHERE}alice"):
        with pytest.raises(UndefinedTermError, match="not an absolute IRI"):
            _iri(value)
    for value in ("https://a.example/<x>", "https://a.example/{x}", "https://a.example/a b"):
        with pytest.raises(UnsignableAddressError, match="not an absolute IRI"):
            _iri(value)


def test_a_literal_has_a_datatype_that_is_an_address() -> None:
    def written(datatype: str, **more: Any) -> str:
        return _literal({"value": "{}", "datatype": datatype} | more, {"{}"})

    assert written(f"{XSD}string") == '"{}"'
    assert written("urn:d") == '"{}"^^<urn:d>'
    assert written(f"{RDF}langString", language="en") == '"{}"@en'
    assert written(f"{RDF}JSON") == f'"{{}}"^^<{RDF}JSON>'
    with pytest.raises(InputError, match="without an agreed canonical form"):
        _literal({"value": "{} ", "datatype": f"{RDF}JSON"}, {"{}"})
    with pytest.raises(UndefinedTermError):
        written("alice")


def test_what_went_wrong_is_told_by_its_innermost_cause_and_without_values() -> None:
    class Coded(Exception):
        code = "invalid term definition"

    inner, outer, plain = Coded("secret"), ValueError("secret"), KeyError("secret")
    outer.__cause__ = inner
    assert (_cause(inner), _cause(outer), _cause(plain)) == ("invalid term definition",) * 2 + ("KeyError",)
    inner.__cause__ = plain
    assert _cause(outer) == "KeyError"
    with pytest.raises(UndefinedTermError, match="the term 'role' is defined by none"):
        _refuse_dropped("role")


def test_each_context_given_inline_gets_a_name_wherever_it_stands() -> None:
    found: dict[str, Any] = {}
    own = {"Type": "urn:T"}
    other = {"@context": "urn:v2"}
    document = {"@context": ["urn:v2", own], "a": [{"@context": own, "b": 7}], "c": other}
    named = _name_contexts(document, found, 0)
    ((name, kept),) = found.items()
    assert kept == {"@context": own}
    assert named == {
        "@context": ["urn:v2", name],
        "a": [{"@context": name, "b": 7}],
        "c": {"@context": "urn:v2"},
    }
    assert _name_context({"@context": own}, {}) == name, "as a document of a context that was pasted in"
    assert _name_context({"@context": own, "x": 1}, {}) != name
    assert _name_context({"@context": "urn:v2"}, {}) != name
    assert (_name_context(7, found), _name_context("urn:v2", found)) == (7, "urn:v2")


def test_contexts_are_looked_for_to_a_depth() -> None:
    def found_at(depth: int) -> int:
        document: Any = {"@context": {"Type": "urn:T"}}
        for _ in range(depth):
            document = {"a": document}
        found: dict[str, Any] = {}
        named = _name_contexts(document, found, 0)
        assert found or named == document
        return len(found)

    assert (found_at(_MAX_DEPTH), found_at(_MAX_DEPTH + 1)) == (1, 0)


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("own:a", "urn:own/a"),
        ("known:a", "urn:known/a"),
        ("https://a.example", "https://a.example"),
        ("https:a", "urn:https/a"),
        ("other:a", "other:a"),
        ("plain", "plain"),
        (None, None),
    ],
)
def test_an_abbreviation_is_spelt_out_and_an_address_is_none(value: object, meant: object) -> None:
    known: Any = {"known": {"@id": "urn:known/"}, "own": {"@id": "urn:not/"}}
    context: Any = SimpleNamespace(definition=known.get)
    assert _expanded(value, context, {"own": "urn:own/", "https": "urn:https/"}) == meant


def test_only_texts_vary_in_a_shape() -> None:
    varying = {"a": {"b": _Slot.TEXT}, "id": _Slot.IRI}
    document = {"a": [{"b": "1", "c": 2}, 7], "id": "urn:1", "d": "3"}
    found = _replaced(document, varying, lambda kind, text: f"{kind.name} {text}")
    assert found == {"a": [{"b": "TEXT 1", "c": 2}, 7], "id": "IRI urn:1", "d": "3"}
    for other in (7, None, ["urn:1"], {}):
        with pytest.raises(_NoShapeError):
            _replaced({"id": other}, varying, lambda _, text: text)
