"""What the hosts of an Open Badges 2.0 badge serve: the assertion, its badge class, profile, keys, lists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from credserv.fetch.guarded import Fetcher
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
    """Its host says that it was revoked, and nothing else of it."""

    def __init__(self, reason: str, facts: Mapping[str, Fact]) -> None:
        super().__init__(reason)
        self.facts = facts


@dataclass(frozen=True)
class BadgeHosts:
    """Documents by their addresses, each of which is the host's own word."""

    fetch: Fetcher
    _known: dict[str, JsonObject] = field(default_factory=dict)

    def get(self, address: str) -> JsonObject:
        """What an http address named is asked for over https, so that the host proves who it is.

        Raises UnavailableError when it could not be had, or is nothing that can be read, ProofError for an
        address with `.` or `..` in it: it would begin like the issuer's, and be served from another's place.
        """
        if not is_web_address(address):
            raise UnsupportedProofError(f"{address[:80]!r} is no address from which anything could be had")
        if _climbs(address):
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
        """The document with an id, as its own address serves it. Raises ProofError for one with another."""
        address = identifier_of(value)
        document = self.get(address)
        if not self.is_named(document, address):
            raise ProofError(f"what {address[:200]} serves says that it is something else")
        return {**document, "id": address}

    def is_named(self, document: JsonObject, address: str) -> bool:
        """Whether what an address serves goes by that address: as its id, or by one that differs in scheme or
        `.json` alone, at which the same host serves the same."""
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
        """The assertion with badge class and profile in their places; the profile always from its own host.

        trust_written: whether a badge class that stands in the assertion counts as it stands there.
        """
        badge = assertion.get("badge")
        if trust_written and isinstance(badge, Mapping) and "issuer" in badge:
            known: JsonObject = badge
        else:
            known = self.get_named(badge)
        issuer = self.get_named(known.get("issuer"))
        return {**assertion, "badge": {**known, "issuer": issuer}}


def _bare(address: str) -> str:
    return address.partition("://")[2].removesuffix(".json")


def _climbs(address: str) -> bool:
    """Also in the spellings that hosts undo before they look (RFC 3986, section 6.2.2)."""
    path = address.partition("://")[2].partition("?")[0].partition("#")[0]
    segments = unquote(unquote(path)).replace("\\", "/").split("/")[1:]
    return not {".", ".."}.isdisjoint(segments)
