"""The disclosures of an SD-JWT, each put where its digest is (RFC 9901, sections 4.2 and 7.1).

Whatever that section tells a verifier to reject is rejected. Depth is bounded too, so that nested disclosures
cost little.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from credserv.ground.encoding import decode_base64url
from credserv.ground.errors import InputError, MalformedProofError, TooLargeError
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import MAX_DEPTH, parse_json

DIGESTS, ELEMENT, ALGORITHM = "_sd", "...", "_sd_alg"
# Withholding any of these, in whole or in part, would make another credential: one without its end, its
# status, or its reader. A withheld digest does not show what it hides, so its place is judged. RFC 9901,
# section 9.7; SD-JWT VC, section 2.2.2.3; VC-JOSE-COSE 1.0, section 3.2.1, for the last two lines.
VISIBLE_CLAIMS = frozenset(
    {"iss", "nbf", "exp", "cnf", "vct", "vct#integrity", "status", "aud", "nonce", "credentialStatus"}
)
ALWAYS_VISIBLE = VISIBLE_CLAIMS | frozenset(
    {"validFrom", "validUntil", "issuanceDate", "expirationDate"}
    | {"@context", "proof"}
    | {"credentialSchema", "relatedResource", "refreshService", "termsOfUse"}
)
# Withheld as a whole, as in W3C's vectors, nothing can be verified; withheld in part, it would become
# something else.
WHOLE_OR_NOT = frozenset({"type"})
_WHO = {("issuer", "id"), ("holder", "id")}
_WRAPPERS = frozenset({"vc", "vp"})  # the claims that hold a document of data model 1.1
_RESERVED = frozenset({DIGESTS, ELEMENT, ALGORITHM})


@dataclass(frozen=True)
class Disclosure:
    """A disclosure. `name` is that of the member; None for an element of a list."""

    encoded: str
    name: str | None
    value: Any


def parse_disclosure(encoded: str) -> Disclosure:
    """Parse a disclosure. Raises MalformedProofError, and the errors of strict_json."""
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


def apply_disclosures(
    signed: JsonObject, disclosures: Mapping[str, Disclosure], *, is_document: bool = True
) -> dict[str, Any]:
    """Return the claims with every disclosure in place and every digest removed.

    Args:
        disclosures: by digest.
        is_document: false for an SD-JWT VC, whose claims have none of the meanings of W3C's data model.

    Raises MalformedProofError, TooLargeError.
    """
    resolution = _Resolution(disclosures, is_document)
    claims = resolution.members({name: value for name, value in signed.items() if name != ALGORITHM}, (), 1)
    unused = len(disclosures) - len(resolution.used)
    if unused:
        raise MalformedProofError(f"{unused} disclosures belong nowhere: their digests are not signed")
    return claims


@dataclass
class _Resolution:
    disclosures: Mapping[str, Disclosure]
    is_document: bool
    seen: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)

    def members(self, value: JsonObject, path: tuple[str, ...], depth: int) -> dict[str, Any]:
        """Resolve an object. `path` is the names above it; `depth` is 1 for the whole document."""
        if ELEMENT in value or ALGORITHM in value:
            raise MalformedProofError(f"a member {ELEMENT!r} or {ALGORITHM!r} where none can be")
        if DIGESTS in value and path:
            self._require_whole(path)
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
            self._require_disclosable((*path, name))
            found[name] = self.value(disclosure.value, (*path, name), depth + 1)
        return found

    def value(self, value: Any, path: tuple[str, ...], depth: int) -> Any:
        if depth > MAX_DEPTH and isinstance(value, (dict, list)):
            raise TooLargeError(f"the disclosures are nested deeper than {MAX_DEPTH} levels")
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
            self._require_whole(path)
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
        """Return the disclosure; None for one withheld or a decoy, which cannot be told apart."""
        if not isinstance(digest, str):
            raise MalformedProofError("a digest that is no string")
        if digest in self.seen:
            raise MalformedProofError("the same digest stands in two places")
        self.seen.add(digest)
        disclosure = self.disclosures.get(digest)
        if disclosure is not None:
            self.used.add(digest)
        return disclosure

    def _require_disclosable(self, path: tuple[str, ...]) -> None:
        """Raises MalformedProofError unless the place of a digest or disclosed member, `path`, may be
        withheld."""
        if path[0] in _WRAPPERS:
            path = path[1:] or path
        visible = ALWAYS_VISIBLE if self.is_document else VISIBLE_CLAIMS
        if path[0] in visible or (self.is_document and path in _WHO):
            raise MalformedProofError(f"{'.'.join(path)} must always be visible, and was made disclosable")

    def _require_whole(self, path: tuple[str, ...]) -> None:
        """Raises MalformedProofError if something is withheld within `path`, the place of a digest."""
        self._require_disclosable(path)
        path = path[1:] or path if path[0] in _WRAPPERS else path
        if self.is_document and path[0] in WHOLE_OR_NOT:
            raise MalformedProofError(
                f"{path[0]} must be visible as a whole, and a part of it was made disclosable"
            )
