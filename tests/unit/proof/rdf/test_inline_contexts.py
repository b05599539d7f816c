from __future__ import annotations

from typing import Any

import pytest

from credserv.ground.errors import InputError, UndefinedTermError, UnknownContextError
from credserv.proof.rdf.inline_contexts import EXAMPLES_CONTEXT, InlineCanonizer
from tests.testkit.proofs import V2, canonizer, pinned_contexts

LENIENT = InlineCanonizer(pinned_contexts())
TYPE = "https://a.example/#Kind"  # another word than its name, so that nobody else may read it
DOCUMENT: dict[str, Any] = {
    "@context": [V2],
    "type": ["VerifiableCredential"],
    "issuer": "did:example:issuer",
    "credentialSubject": {"id": "did:example:subject"},
}


def test_a_document_without_contexts_of_its_own_is_read_as_ever() -> None:
    assert LENIENT.canonize(DOCUMENT) == canonizer().canonize(DOCUMENT)


def test_an_inline_context_gives_its_terms_their_meaning_here_and_nowhere_else() -> None:
    inline = {**DOCUMENT, "@context": [V2, {"Type": TYPE}], "type": ["VerifiableCredential", "Type"]}
    spelt = {**DOCUMENT, "type": ["VerifiableCredential", TYPE]}
    assert LENIENT.canonize(inline) == LENIENT.canonize(spelt)
    with pytest.raises(UnknownContextError):
        canonizer().canonize(inline)
    with pytest.raises(UndefinedTermError):
        LENIENT.canonize({**inline, "@context": [V2]})


def test_the_hash_goes_along() -> None:
    inline = {
        **DOCUMENT,
        "@context": [V2, {"Type": TYPE}],
        "credentialSubject": [{"name": "a"}, {"name": "b"}],
    }
    spelt = {**inline, "@context": [V2]}
    assert LENIENT.canonize(inline, hash_name="sha384") == canonizer().canonize(spelt, hash_name="sha384")


def test_the_examples_context_names_what_nothing_else_does() -> None:
    document = {**DOCUMENT, "@context": [V2, EXAMPLES_CONTEXT], "alumniOf": "x"}
    assert "<https://www.w3.org/ns/credentials/examples#alumniOf>" in LENIENT.canonize(document)
    with pytest.raises(UnknownContextError):
        canonizer().canonize(document)


@pytest.mark.parametrize(
    "change",
    [
        {"@context": [V2, {"VerifiableCredential": TYPE}]},
        {"@context": [V2, {"@protected": True, "Type": TYPE}, {"Type": f"{TYPE}2"}]},
        {"@context": [V2, {"Type": "https ://no-url"}], "type": ["VerifiableCredential", "Type"]},
        {"@context": [V2, "https://a.example/unknown"]},
        {"@context": [V2, 7]},
        {"@context": [V2, {"Type": TYPE}], "undefined": "x"},
        {"@context": [V2, *({f"T{n}": TYPE} for n in range(9))]},
        {"@context": [V2, {"@import": "https://a.example/unknown"}]},
        {"@context": [V2, {"@context": None}]},
        {"@context": [V2, {"@context": EXAMPLES_CONTEXT}], "alumniOf": "x"},
    ],
)
def test_all_else_stays_strict(change: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        LENIENT.canonize({**DOCUMENT, **change})


def test_more_contexts_than_are_read_are_refused_wherever_they_stand() -> None:
    """Also where none of the objects has too many by itself."""

    def with_inline(outside: int, inside: int) -> dict[str, Any]:
        own, within = (
            [{f"T{name}{n}": f"{TYPE}{name}{n}"} for n in range(many)]
            for name, many in (("a", outside), ("b", inside))
        )
        held = {**DOCUMENT, "@context": [V2, *within]}
        return {"@context": [V2, *own], "type": ["VerifiablePresentation"], "verifiableCredential": [held]}

    assert LENIENT.canonize(with_inline(4, 4))
    with pytest.raises(UnknownContextError):
        LENIENT.canonize(with_inline(5, 4))
