"""Whether a context gives a second name to what is known here under one.

A signature covers IRIs and not names. With two names for one IRI, whoever holds a signed document could add
the second context and rename the end of its validity, say, out of every reader's sight. So of all contexts
none but those of the standards themselves names what they name (attacks 7 to 9).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from credserv.ground.errors import InputError
from credserv.ground.json_types import JsonObject
from credserv.proof.rdf.own_terms import definitions_in

# What decides, or is shown: credentials, their status, badges, records and proofs.
_DECISIVE = (
    "https://www.w3.org/2018/credentials#",
    "https://www.w3.org/ns/credentials/status#",
    "https://w3id.org/vc/status-list#",
    "https://w3id.org/vc-revocation-list-2020#",
    "https://w3id.org/security#",
    "https://purl.imsglobal.org/spec/vc/ob/vocab.html#",
    "https://purl.imsglobal.org/spec/vc/clr/vocab.html#",
)
# The members of a credential and of its status entries that every reader goes by.
_FIXED = frozenset(
    [
        *("VerifiableCredential", "VerifiablePresentation", "issuer", "holder", "proof", "credentialSubject"),
        *("validFrom", "validUntil", "issuanceDate", "expirationDate", "verifiableCredential"),
        *("credentialStatus", "credentialSchema", "refreshService", "relatedResource", "termsOfUse"),
        *("statusPurpose", "statusListIndex", "statusListCredential"),
    ]
)
_KEYWORDS = {"@id": "id", "@type": "type"}
_MOST_PREFIXES = 100  # that one name is written with; no context has a tenth of them


def second_names(document: JsonObject, known: Iterable[JsonObject]) -> dict[str, str]:
    """Names of the context for keywords, and for decisive IRIs that `known` names otherwise; with those.

    Raises InputError for more prefixes in a chain than are followed."""
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
    """Members that every reader goes by, to which the context gives another meaning than `known`, or none.

    Raises as `second_names`."""
    meanings = {pair for other in known for pair in _names(other)}
    kept = {name for name, iri in _names(document) if (name, iri) in meanings}
    return {name for name, _ in definitions_in(document) if name in _FIXED} - kept


def _names(document: JsonObject) -> Iterator[tuple[str, str]]:
    """Every term at whatever depth, and the IRI or keyword that it stands for."""
    found = list(definitions_in(document))
    prefixes = {name: value for name, value in found if isinstance(value, str)}
    prefixes |= {
        name: value["@id"]
        for name, value in found
        if isinstance(value, Mapping) and isinstance(value.get("@id"), str)
    }
    for name, value in found:
        written = value.get("@id", name) if isinstance(value, Mapping) else value
        if isinstance(written, str):
            yield name, _spelt_out(written, prefixes)


def _spelt_out(iri: str, prefixes: Mapping[str, str]) -> str:
    """One may itself be written with another, and so on. In a circle each counts once."""
    used: set[str] = set()
    while len(used) <= _MOST_PREFIXES:
        prefix, colon, rest = iri.partition(":")  # without a colon: a term that stands for another
        if prefix in used or prefix not in prefixes or (colon and rest.startswith("//")):
            return iri
        used.add(prefix)
        iri = prefixes[prefix] + rest
    raise InputError(f"more than {_MOST_PREFIXES} names of a context are written by means of one another")
