"""Sign credentials for API callers with one issuer's key: as a proof inside the
credential, or as a token around it.
"""

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
    """What a caller wants of the proof. None leaves the choice to the issuer.

    Attributes:
        mandatory: JSON Pointers to the members that the holder cannot withhold, for proofs with selective
            disclosure.
    """

    proof_type: str | None = None
    cryptosuite: str | None = None
    created: datetime | None = None
    extras: ProofExtras | None = None
    mandatory: tuple[str, ...] = ()


@dataclass(frozen=True)
class CredentialSigner:
    """One issuer with one key.

    Attributes:
        suites: The cryptosuites that the key can sign with, by identifier. The first is the default.
    """

    did: str
    verification_method: str
    signer: Signer
    suites: Mapping[str, CryptoSuite]
    canonizer: Canonizer

    def sign(self, credential: JsonObject, wishes: ProofWishes, *, now: datetime) -> dict[str, Any]:
        """Return the credential with a proof, or inside the token envelope that `wishes` asks for.

        Raises:
            InputError: This key cannot make such a proof.
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
    """Like `CredentialSigner`, but puts a token in an envelope (VC-JOSE-COSE 1.0).

    Attributes:
        form: One of TOKEN_FORMS.
    """

    did: str
    verification_method: str
    signer: Signer
    form: str = "vc+jwt"

    def sign(self, credential: JsonObject, wishes: ProofWishes, *, now: datetime) -> dict[str, Any]:  # noqa: ARG002 - as CredentialSigner
        """Return the envelope.

        In a vc+sd-jwt the holder can withhold each member of the subject that `wishes.mandatory` does not
        cover.

        Raises:
            InputError: `wishes` sets the type, suite, dates or purpose of a proof, which a token does not
                have, or mandatory pointers for a token that always shows everything.
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
        """Return the envelope around a presentation made for the reader that `binding` names.

        Raises:
            InputError: The presentation cannot be signed in this form.
        """
        kind = Kind.PRESENTATION
        made: dict[str, Any] = {"signer": self.signer, "verification_method": self.verification_method}
        claims = presentation_claims(binding, now)
        if self.form == "vc+cose":
            return dict(envelope_cose(sign_cose(presentation, kind=kind, claims=claims, **made)) or {})
        if self.form == "vc+jwt":
            return dict(envelope(sign_vp_jwt(presentation, binding=binding, issued_at=now, **made), kind))
        return dict(envelope(sign_sd_jwt(presentation, kind=kind, envelope=claims, **made), kind))


def _withholdable(credential: JsonObject, mandatory: tuple[str, ...]) -> Iterator[Path]:
    """Yield the path of each subject member except id, type and whatever a mandatory
    pointer reaches or passes through.
    """
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
    """Return the suites that this service can create and `signer` can sign with, `usual` first."""
    fitting = {
        name: suite for name, suite in suites.items() if signer.key_type in suite.key_types and suite.signs
    }
    return {usual: fitting[usual], **fitting}
