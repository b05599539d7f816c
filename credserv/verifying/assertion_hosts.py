"""Fetch what the hosts of an Open Badges 2.0 badge serve: assertion, badge class, profile, keys, lists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from credserv.fetch.guarded import Fetcher
from credserv.ground.addresses import climbs
from credserv.ground.errors import (
    GoneAtHostError,
    InputError,
    ProofError,
    UnavailableError,
    UnsupportedProofError,
)
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json_object
from credserv.ground.verification import Fact
from credserv.openbadges.v2.assertion import identifier_of, is_web_address

_ACCEPT = "application/ld+json, application/json"


class WithdrawnError(ProofError):
    """The host says that the badge was revoked and serves nothing more of it."""

    def __init__(self, reason: str, facts: Mapping[str, Fact]) -> None:
        super().__init__(reason)
        self.facts = facts


@dataclass(frozen=True)
class BadgeHosts:
    """Documents by address. Each counts as the word of the host that serves it."""

    fetch: Fetcher
    _known: dict[str, JsonObject] = field(default_factory=dict)

    def get(self, address: str) -> JsonObject:
        """Fetch a document. An http address is fetched over https, so that the host proves who it is.

        Raises:
            UnavailableError: the document could not be fetched or read.
            ProofError: the address contains `.` or `..`; it would look like the issuer's and be served from
                elsewhere.
        """
        if not is_web_address(address):
            raise UnsupportedProofError(f"{address[:80]!r} is no address from which anything could be had")
        if climbs(address):
            raise ProofError(f"{address[:200]!r} does not say plainly where on its host it leads")
        if address not in self._known:
            secure = "https://" + address.partition("://")[2]
            body = self.fetch.get(secure, accept=_ACCEPT).spoken_by_host()
            try:
                self._known[address] = parse_json_object(body)
            except InputError as error:
                raise UnavailableError(f"what {address[:200]} serves is not JSON that can be read") from error
        return self._known[address]

    def get_assertion(self, address: str) -> JsonObject:
        try:
            return self.get(address)
        except GoneAtHostError as error:
            raise WithdrawnError("", {"address": address}) from error

    def get_named(self, value: object) -> JsonObject:
        """Fetch a document by its id. Raises ProofError if the address serves a document with another id."""
        address = identifier_of(value)
        document = self.get(address)
        if not self.is_named(document, address):
            raise ProofError(f"what {address[:200]} serves says that it is something else")
        return {**document, "id": address}

    def is_named(self, document: JsonObject, address: str) -> bool:
        """Return whether a document goes by this address: as its id, or by one that differs only in scheme,
        query or `.json`, where the same host serves the same document."""
        named = document.get("id", address)
        if named == address:
            return True
        if not isinstance(named, str) or _bare(named) != _bare(address):
            return False
        try:
            return self.get(named) == document
        except UnavailableError:
            return False

    def write_out(self, assertion: JsonObject, *, trust_written: bool) -> dict[str, Any]:
        """Return the assertion with badge class and profile in place; the profile always comes from its own
        host.

        Args:
            trust_written: whether a badge class written into the assertion counts as it stands there.
        """
        badge = assertion.get("badge")
        if trust_written and isinstance(badge, Mapping) and "issuer" in badge:
            known: JsonObject = badge
        else:
            known = self.get_named(badge)
        issuer = self.get_named(known.get("issuer"))
        return {**assertion, "badge": {**known, "issuer": issuer}}


def _bare(address: str) -> str:
    return address.partition("://")[2].partition("?")[0].removesuffix(".json")
