"""One issuer's key and what it signs for callers: a proof within the credential, or a token around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from credserv.ground.errors import InputError
from credserv.ground.json_types import JsonObject
from credserv.proof.data_integrity.cryptosuite import CryptoSuite
from credserv.proof.data_integrity.proof_form import PROOF_TYPE
from credserv.proof.data_integrity.proofs import ProofExtras, add_proof
from credserv.proof.keys.signer import Signer
from credserv.proof.rdf.canonize import Canonizer
from credserv.proof.tokens.envelope import envelope
from credserv.proof.tokens.vc_jwt import sign_vc_jwt


@dataclass(frozen=True)
class ProofWishes:
    """What a caller asks of the proof; None for what is left to the issuer."""

    proof_type: str | None = None
    cryptosuite: str | None = None
    created: datetime | None = None
    extras: ProofExtras | None = None


@dataclass(frozen=True)
class CredentialSigner:
    """One issuer with one key. suites: by identifier, all that the key may sign with, the usual one first."""

    did: str
    verification_method: str
    signer: Signer
    suites: Mapping[str, CryptoSuite]
    canonizer: Canonizer

    def sign(self, credential: JsonObject, wishes: ProofWishes, *, now: datetime) -> dict[str, Any]:
        """The credential with its proof. Raises InputError for wishes that this key cannot fulfil."""
        if wishes.proof_type not in (None, PROOF_TYPE):
            raise InputError(f"no proofs of the type {str(wishes.proof_type)[:80]!r} are made here")
        name = wishes.cryptosuite or next(iter(self.suites))
        if name not in self.suites:
            known = ", ".join(self.suites)
            raise InputError(f"{name[:80]!r} does not go with this issuer's key; {known} would")
        return add_proof(
            credential,
            suite=self.suites[name],
            signer=self.signer,
            verification_method=self.verification_method,
            created=wishes.created or now,
            extras=wishes.extras,
        )


@dataclass(frozen=True)
class TokenSigner:
    """As CredentialSigner, with a vc+jwt in an envelope (VC-JOSE-COSE 1.0, section 3.1)."""

    did: str
    verification_method: str
    signer: Signer

    def sign(self, credential: JsonObject, wishes: ProofWishes, *, now: datetime) -> dict[str, Any]:  # noqa: ARG002 - as CredentialSigner
        """The envelope. A token has none of the members that a proof can have, so all wishes are refused."""
        if replace(wishes, extras=wishes.extras or ProofExtras()) != ProofWishes(extras=ProofExtras()):
            raise InputError("a token has no proof whose type, suite, dates or use could be chosen")
        token = sign_vc_jwt(credential, signer=self.signer, verification_method=self.verification_method)
        return dict(envelope(token))


def suites_for(suites: Mapping[str, CryptoSuite], signer: Signer, usual: str) -> dict[str, CryptoSuite]:
    """Those that `signer` can sign with and that are there to sign, `usual` first."""
    fitting = {
        name: suite for name, suite in suites.items() if signer.key_type in suite.key_types and suite.signs
    }
    return {usual: fitting[usual], **fitting}
