"""Find out whether a context gives a second name to something already named here.

A signature covers IRIs and not names. With two names for one IRI, the holder of a signed document could add
the second context and, for example, rename the end of its validity so that no reader sees it. So only the
contexts of the standards may name what they name (attacks 7 to 9).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from credserv.ground.addresses import is_web_address
from credserv.ground.errors import InputError
from credserv.ground.json_types import JsonObject
from credserv.proof.rdf.own_terms import definitions_in

# What decides or is shown: credentials, their status, badges, records and proofs.
_DECISIVE = (
    "https://www.w3.org/2018/credentials#",
    "https://www.w3.org/ns/credentials/status#",
    "https://w3id.org/vc/status-list#",
    "https://w3id.org/vc-revocation-list-2020#",
    "https://w3id.org/security#",
    "https://purl.imsglobal.org/spec/vc/ob/vocab.html#",
    "https://purl.imsglobal.org/spec/vc/clr/vocab.html#",
)
# The members of a credential and of its status entries that every reader relies on.
_FIXED = frozenset(
    [
        *("VerifiableCredential", "VerifiablePresentation", "issuer", "holder", "proof", "credentialSubject"),
        *("validFrom", "validUntil", "issuanceDate", "expirationDate", "verifiableCredential"),
        *("credentialStatus", "credentialSchema", "refreshService", "relatedResource", "termsOfUse"),
        *("statusPurpose", "statusListIndex", "statusListCredential"),
    ]
)
_KEYWORDS = {"@id": "id", "@type": "type"}
_MOST_STEPS = 100  # to expand one name; no context needs a tenth as many

Meanings = Mapping[str, set[str]]  # what a name may stand for: IRIs and keywords


def second_names(
    document: JsonObject, known: Iterable[JsonObject], *, beside: Iterable[JsonObject] = ()
) -> dict[str, str]:
    """Return the context's names for keywords, and for decisive IRIs that `known` names otherwise; with those
    names.

    A name counts by everything that it may come to mean: which definition of a prefix is in force depends on
    where a term is used, and on the contexts that stand beside (JSON-LD 1.1, sections 4.1.8 and 4.1.9).

    Args:
        beside: Other contexts that a document may name with this one, besides `known`.

    Raises InputError for names that are defined by too many others.
    """
    standards = [_meanings(other) for other in known]
    names: dict[str, set[str]] = {}
    for meanings in standards:
        for name, iris in meanings.items():
            for iri in iris:
                names.setdefault(iri, set()).add(name)
    found = {}
    for name, iris in _meanings(document, [*standards, *map(_meanings, beside)]).items():
        for iri in iris:
            keyword = _KEYWORDS.get(iri)
            if (keyword is not None and name != keyword) or (
                iri.startswith(_DECISIVE) and iri in names and name not in names[iri]
            ):
                found[name] = iri
    return found


def redefined_names(document: JsonObject, known: Iterable[JsonObject]) -> set[str]:
    """Return members every reader relies on that the context gives another meaning than `known`, or none.

    Raises as `second_names`.
    """
    standards = [_meanings(other) for other in known]
    found = _meanings(document)
    defined = {name for name, _ in definitions_in(document) if name in _FIXED}
    return {name for name in defined if not _is_known(found.get(name, set()), name, standards)}


def decisive_vocabularies(document: JsonObject) -> set[str]:
    """Return each @vocab, at any depth, by which an undefined name could become a decisive IRI.

    One that is not written out as an https or http IRI may become anything.
    """
    return {
        str(vocabulary)
        for vocabulary in _vocabularies(document)
        if vocabulary is not None
        and not (isinstance(vocabulary, str) and is_web_address(vocabulary) and _is_apart(vocabulary))
    }


def _is_apart(vocabulary: str) -> bool:
    return not any(one.startswith(vocabulary) or vocabulary.startswith(one) for one in _DECISIVE)


def _vocabularies(value: Any) -> Iterator[object]:
    if isinstance(value, list):
        for item in value:
            yield from _vocabularies(item)
    elif isinstance(value, Mapping):
        for name, member in value.items():
            if name == "@vocab":
                yield member
            yield from _vocabularies(member)


def _is_known(iris: set[str], name: str, standards: Sequence[Meanings]) -> bool:
    return bool(iris) and all(any(iri in one.get(name, ()) for one in standards) for iri in iris)


def _meanings(document: JsonObject, beside: Sequence[Meanings] = ()) -> dict[str, set[str]]:
    """Return every term at any depth, with the IRIs and keywords that it may stand for.

    Args:
        beside: Meanings of other contexts, whose names may abbreviate here.
    """
    own: dict[str, set[str]] = {}
    for name, definition in definitions_in(document):
        written = definition.get("@id", name) if isinstance(definition, Mapping) else definition
        if isinstance(written, str):
            own.setdefault(name, set()).add(written)
    return {name: _expanded(written, own, beside) for name, written in own.items()}


def _expanded(written: set[str], own: Meanings, beside: Sequence[Meanings]) -> set[str]:
    """Expand names and compact IRIs in every way that their prefixes allow."""
    found: set[str] = set()
    seen: set[str] = set()
    waiting = [*written]
    while waiting:
        iri = waiting.pop()
        if iri in seen:
            continue
        seen.add(iri)
        if len(seen) > _MOST_STEPS:
            raise InputError(f"a name of the context is defined by more than {_MOST_STEPS} others")
        prefix, colon, rest = iri.partition(":")  # without a colon: a term for another term
        if colon and rest.startswith("//"):
            found.add(iri)
            continue
        further = {one + rest for one in own.get(prefix, ())}
        ends = {one + rest for meanings in beside for one in meanings.get(prefix, ())}
        found |= ends if ends or further - {iri} else {iri}
        waiting += further
    return found
