"""Find out whether a context gives a second name to something already named here.

A signature covers IRIs and not names. With two names for one IRI, the holder of a signed document could add
the second context and, for example, rename the end of its validity so that no reader sees it. So only the
contexts of the standards may name what they name (attacks 7 to 9).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

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
_MOST_PREFIXES = 100  # to write one name; no context has a tenth as many


def second_names(document: JsonObject, known: Iterable[JsonObject]) -> dict[str, str]:
    """Return the context's names for keywords, and for decisive IRIs that `known` names otherwise; with those
    names.

    Raises InputError for a longer chain of prefixes than is followed.
    """
    names: dict[str, set[str]] = {}
    for other in known:
        for name, iri in _names(other):
            names.setdefault(iri, set()).add(name)
    found = {}
    for name, iri in _names(document):
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
    meanings = {pair for other in known for pair in _names(other)}
    kept = {name for name, iri in _names(document) if (name, iri) in meanings}
    return {name for name, _ in definitions_in(document) if name in _FIXED} - kept


def unclear_prefixes(document: JsonObject) -> set[str]:
    """Return the names by which the context writes others and that it defines in more than one way.

    Which definition counts depends on where it stands, so a second name could be hidden behind the other one.
    """
    found = [(name, _written(name, value)) for name, value in definitions_in(document)]
    meanings: dict[str, set[str | None]] = {}
    for name, written in found:
        meanings.setdefault(name, set()).add(written)
    used = {
        prefix
        for name, written in found
        if written is not None and (prefix := written.partition(":")[0]) != name
    }
    return {name for name in used if len(meanings.get(name, ())) > 1}


def _written(name: str, definition: object) -> str | None:
    written = definition.get("@id", name) if isinstance(definition, Mapping) else definition
    return written if isinstance(written, str) else None


def _names(document: JsonObject) -> Iterator[tuple[str, str]]:
    """Yield every term at any depth, with the IRI or keyword it stands for."""
    found = list(definitions_in(document))
    prefixes = {name: value for name, value in found if isinstance(value, str)}
    prefixes |= {
        name: value["@id"]
        for name, value in found
        if isinstance(value, Mapping) and isinstance(value.get("@id"), str)
    }
    for name, value in found:
        written = _written(name, value)
        if written is not None:
            yield name, _spelt_out(written, prefixes)


def _spelt_out(iri: str, prefixes: Mapping[str, str]) -> str:
    """Expand an IRI whose prefix may use another prefix, and so on. In a circle each counts once."""
    used: set[str] = set()
    while len(used) <= _MOST_PREFIXES:
        prefix, colon, rest = iri.partition(":")  # without a colon: a term for another term
        if prefix in used or prefix not in prefixes or (colon and rest.startswith("//")):
            return iri
        used.add(prefix)
        iri = prefixes[prefix] + rest
    raise InputError(f"more than {_MOST_PREFIXES} names of a context are written by means of one another")
