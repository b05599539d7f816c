"""A credential or presentation inside a token: what it says, and what is needed to judge its proof."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from credserv.ground.json_types import JsonObject
from credserv.ground.verification import Fact
from credserv.proof.keys.certificates import Anchor, Chain

NOT_LOOKED_UP: Mapping[str, Fact] = {"certificateRevocation": "not looked up"}


class Kind(StrEnum):
    CREDENTIAL = "credential"
    PRESENTATION = "presentation"


@dataclass(frozen=True)
class Binding:
    """Whom and what a presentation must be made for; None for what the reader did not ask."""

    audience: str | None
    nonce: str | None


@dataclass(frozen=True)
class Circumstances:
    """What a proof is judged against.

    Attributes:
        resolve_did: as in `verify_proofs`.
        now: aware, UTC.
        purpose: what the key must be listed for.
        binding: set where the holder must have signed for this reader; None requires nothing.
        anchors: where chains of certificates may lead.
        unrevoked: returns the facts to show about a chain, from the signer's certificate to the anchor, in
            which nothing was revoked; raises RevokedCertificateError, or UnavailableError where that could
            not be found out.
    """

    resolve_did: Callable[[str], JsonObject]
    now: datetime
    clock_skew_seconds: int = 60
    purpose: str = "assertionMethod"
    binding: Binding | None = None
    anchors: Sequence[Anchor] = ()
    unrevoked: Callable[[Chain], Mapping[str, Fact]] = lambda _chain: NOT_LOOKED_UP


class Token(Protocol):
    """A token. `document` is what the payload claims without the envelope's claims; proven only after
    `verify`."""

    @property
    def mechanism(self) -> str:
        """The name of the mechanism for the proof check, with its standard."""
        ...

    @property
    def kind(self) -> Kind: ...

    @property
    def document(self) -> dict[str, Any]: ...

    @property
    def claimed_signer(self) -> str | None:
        """Whose key it says signed it, for a document that does not say whose it is."""
        ...

    def verify(self, controller: str, circumstances: Circumstances) -> str:
        """Return the verification method of `controller` that signed it.

        Raises ProofError and subclasses, UnavailableError where the controller's document could not be
        fetched.
        """
        ...
