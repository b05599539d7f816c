"""One issuer's key and what it signs for callers: a proof within the credential, or a token around it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from credserv.ground.errors import InputError
from credserv.ground.json_types import JsonObject
from credserv.openbadges.data_model import listed
from credserv.proof.data_integrity.cryptosuite import CryptoSuite
from credserv.proof.data_integrity.ecdsa_sd_2023 import EcdsaSd2023
from credserv.proof.data_integrity.proof_form import PROOF_TYPE
from credserv.proof.data_integrity.proofs import ProofExtras, add_proof
from credserv.proof.keys.signer import Signer
from credserv.proof.rdf.canonize import Canonizer
from credserv.proof.tokens.cose_issue import sign_cose
from credserv.proof.tokens.envelope import envelope, envelope_cose
from credserv.proof.tokens.sd_jwt_issue import Path, sign_sd_jwt
from credserv.proof.tokens.token import Binding, Kind
from credserv.proof.tokens.vc_jwt import presentation_claims, sign_vc_jwt, sign_vp_jwt

TOKEN_FORMS = ("vc+jwt", "vc+sd-jwt", "vc+cose")


@dataclass(frozen=True)
class ProofWishes:
    """What a caller asks of the proof; None for what is left to the issuer.

    mandatory: JSON Pointers to what the holder cannot withhold, where the proof lets them withhold anything.
    """

    proof_type: str | None = None
    cryptosuite: str | None = None
    created: datetime | None = None
    extras: ProofExtras | None = None
    mandatory: tuple[str, ...] = ()


@dataclass(frozen=True)
class CredentialSigner:
    """One issuer with one key. suites: by identifier, all that the key may sign with, the usual one first."""

    did: str
    verification_method: str
    signer: Signer
    suites: Mapping[str, CryptoSuite]
    canonizer: Canonizer

    def sign(self, credential: JsonObject, wishes: ProofWishes, *, now: datetime) -> dict[str, Any]:
        """The credential with its proof, or in the envelope of a token that `wishes` names.

        Raises InputError for wishes that this key cannot fulfil.
        """
        if wishes.proof_type in TOKEN_FORMS:
            token = TokenSigner(self.did, self.verification_method, self.signer, wishes.proof_type)
            return token.sign(credential, replace(wishes, proof_type=None), now=now)
        if wishes.proof_type not in (None, PROOF_TYPE):
            raise InputError(f"no proofs of the type {str(wishes.proof_type)[:80]!r} are made here")
        return add_proof(
            credential,
            suite=self._suite(wishes),
            signer=self.signer,
            verification_method=self.verification_method,
            created=wishes.created or now,
            extras=wishes.extras,
        )

    def _suite(self, wishes: ProofWishes) -> CryptoSuite:
        name = wishes.cryptosuite or next(iter(self.suites))
        if name not in self.suites:
            known = ", ".join(self.suites)
            raise InputError(f"{name[:80]!r} does not go with this issuer's key; {known} would")
        suite = self.suites[name]
        if isinstance(suite, EcdsaSd2023):
            return suite.requiring(wishes.mandatory)
        if wishes.mandatory:
            raise InputError(f"mandatoryPointers go with {EcdsaSd2023.identifier}: {name} always shows all")
        return suite


@dataclass(frozen=True)
class TokenSigner:
    """As CredentialSigner, with a token in an envelope (VC-JOSE-COSE 1.0). form: one of TOKEN_FORMS."""

    did: str
    verification_method: str
    signer: Signer
    form: str = "vc+jwt"

    def sign(self, credential: JsonObject, wishes: ProofWishes, *, now: datetime) -> dict[str, Any]:  # noqa: ARG002 - as CredentialSigner
        """The envelope. A token has no member that a proof can have, so wishes for those are refused.

        In a vc+sd-jwt the holder can withhold each member of the subject that `wishes.mandatory` leaves free.
        """
        plain = replace(wishes, extras=wishes.extras or ProofExtras(), mandatory=())
        if plain != ProofWishes(extras=ProofExtras()):
            raise InputError("a token has no proof whose type, suite, dates or use could be chosen")
        if wishes.mandatory and self.form != "vc+sd-jwt":
            raise InputError(f"mandatoryPointers go with a vc+sd-jwt: a {self.form} always shows all")
        made: dict[str, Any] = {"signer": self.signer, "verification_method": self.verification_method}
        if self.form == "vc+cose":
            return dict(envelope_cose(sign_cose(credential, **made)) or {})
        if self.form == "vc+jwt":
            return dict(envelope(sign_vc_jwt(credential, **made)))
        paths = tuple(_withholdable(credential, wishes.mandatory))
        return dict(envelope(sign_sd_jwt(credential, disclosable=paths, **made)))

    def sign_presentation(
        self, presentation: JsonObject, binding: Binding, *, now: datetime
    ) -> dict[str, Any]:
        """The envelope around a presentation, made for the reader that `binding` names. Raises InputError."""
        kind = Kind.PRESENTATION
        made: dict[str, Any] = {"signer": self.signer, "verification_method": self.verification_method}
        claims = presentation_claims(binding, now)
        if self.form == "vc+cose":
            return dict(envelope_cose(sign_cose(presentation, kind=kind, claims=claims, **made)) or {})
        if self.form == "vc+jwt":
            return dict(envelope(sign_vp_jwt(presentation, binding=binding, issued_at=now, **made), kind))
        return dict(envelope(sign_sd_jwt(presentation, kind=kind, envelope=claims, **made), kind))


def _withholdable(credential: JsonObject, mandatory: tuple[str, ...]) -> Iterator[Path]:
    """The members of each subject, but for its id and type, and what a pointer leads to or passes."""
    subject = credential.get("credentialSubject")
    for place, one in enumerate(listed(subject)):
        above: Path = ("credentialSubject", place) if isinstance(subject, list) else ("credentialSubject",)
        for name in one if isinstance(one, Mapping) else ():
            steps = [str(step).replace("~", "~0").replace("/", "~1") for step in (*above, name)]
            pointer = "".join(f"/{step}" for step in steps)
            if name not in ("id", "type") and not any(_meet(pointer, other) for other in mandatory):
                yield (*above, name)


def _meet(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}/") or other.startswith(f"{one}/")


def suites_for(suites: Mapping[str, CryptoSuite], signer: Signer, usual: str) -> dict[str, CryptoSuite]:
    """Those that `signer` can sign with and that are there to sign, `usual` first."""
    fitting = {
        name: suite for name, suite in suites.items() if signer.key_type in suite.key_types and suite.signs
    }
    return {usual: fitting[usual], **fitting}
