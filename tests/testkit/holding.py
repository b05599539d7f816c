"""Keys of a holder, as a wallet app has them, and such an app."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from credserv.exchange.oid4vci import PRE_AUTHORIZED
from credserv.ground.encoding import KeyType, decode_multikey, encode_base64url
from credserv.journeys.claim.offers import MadeOffer, make_offer
from credserv.proof.keys.jwk import build_jwk
from credserv.proof.keys.signer import Signer
from credserv.proof.keys.verification_method import did_key
from credserv.proof.tokens.jws import sign_jws
from credserv.records.credentials import CredentialRecord
from tests.testkit.service import Service
from tests.testkit.tokens import signer


def wallet_did(seed: int = 7, key_type: KeyType = KeyType.ED25519) -> str:
    """The did:key of one."""
    return did_key(signer(key_type, seed).public_key_multibase)


def award(service: Service, **made: str) -> CredentialRecord:
    """A badge that was just issued."""
    record = service.services.store.credentials.get(service.issue(**made))
    assert record is not None
    return record


@dataclass
class WalletApp:
    """One that speaks OpenID4VCI, and may be told to do it wrongly. key: of its badges."""

    service: Service
    key: Signer = field(default_factory=lambda: signer(KeyType.P256, 7))
    token: str = ""

    @property
    def issuer(self) -> str:
        return self.service.services.public_url

    @property
    def jwk(self) -> dict[str, str]:
        return build_jwk(*decode_multikey(self.key.public_key_multibase))

    @property
    def now(self) -> int:
        return int(self.service.clock.now.timestamp())

    def offered(self, record: CredentialRecord) -> MadeOffer:
        return make_offer(self.service.services, record.person_id, record.id, self.service.clock.now)

    def fetch(self, made: MadeOffer) -> Any:
        """The offer behind its link."""
        (uri,) = parse_qs(urlsplit(made.link).query)["credential_offer_uri"]
        assert uri.startswith(f"{self.issuer}/")
        return self.service.client().get(uri.removeprefix(self.issuer))

    def code(self, made: MadeOffer) -> str:
        found: str = self.fetch(made).json["grants"][PRE_AUTHORIZED]["pre-authorized_code"]
        return found

    def redeem(self, made: MadeOffer, **changed: Any) -> Any:
        """POST to the token endpoint; None leaves a parameter out."""
        headers = changed.pop("headers", {})
        form = {
            "grant_type": PRE_AUTHORIZED,
            "pre-authorized_code": changed.pop("code", None) or self.code(made),
            "tx_code": made.tx_code,
            **changed,
        }
        sent = {name: value for name, value in form.items() if value is not None}
        answer = self.service.client().post("/openid4vci/token", data=sent, headers=headers)
        if answer.status_code == 200:
            self.token = answer.json["access_token"]
        return answer

    def take_up(self, record: CredentialRecord) -> str:
        """From an offer to the access token."""
        assert self.redeem(self.offered(record)).status_code == 200
        return self.token

    def nonce(self) -> str:
        found: str = self.post("nonce", token="").json["c_nonce"]
        return found

    def proof(
        self,
        nonce: str | None,
        *,
        key: Signer | None = None,
        header: dict[str, Any] | None = None,
        **changed: Any,
    ) -> str:
        """A key proof; None leaves a member out."""
        claims = {"aud": self.issuer, "iat": self.now, "nonce": nonce, **changed}
        head = {"typ": "openid4vci-proof+jwt", "jwk": self.jwk, **(header or {})}
        return sign_jws(
            {name: value for name, value in claims.items() if value is not None},
            header={name: value for name, value in head.items() if value is not None},
            signer=key or self.key,
        )

    def dpop(self, path: str, jti: str, *, token: str = "", **changed: Any) -> str:
        claims = {"htm": "POST", "htu": f"{self.issuer}/openid4vci/{path}", "iat": self.now, "jti": jti}
        if token:
            claims["ath"] = encode_base64url(hashlib.sha256(token.encode()).digest())
        header = {"typ": "dpop+jwt", "jwk": self.jwk}
        return sign_jws({**claims, **changed}, header=header, signer=self.key)

    def post(self, endpoint: str, body: Any = None, *, token: str | None = None, **headers: str) -> Any:
        held = self.token if token is None else token
        sent = {"Authorization": f"Bearer {held}"} if held else {}
        return self.service.client().post(f"/openid4vci/{endpoint}", json=body, headers={**sent, **headers})

    def ask(self, form: str, *proofs: str, **changed: Any) -> Any:
        body = {"credential_configuration_id": f"open-badge-{form}", "proofs": {"jwt": list(proofs)}}
        return self.post("credential", {**body, **changed})
