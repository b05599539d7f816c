"""Who an issuer is by a federation: chains of signed statements up to a trust anchor that the reader chose.

Source: OpenID Federation 1.0, sections 3 (entity statements), 4 (trust chains), 8.1 (fetching), 9 and 10. An
issuer is an entity by its https address, or by that of its did:web. A registry may also state of a DID itself
whose it is, as those of the Digital Credentials Consortium do: that is a chain of one.

Every address asked costs, and chains are named by whoever is asked about: at most `_MAX_FETCHES` statements
are fetched for one issuer, to `_MAX_DEPTH` superiors, and no entity twice on one way (attacks 47 to 56).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

from credserv.fetch.guarded import Fetcher
from credserv.ground.addresses import is_web_page, require_https
from credserv.ground.errors import (
    CredservError,
    InputError,
    MalformedProofError,
    ProofTimeError,
    UnavailableError,
    VerificationMethodError,
)
from credserv.ground.json_types import JsonObject
from credserv.ground.names import is_did
from credserv.ground.strict_json import parse_json_object
from credserv.proof.keys.jwk import PS256, RS256, JoseKey, read_jwk
from credserv.proof.keys.verification_method import did_web_url
from credserv.proof.tokens.jws import Profile, parse_jws
from credserv.proof.tokens.vc_jwt import W3C_ALGORITHMS
from credserv.trust.federation_policy import apply_policies, merge_policies, require_constraints
from credserv.trust.trust_list import require_name

WELL_KNOWN = "/.well-known/openid-federation"
_ACCEPT = "application/entity-statement+jwt"
_PROFILE = Profile(
    "an entity statement", frozenset({"entity-statement+jwt"}), W3C_ALGORITHMS | {RS256, PS256}
)
_MAX_BYTES = 262_144
_MAX_FETCHES = 16
_MAX_DEPTH = 5
_MAX_HINTS = 4
_MAX_KEYS = 32
_MAX_MARKS = 8
_LEEWAY = timedelta(seconds=60)


@dataclass(frozen=True)
class Statement:
    """One entity statement whose form is sound and whose signature holds. keys: of its subject, by `kid`.

    token: as it was fetched.
    """

    claims: JsonObject
    keys: Mapping[str, JoseKey]
    expires: datetime
    token: str

    @property
    def subject(self) -> str:
        return str(self.claims["sub"])

    def metadata(self, kind: str) -> JsonObject:
        found = self.claims.get("metadata", {})
        members = found.get(kind) if isinstance(found, Mapping) else None
        return members if isinstance(members, Mapping) else {}


@dataclass(frozen=True)
class Named:
    """An issuer whom a federation names. through: the superiors between it and the anchor, nearest first.

    marks: the types of trust marks that it shows, which were not verified. expires: of the whole chain.
    """

    name: str
    url: str | None
    through: tuple[str, ...]
    marks: tuple[str, ...]
    expires: datetime


def read_anchor(anchor: str, fetch: Fetcher, now: datetime) -> Statement:
    """What a trust anchor says of itself. Raises ProofError, InputError, UnavailableError."""
    return _Federation(anchor, fetch, now).configuration(anchor)


def find_issuer(issuer: str, anchor: str, fetch: Fetcher, now: datetime) -> Named | None:
    """Whom the federation of `anchor` says that `issuer` is; None where it does not name them.

    Raises UnavailableError where the anchor could not be asked.
    """
    return _Federation(anchor, fetch, now).find(issuer)


def entity_of(issuer: str) -> str | None:
    """The id of the entity that an issuer is: an https address, also that under which its did:web is."""
    try:
        url = did_web_url(issuer) if issuer.startswith("did:web:") else issuer
        address = require_https(url)
    except CredservError:
        return None
    for ending in ("/.well-known/did.json", "/did.json") if issuer.startswith("did:web:") else ():
        if address.endswith(ending):
            return address.removesuffix(ending)
    return None if issuer.startswith("did:") else address.rstrip("/")


@dataclass
class _Federation:
    anchor: str
    fetch: Fetcher
    now: datetime
    fetches: int = 0
    known: dict[str, Statement] = field(default_factory=dict)

    def find(self, issuer: str) -> Named | None:
        top = self.configuration(self.anchor)
        ways: list[Iterator[list[Statement]]] = []
        if is_did(issuer):
            ways.append(self._stated(issuer, top))
        entity = entity_of(issuer)
        if entity is not None:
            ways.append(iter([[top]]) if entity == self.anchor else self._chains(entity))
        for way in ways:
            for chain in way:
                try:
                    return self._judge(chain)
                except CredservError:
                    continue  # another way may hold
        return None

    # --- chains: the subject's own statement first, then each superior's about the one below ----------

    def _stated(self, did: str, top: Statement) -> Iterator[list[Statement]]:
        """What the anchor states of a DID that publishes no configuration of its own."""
        try:
            yield [self._about(did, self.anchor, top)]
        except CredservError:
            return

    def _chains(self, entity: str) -> Iterator[list[Statement]]:
        try:
            own = self.configuration(entity)
        except CredservError:
            return
        yield from self._upwards([own], (entity,))

    def _upwards(self, chain: list[Statement], way: tuple[str, ...]) -> Iterator[list[Statement]]:
        """way: the entities from the subject to the one whose superiors are looked for."""
        if len(way) > _MAX_DEPTH:
            return
        below = self.known[way[-1]]
        hints = below.claims.get("authority_hints", [])
        for superior in hints[:_MAX_HINTS] if isinstance(hints, list) else []:
            if not isinstance(superior, str) or superior in way:
                continue
            try:
                above = self.configuration(superior)
                statement = self._about(way[-1], superior, above)
                self._require_same_key(below, statement)
            except CredservError:
                continue  # one superior that is away or wrong costs the others nothing
            if superior == self.anchor:
                yield [*chain, statement]
            else:
                yield from self._upwards([*chain, statement], (*way, superior))

    def _require_same_key(self, own: Statement, statement: Statement) -> None:
        """Section 10.2: what an entity says of itself counts with the keys that its superior states."""
        self._statement(own.token, own.subject, own.subject, statement.keys)

    def _judge(self, chain: list[Statement]) -> Named:
        """Sections 6 and 10. Raises InputError for a chain that one of its superiors forbids."""
        subject, superiors = chain[0], chain[1:] or chain
        metadata = _plain(subject.claims.get("metadata"))
        if len(chain) > 1:
            for kind, members in _plain(chain[1].claims.get("metadata")).items():
                metadata[kind] = {**metadata.get(kind, {}), **members}
        for number, statement in enumerate(superiors):
            below = [one.subject for one in superiors[: number + 1] if not is_did(one.subject)]
            require_constraints(statement.claims.get("constraints"), below, number, metadata)
        policies = merge_policies(statement.claims for statement in reversed(superiors))
        applied = apply_policies(policies, metadata)
        name, url = _name(applied, subject.subject)
        return Named(
            name,
            url,
            tuple(str(statement.claims["iss"]) for statement in superiors[:-1]),
            _marks(subject.claims.get("trust_marks")),
            min(statement.expires for statement in [*chain, self.known[self.anchor]]),
        )

    # --- statements ----------------------------------------------------------------------------------

    def configuration(self, entity: str) -> Statement:
        """What an entity says of itself, signed with a key that it lists there (section 9)."""
        if entity not in self.known:
            token = self._get(entity.rstrip("/") + WELL_KNOWN)
            self.known[entity] = self._statement(token, entity, entity, None)
        return self.known[entity]

    def _about(self, subject: str, superior: str, above: Statement) -> Statement:
        """What a superior says of its subordinate (section 8.1)."""
        endpoint = above.metadata("federation_entity").get("federation_fetch_endpoint")
        if not isinstance(endpoint, str):
            raise InputError("a superior without an address for its statements")
        require_https(endpoint)
        mark = "&" if urlsplit(endpoint).query else "?"
        token = self._get(f"{endpoint}{mark}sub={quote(subject, safe='')}")
        return self._statement(token, superior, subject, above.keys)

    def _get(self, url: str) -> str:
        self.fetches += 1
        if self.fetches > _MAX_FETCHES:
            raise UnavailableError("the federation asks for more statements than are fetched for one issuer")
        body = self.fetch.get(url, accept=_ACCEPT, max_bytes=_MAX_BYTES).body
        return body.strip().decode("ascii", "replace")

    def _statement(
        self, token: str, issuer: str, subject: str, keys: Mapping[str, JoseKey] | None
    ) -> Statement:
        """keys: of the issuer; None for those in the statement itself. Raises ProofError, InputError."""
        jws = parse_jws(token, _PROFILE)
        claims = parse_json_object(jws.payload)
        if claims.get("iss") != issuer or claims.get("sub") != subject:
            raise MalformedProofError("an entity statement by or about somebody else")
        if "crit" in claims:  # section 3.1.1: extensions that must be understood, and none is known here
            raise MalformedProofError("an entity statement with critical claims that are not known here")
        own = _read_keys(claims, required=not is_did(subject))
        key = (own if keys is None else keys).get(jws.kid or "")
        if key is None:
            raise VerificationMethodError("an entity statement names a key that its issuer does not list")
        jws.verify(key)
        expires = self._require_time(claims)
        return Statement(claims, own, expires, token)

    def _require_time(self, claims: JsonObject) -> datetime:
        issued, expires = _instant(claims, "iat"), _instant(claims, "exp")
        if issued > self.now + _LEEWAY or expires <= self.now:
            raise ProofTimeError("an entity statement that is not yet in force, or has expired")
        return expires


def _plain(metadata: object) -> dict[str, dict[str, Any]]:
    """The members of each kind of metadata."""
    if not isinstance(metadata, Mapping):
        return {}
    return {kind: dict(members) for kind, members in metadata.items() if isinstance(members, Mapping)}


def _read_keys(claims: JsonObject, *, required: bool) -> dict[str, JoseKey]:
    jwks = claims.get("jwks", {"keys": []})
    listed = jwks.get("keys") if isinstance(jwks, Mapping) else None
    if not isinstance(listed, list) or len(listed) > _MAX_KEYS:
        raise VerificationMethodError("an entity statement whose keys are no list, or too many")
    keys: dict[str, JoseKey] = {}
    for jwk in listed:
        kid = jwk.get("kid") if isinstance(jwk, Mapping) else None
        if not isinstance(kid, str) or kid in keys:
            raise VerificationMethodError("a key of an entity without a name of its own")
        try:
            keys[kid] = read_jwk(jwk)
        except VerificationMethodError:
            continue  # of a kind that is not known here, or for encryption
    if required and not keys:
        raise VerificationMethodError("an entity statement without a key of its subject that is known here")
    return keys


def _instant(claims: JsonObject, name: str) -> datetime:
    value = claims.get(name)
    if type(value) is not int or not 0 <= value < 10**11:
        raise MalformedProofError(f"{name} of an entity statement is no date")
    return datetime.fromtimestamp(value, UTC)


def _name(metadata: JsonObject, subject: str) -> tuple[str, str | None]:
    """As whom people are shown the entity: by the name of its organisation, or its own id."""
    for kind in ("federation_entity", *metadata):
        members = metadata.get(kind, {})
        name, url = (
            members.get("organization_name"),
            members.get("organization_uri", members.get("homepage_uri")),
        )
        if isinstance(name, str) and not require_name(name):
            return name, url if isinstance(url, str) and is_web_page(url) else None
    return subject[:200], None


def _marks(marks: object) -> tuple[str, ...]:
    listed = marks if isinstance(marks, list) else []
    kinds = [mark.get("trust_mark_type", mark.get("id")) for mark in listed if isinstance(mark, Mapping)]
    return tuple(kind[:200] for kind in kinds[:_MAX_MARKS] if isinstance(kind, str) and kind.isprintable())
