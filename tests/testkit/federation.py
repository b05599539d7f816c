"""A federation of the test's own: entities that state what they like of themselves and of each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from credserv.ground.encoding import KeyType
from credserv.verifying.federation import WELL_KNOWN
from tests.testkit.proofs import NOW
from tests.testkit.tokens import TokenIssuer, token_issuer

AT = int(NOW.timestamp())
ANCHOR, MIDDLE, LEAF = "https://anchor.example", "https://middle.example", "https://school.example"


@dataclass
class Federation:
    """keys: of each entity. pages: what the hosts serve, tokens by their addresses."""

    keys: dict[str, TokenIssuer] = field(default_factory=dict)
    pages: dict[str, bytes] = field(default_factory=dict)

    def entity(self, name: str, hints: tuple[str, ...] = (), org: str = "", **changes: Any) -> None:
        """Publishes its configuration. changes: claims; None leaves one out."""
        if name not in self.keys:
            self.keys[name] = token_issuer(KeyType.P256, seed=len(self.keys) + 50)
        own: dict[str, Any] = {"federation_fetch_endpoint": f"{name}/fetch"}
        if org:
            own["organization_name"] = org
        claims = {"authority_hints": list(hints) or None, "metadata": {"federation_entity": own}, **changes}
        self.pages[name + WELL_KNOWN] = self.sign(name, name, by=name, **claims)

    def states(self, superior: str, subject: str, **changes: Any) -> None:
        """`superior` publishes a statement about `subject`."""
        asked = quote(subject, safe=":" if subject.startswith("did:") else "")
        self.pages[f"{superior}/fetch?sub={asked}"] = self.sign(superior, subject, by=superior, **changes)

    def sign(
        self, issuer: str, subject: str, *, by: str, header: dict[str, Any] | None = None, **changes: Any
    ) -> bytes:
        claims = {"iss": issuer, "sub": subject, "iat": AT - 60, "exp": AT + 3_600}
        if subject in self.keys:
            claims["jwks"] = {"keys": [self.jwk(subject)]}
        claims = {name: value for name, value in {**claims, **changes}.items() if value is not None}
        return self._forge(claims, "entity-statement+jwt", by, header).encode()

    def token(self, typ: str, *, by: str, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """Signed by an entity. claims: None leaves one out."""
        said = {"iss": by, "iat": AT - 60, **claims}
        said = {name: value for name, value in said.items() if value is not None}
        return self._forge(said, typ, by, header)

    def _forge(self, claims: dict[str, Any], typ: str, by: str, header: dict[str, Any] | None) -> str:
        own = self.keys[by]
        head = {"alg": own.algorithm, "kid": self.jwk(by)["kid"], "typ": typ}
        return own.forge(head | (header or {}), claims)

    def jwk(self, name: str) -> dict[str, Any]:
        return {**self.keys[name].jwk, "kid": f"key-of-{name}"}


def small_federation(**leaf: Any) -> Federation:
    """An anchor, one in the middle, and a school below it."""
    made = Federation()
    for name in (ANCHOR, MIDDLE, LEAF):
        made.entity(name)
    made.entity(ANCHOR, org="Anchor Association")
    made.entity(MIDDLE, (ANCHOR,), org="Middle Union")
    made.entity(LEAF, (MIDDLE,), org="Example School", **leaf)
    made.states(ANCHOR, MIDDLE)
    made.states(MIDDLE, LEAF)
    return made
