"""OpenID for Verifiable Credential Issuance 1.0: the issuer's messages. No I/O, and no state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from credserv.ground.errors import WalletRequestError
from credserv.ground.json_types import JsonObject
from credserv.openbadges.learning_credential import CLAIMS, Claim
from credserv.records.copies import CopyForm

ROOM = "/openid4vci"
DETAILS = "openid_credential"
AUTHORIZATION_CODE = "authorization_code"
PRE_AUTHORIZED = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
BATCH_SIZE = 4
TX_CODE_LENGTH = 6
EVENTS = ("credential_accepted", "credential_failure", "credential_deleted")
_SCHEME = "openid-credential-offer://"
_PREFIX = "open-badge-"
_LEARNING = "learning-credential-dc+sd-jwt"
_BINDINGS = ["did:key", "did:jwk", "jwk"]
_TYPES = ["VerifiableCredential", "OpenBadgeCredential"]


@dataclass(frozen=True)
class Issuer:
    """The issuer.

    Attributes:
        url: the Credential Issuer Identifier.
        forms: each with the algorithms or suites that sign it.
        contexts: of the credentials.
        vcts: of those as SD-JWT VC.
        key_algorithms, suites: of proofs by wallets.
    """

    url: str
    name: str
    logo: str
    forms: Mapping[CopyForm, str]
    contexts: Sequence[str]
    vcts: Mapping[CopyForm, str]
    key_algorithms: Sequence[str]
    suites: Sequence[str]

    @property
    def server(self) -> str:
        """The authorization server for pre-authorized codes only."""
        return self.url + ROOM


@dataclass(frozen=True)
class CredentialRequest:
    """A wallet's request, with the proofs of its keys: JWTs, or presentations."""

    form: CopyForm
    jwts: tuple[str, ...]
    presentations: tuple[JsonObject, ...]


def configuration_id(form: CopyForm) -> str:
    return _LEARNING if form is CopyForm.LEARNING else f"{_PREFIX}{form.value}"


def credential_identifier(configuration: str, award: str) -> str:
    """Return the identifier of one badge in one form (section 6.2)."""
    return f"{configuration}:{award}"


def offer(issuer: Issuer, forms: Sequence[CopyForm], code: str, award: str) -> dict[str, Any]:
    """Build an offer (section 4.1.1), with both grants.

    The person enters a number they have, or agrees on our page.

    Args:
        award: the id of the badge. It is public and opens nothing: the person who agrees holds the badge.
    """
    tx_code = {
        "input_mode": "numeric",
        "length": TX_CODE_LENGTH,
        "description": "The number that stands beside the code in your wallet here",
    }
    grant = {"pre-authorized_code": code, "tx_code": tx_code, "authorization_server": issuer.server}
    return {
        "credential_issuer": issuer.url,
        "credential_configuration_ids": [configuration_id(form) for form in forms],
        "grants": {
            PRE_AUTHORIZED: grant,
            AUTHORIZATION_CODE: {"issuer_state": award, "authorization_server": issuer.url},
        },
    }


def offer_link(uri: str) -> str:
    """Return the link, also for a QR code: the offer by reference (section 4.1.3)."""
    return f"{_SCHEME}?{urlencode({'credential_offer_uri': uri})}"


def issuer_metadata(issuer: Issuer) -> dict[str, Any]:
    """Build the issuer's metadata (section 12.2.4)."""
    room = issuer.server
    return {
        "credential_issuer": issuer.url,
        "authorization_servers": [issuer.server, issuer.url],
        "credential_endpoint": f"{room}/credential",
        "nonce_endpoint": f"{room}/nonce",
        "deferred_credential_endpoint": f"{room}/deferred",
        "notification_endpoint": f"{room}/notification",
        "batch_credential_issuance": {"batch_size": BATCH_SIZE},
        "display": [_display(issuer, issuer.name)],
        "credential_configurations_supported": {
            configuration_id(form): _configuration(issuer, form) for form in issuer.forms
        },
    }


def server_metadata(issuer: Issuer) -> dict[str, Any]:
    """Build the metadata of the server for pre-authorized codes, which come only from offers (RFC 8414;
    section 12.3).

    Codes that a person agrees to have a server of their own, at the issuer's address (web/wallets/oauth.py).
    """
    return {
        "issuer": issuer.server,
        "token_endpoint": f"{issuer.server}/token",
        "grant_types_supported": [PRE_AUTHORIZED],
        "response_types_supported": [],
        "token_endpoint_auth_methods_supported": ["none"],
        "pre-authorized_grant_anonymous_access_supported": True,
        "dpop_signing_alg_values_supported": list(issuer.key_algorithms),
    }


def read_credential_request(body: JsonObject, forms: Sequence[CopyForm], award: str) -> CredentialRequest:
    """Read a request (section 8.2). `forms` are those of this award. Raises WalletRequestError."""
    named = [name for name in ("credential_configuration_id", "credential_identifier") if name in body]
    if len(named) != 1:
        raise WalletRequestError(
            "exactly one of credential_configuration_id and credential_identifier is there",
            error="invalid_credential_request",
        )
    if "credential_response_encryption" in body:
        raise WalletRequestError("answers are not encrypted here", error="invalid_encryption_parameters")
    known = {configuration_id(form): form for form in forms}
    if named == ["credential_identifier"]:
        known = {credential_identifier(name, award): form for name, form in known.items()}
    wanted = body[named[0]]
    if not isinstance(wanted, str) or wanted not in known:
        missing = f"unknown_{named[0].removesuffix('_id')}"
        raise WalletRequestError("the token is of no such thing: see the offer", error=missing)
    proofs = body.get("proofs")
    if not isinstance(proofs, Mapping) or len(proofs) != 1 or "proof" in body:
        raise WalletRequestError("proofs is an object with exactly one member", error="invalid_proof")
    ((kind, items),) = proofs.items()
    if kind not in ("jwt", "di_vp"):
        raise WalletRequestError("proofs of the kinds jwt and di_vp are read here", error="invalid_proof")
    if not isinstance(items, list) or not 0 < len(items) <= BATCH_SIZE:
        raise WalletRequestError(f"{kind} is a list of 1 to {BATCH_SIZE} proofs", error="invalid_proof")
    if not all(isinstance(item, str if kind == "jwt" else Mapping) for item in items):
        raise WalletRequestError(f"a proof is not of the kind {kind}", error="invalid_proof")
    return CredentialRequest(
        form=known[wanted],
        jwts=tuple(items) if kind == "jwt" else (),
        presentations=tuple(items) if kind == "di_vp" else (),
    )


def _configuration(issuer: Issuer, form: CopyForm) -> dict[str, Any]:
    """Build a configuration (appendix A). Both linked-data proofs are of one format; their suites differ."""
    metadata: dict[str, Any] = {"display": [_display(issuer, f"Badge of {issuer.name}")]}
    if form is CopyForm.LEARNING:
        metadata = {
            "display": [_display(issuer, f"Learning credential of {issuer.name}")],
            "claims": [_claim(name, claim) for name, claim in CLAIMS.items()],
        }
    made: dict[str, Any] = {
        "format": form.wire_format,
        "scope": configuration_id(form),
        "cryptographic_binding_methods_supported": _BINDINGS,
        "credential_signing_alg_values_supported": [issuer.forms[form]],
        "proof_types_supported": {
            "jwt": {"proof_signing_alg_values_supported": list(issuer.key_algorithms)},
            "di_vp": {"proof_signing_alg_values_supported": list(issuer.suites)},
        },
        "credential_metadata": metadata,
    }
    if form.is_sd_jwt_vc:
        return {**made, "vct": issuer.vcts[form]}
    definition: dict[str, Any] = {"type": _TYPES}
    if form is not CopyForm.JWT_VC_JSON:
        definition["@context"] = list(issuer.contexts)
    return {**made, "credential_definition": definition}


def _claim(name: str, claim: Claim) -> dict[str, Any]:
    """Describe a claim (appendix B.2)."""
    return {
        "path": [name],
        "mandatory": claim.is_needed,
        "display": [{"name": claim.label, "locale": "en"}],
    }


def _display(issuer: Issuer, name: str) -> dict[str, Any]:
    shown: dict[str, Any] = {"name": name, "locale": "en"}
    if issuer.logo:
        shown["logo"] = {"uri": issuer.logo, "alt_text": f"The mark of {issuer.name}"}
    return shown
