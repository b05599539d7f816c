"""Identify an issuer through a federation: chains of signed statements up to a trust anchor the reader chose.

Source: OpenID Federation 1.0, sections 3 (entity statements), 4 (trust chains), 8.1 (fetching), 9 and 10. An
issuer is an entity by its https address, or by that of its did:web. A registry may also state directly whose
a DID is, as those of the Digital Credentials Consortium do; that is a chain of one.

Requests cost time, and the entities asked about name the chains. So at most `_MAX_FETCHES` statements are
fetched for one issuer, `_MAX_MARK_FETCHES` more for its trust marks, up to `_MAX_DEPTH` superiors, and no
entity twice on one path (attacks 47 to 56).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit

from credserv.fetch.guarded import Fetcher
from credserv.ground.addresses import is_web_page, require_https
from credserv.ground.errors import CredservError, InputError, UnavailableError
from credserv.ground.json_types import JsonObject
from credserv.ground.names import is_did
from credserv.proof.keys.jwk import JoseKey
from credserv.proof.keys.verification_method import did_web_url
from credserv.proof.webvh.identifier import web_did
from credserv.trust.federation_policy import apply_policies, merge_policies, require_constraints
from credserv.trust.trust_list import require_name
from credserv.verifying.entity_statement import Statement, read_statement
from credserv.verifying.trust_marks import Mark, MarkIssuer, MarkJudge, Send

WELL_KNOWN = "/.well-known/openid-federation"
_OPEN = "?sub="
_ACCEPT = "application/entity-statement+jwt"
_MAX_BYTES = 262_144
_MAX_FETCHES = 16
_MAX_DEPTH = 5
_MAX_HINTS = 4
_MAX_MARK_FETCHES = 12  # in addition, once the issuer itself was found


@dataclass(frozen=True)
class Named:
    """An issuer whom a federation names.

    Attributes:
        through: the superiors between it and the anchor, nearest first.
        marks: its trust marks, as judged.
        expires: until when all of this counts.
    """

    name: str
    url: str | None
    through: tuple[str, ...]
    marks: tuple[Mark, ...]
    expires: datetime


def read_anchor(anchor: str, fetch: Fetcher, now: datetime) -> Statement:
    """Fetch what a trust anchor says of itself. Raises ProofError, InputError, UnavailableError."""
    return _Federation(anchor, fetch, now).configuration(anchor)


def anchor_at(url: str, fetch: Fetcher, now: datetime) -> str | None:
    """Return the trust anchor that an address belongs to; None if it belongs to none.

    The address is that of the anchor's configuration or, as in the registry lists of the Digital Credentials
    Consortium, of its statements (`…/fetch?sub=`).

    Raises:
        ProofError, InputError: the anchor's configuration does not hold.
        UnavailableError: it could not be fetched.
    """
    if url.endswith(WELL_KNOWN):
        anchor = url.removesuffix(WELL_KNOWN)
        read_anchor(anchor, fetch, now)
    elif url.endswith(_OPEN):
        stem = url.removesuffix(_OPEN)
        anchor = stem.rpartition("/")[0]
        told = read_anchor(anchor, fetch, now).metadata("federation_entity").get("federation_fetch_endpoint")
        if not isinstance(told, str) or told.removesuffix(_OPEN) != stem:
            raise InputError(f"{anchor} does not say that its statements are at that address")
    else:
        return None
    return anchor


def find_issuer(
    issuer: str, anchor: str, fetch: Fetcher, now: datetime, *, send: Send | None = None
) -> Named | None:
    """Return who `issuer` is by the federation of `anchor`; None where the federation does not name it.

    Args:
        send: asks issuers of trust marks whether their marks still stand; as in `MarkJudge`.

    Raises:
        UnavailableError: the anchor could not be asked.
    """
    return _Federation(anchor, fetch, now).find(issuer, send)


def entity_of(issuer: str) -> str | None:
    """Return the entity id of an issuer: its https address, or the one behind its did:web or did:webvh."""
    issuer = web_did(issuer)
    try:
        url = did_web_url(issuer) if issuer.startswith("did:web:") else issuer
        address = require_https(url)
    except CredservError:
        return None
    for ending in ("/.well-known/did.json", "/did.json") if issuer.startswith("did:web:") else ():
        if address.endswith(ending):
            return address.removesuffix(ending)
    return address.rstrip("/")


@dataclass(frozen=True)
class _Chain:
    """A trust chain.

    Attributes:
        statements: the subject's own first, then each superior's about the entity below it.
        metadata: as the federation states it.
    """

    statements: list[Statement]
    metadata: Mapping[str, dict[str, Any]]
    expires: datetime

    @property
    def superiors(self) -> list[Statement]:
        return self.statements[1:] or self.statements

    @property
    def keys(self) -> Mapping[str, JoseKey]:
        """The subject's keys, as its superior states them."""
        return self.superiors[0].keys


@dataclass
class _Federation:
    anchor: str
    fetch: Fetcher
    now: datetime
    fetches: int = 0
    most: int = _MAX_FETCHES
    known: dict[str, Statement] = field(default_factory=dict)
    chains: dict[str, _Chain | None] = field(default_factory=dict)

    def find(self, issuer: str, send: Send | None) -> Named | None:
        top = self.configuration(self.anchor)
        chain = self._find_chain(issuer, top)
        if chain is None:
            return None
        own = chain.statements[0]
        marks: tuple[Mark, ...] = ()
        if own.claims["iss"] == own.subject:
            self.most += _MAX_MARK_FETCHES
            marks = MarkJudge(top, self._mark_issuer, send, self.now).judge(own)
        name, url = _name(chain.metadata, own.subject)
        ends = [mark.ends for mark in marks if mark.ends is not None]
        return Named(
            name,
            url,
            tuple(str(statement.claims["iss"]) for statement in chain.superiors[:-1]),
            marks,
            min([chain.expires, *ends]),
        )

    def _find_chain(self, issuer: str, top: Statement) -> _Chain | None:
        """Find an issuer's chain; each issuer is looked for once."""
        entity = entity_of(issuer)
        if issuer not in self.chains:
            ways: list[Iterator[list[Statement]]] = []
            if is_did(issuer):
                ways.append(self._stated(issuer, top))
            if entity is not None:
                ways.append(iter([[top]]) if entity == self.anchor else self._chains(entity))
            found = self.chains[issuer] = next(self._that_hold(ways), None)
            if found is not None:
                self.chains[found.statements[0].subject] = found
        return self.chains[issuer]

    def _that_hold(self, ways: list[Iterator[list[Statement]]]) -> Iterator[_Chain]:
        for way in ways:
            for statements in way:
                try:
                    yield self._judge(statements)
                except CredservError:
                    continue  # another path may hold

    def _mark_issuer(self, entity: str) -> MarkIssuer:
        """Return the issuer of a trust mark. Raises CredservError if it is not in the federation."""
        chain = self._find_chain(entity, self.configuration(self.anchor))
        if chain is None or chain.statements[0].subject != entity:
            raise UnavailableError("no such entity was found in the federation")
        told = chain.metadata.get("federation_entity", {}).get("federation_trust_mark_status_endpoint")
        return MarkIssuer(chain.keys, told if isinstance(told, str) else None, chain.expires)

    # --- chains -------------------------------------------------------------------------------------

    def _stated(self, did: str, top: Statement) -> Iterator[list[Statement]]:
        """Yield what the anchor states about a DID that publishes no configuration of its own."""
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
        """Yield the chains upwards.

        `way` is the entities from the subject to the one whose superiors come next.
        """
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
                continue  # one superior that fails costs the others nothing
            if superior == self.anchor:
                yield [*chain, statement]
            else:
                yield from self._upwards([*chain, statement], (*way, superior))

    def _require_same_key(self, own: Statement, statement: Statement) -> None:
        """Require that an entity signed its own statement with a key its superior states (section 10.2)."""
        read_statement(own.token, own.subject, own.subject, statement.keys, self.now)

    def _judge(self, chain: list[Statement]) -> _Chain:
        """Judge a chain (sections 6 and 10). Raises InputError if one of its superiors forbids it."""
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
        expires = min(statement.expires for statement in [*chain, self.known[self.anchor]])
        return _Chain(chain, applied, expires)

    # --- statements ----------------------------------------------------------------------------------

    def configuration(self, entity: str) -> Statement:
        """Fetch what an entity says of itself, signed with a key that it lists there (section 9)."""
        if entity not in self.known:
            token = self._get(entity.rstrip("/") + WELL_KNOWN)
            self.known[entity] = read_statement(token, entity, entity, None, self.now)
        return self.known[entity]

    def _about(self, subject: str, superior: str, above: Statement) -> Statement:
        """Fetch what a superior says of its subordinate (section 8.1)."""
        endpoint = above.metadata("federation_entity").get("federation_fetch_endpoint")
        if not isinstance(endpoint, str):
            raise InputError("a superior without an address for its statements")
        require_https(endpoint)
        token = self._get(_asking(endpoint, subject))
        return read_statement(token, superior, subject, above.keys, self.now)

    def _get(self, url: str) -> str:
        self.fetches += 1
        if self.fetches > self.most:
            raise UnavailableError("the federation asks for more statements than are fetched for one issuer")
        body = self.fetch.get(url, accept=_ACCEPT, max_bytes=_MAX_BYTES).body
        return body.strip().decode("ascii", "replace")


def _asking(endpoint: str, subject: str) -> str:
    """Build the address of a statement: some endpoints end in an open `sub=`; some read a DID only
    unescaped."""
    if not endpoint.endswith((_OPEN, "&" + _OPEN[1:])):
        endpoint += ("&" if urlsplit(endpoint).query else "?") + _OPEN[1:]
    return endpoint + quote(subject, safe=":" if is_did(subject) else "")


def _plain(metadata: object) -> dict[str, dict[str, Any]]:
    """Return the members of each kind of metadata."""
    if not isinstance(metadata, Mapping):
        return {}
    return {kind: dict(members) for kind, members in metadata.items() if isinstance(members, Mapping)}


def _name(metadata: Mapping[str, JsonObject], subject: str) -> tuple[str, str | None]:
    """Return the name to show for an entity: its organisation's name, or its own id."""
    for kind in ("federation_entity", *metadata):
        members = metadata.get(kind, {})
        name, url = (
            members.get("organization_name"),
            members.get("organization_uri", members.get("homepage_uri")),
        )
        if isinstance(name, str) and not require_name(name):
            return name, url if is_web_page(url) else None
    return subject[:200], None
