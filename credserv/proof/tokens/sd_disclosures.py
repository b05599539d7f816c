"""The disclosures of an SD-JWT, and putting each where its digest stands (RFC 9901, sections 4.2 and 7.1).

Whatever that section tells a verifier to reject is rejected; besides that, depth is bounded, so that chains
of disclosures inside disclosures cost nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from credserv.ground.encoding import decode_base64url
from credserv.ground.errors import InputError, MalformedProofError
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import MAX_DEPTH, parse_json

DIGESTS, ELEMENT, ALGORITHM = "_sd", "...", "_sd_alg"
# Withheld, in whole or in part, each of these would make another credential of it: without its end, its
# status, its reader. A withheld digest shows nothing of what it hides, so it is its place that is judged.
# RFC 9901, section 9.7; SD-JWT VC, section 2.2.2.3; VC-JOSE-COSE 1.0, section 3.2.1, for the last two lines.
ALWAYS_VISIBLE = frozenset(
    {"iss", "nbf", "exp", "cnf", "vct", "vct#integrity", "status", "aud", "nonce"}
    | {"validFrom", "validUntil", "issuanceDate", "expirationDate"}
    | {"@context", "proof"}
    | {"credentialStatus", "credentialSchema", "relatedResource", "refreshService", "termsOfUse"}
)
# Withheld as a whole, nothing can be verified, so W3C's vectors do it; in part, it would be something else.
WHOLE_OR_NOT = frozenset({"type"})
_WHO = {("issuer", "id"), ("holder", "id")}
_WRAPPERS = frozenset({"vc", "vp"})  # the claims that hold a document of data model 1.1
_RESERVED = frozenset({DIGESTS, ELEMENT, ALGORITHM})


@dataclass(frozen=True)
class Disclosure:
    """name: of the member, None for an element of a list."""

    encoded: str
    name: str | None
    value: Any


def parse_disclosure(encoded: str) -> Disclosure:
    """Raises MalformedProofError, and the errors of strict_json."""
    try:
        parts = parse_json(decode_base64url(encoded))
    except InputError as error:
        raise MalformedProofError(f"a disclosure cannot be read: {error.detail}") from error
    if not isinstance(parts, list) or len(parts) not in (2, 3) or not isinstance(parts[0], str):
        raise MalformedProofError("a disclosure is a list of salt, name and value, or of salt and value")
    if len(parts) == 2:
        return Disclosure(encoded, None, parts[1])
    if not isinstance(parts[1], str) or parts[1] in _RESERVED:
        raise MalformedProofError("a disclosure with a name that no member can have")
    return Disclosure(encoded, parts[1], parts[2])


def resolve(signed: JsonObject, disclosures: Mapping[str, Disclosure]) -> dict[str, Any]:
    """The claims, with every disclosure in its place and every digest gone. disclosures: by digest.

    Raises MalformedProofError.
    """
    resolution = _Resolution(disclosures)
    claims = resolution.members({name: value for name, value in signed.items() if name != ALGORITHM}, (), 1)
    unused = len(disclosures) - len(resolution.used)
    if unused:
        raise MalformedProofError(f"{unused} disclosures belong nowhere: their digests are not signed")
    return claims


@dataclass
class _Resolution:
    disclosures: Mapping[str, Disclosure]
    seen: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)

    def members(self, value: JsonObject, path: tuple[str, ...], depth: int) -> dict[str, Any]:
        """path: the names above. depth: of `value`, the whole being 1."""
        if ELEMENT in value or ALGORITHM in value:
            raise MalformedProofError(f"a member {ELEMENT!r} or {ALGORITHM!r} where none can be")
        if DIGESTS in value and path:
            _require_whole(path)
        found = {
            name: self.value(member, (*path, name), depth + 1)
            for name, member in value.items()
            if name != DIGESTS
        }
        for disclosure in self._disclosed(value):
            name = disclosure.name
            if name is None:
                raise MalformedProofError("a disclosure for a list stands among members")
            if name in found:
                raise MalformedProofError(f"a disclosure overrides {name[:80]!r}, which is there")
            _require_disclosable((*path, name))
            found[name] = self.value(disclosure.value, (*path, name), depth + 1)
        return found

    def value(self, value: Any, path: tuple[str, ...], depth: int) -> Any:
        if depth > MAX_DEPTH and isinstance(value, (dict, list)):
            raise MalformedProofError(f"the disclosures are nested deeper than {MAX_DEPTH} levels")
        if isinstance(value, dict):
            return self.members(value, path, depth)
        if isinstance(value, list):
            return self._elements(value, path, depth)
        return value

    def _elements(self, values: list[Any], path: tuple[str, ...], depth: int) -> list[Any]:
        found = []
        for value in values:
            if not isinstance(value, dict) or ELEMENT not in value:
                found.append(self.value(value, path, depth + 1))
                continue
            if set(value) != {ELEMENT}:
                raise MalformedProofError(f"an element has {ELEMENT!r} beside something else")
            _require_whole(path)
            disclosure = self._take(value[ELEMENT])
            if disclosure is None:
                continue
            if disclosure.name is not None:
                raise MalformedProofError("a disclosure for a member stands in a list")
            found.append(self.value(disclosure.value, path, depth + 1))
        return found

    def _disclosed(self, value: JsonObject) -> list[Disclosure]:
        digests = value.get(DIGESTS, [])
        if not isinstance(digests, list):
            raise MalformedProofError(f"{DIGESTS} is no list")
        taken = [self._take(digest) for digest in digests]
        return [disclosure for disclosure in taken if disclosure is not None]

    def _take(self, digest: object) -> Disclosure | None:
        """None for what is withheld, and for decoys: the two cannot be told apart."""
        if not isinstance(digest, str):
            raise MalformedProofError("a digest that is no string")
        if digest in self.seen:
            raise MalformedProofError("the same digest stands in two places")
        self.seen.add(digest)
        disclosure = self.disclosures.get(digest)
        if disclosure is not None:
            self.used.add(digest)
        return disclosure


def _require_disclosable(path: tuple[str, ...]) -> None:
    """path: of what holds a digest, or of the member that is disclosed."""
    if path[0] in _WRAPPERS:
        path = path[1:] or path
    if path[0] in ALWAYS_VISIBLE or path in _WHO:
        raise MalformedProofError(f"{'.'.join(path)} must always be visible, and was made disclosable")


def _require_whole(path: tuple[str, ...]) -> None:
    """That nothing is withheld within what stands at `path`, the place of a digest."""
    _require_disclosable(path)
    path = path[1:] or path if path[0] in _WRAPPERS else path
    if path[0] in WHOLE_OR_NOT:
        raise MalformedProofError(
            f"{path[0]} must be visible as a whole, and a part of it was made disclosable"
        )
