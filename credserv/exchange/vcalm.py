"""W3C VCALM 1.0: an exchange in which a wallet proves its DID and gets a credential, and links to it.

Learner Credential Wallet 2.2 ignores the HTTP status of answers, so only those that are meant may contain
`verifiablePresentation` or `verifiablePresentationRequest`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from credserv.ground.canonical_json import to_json
from credserv.ground.errors import InputError
from credserv.ground.json_types import JsonObject

# What a wallet may sign with; Learner Credential Wallet knows only the first.
_SUITES = ("Ed25519Signature2020", "eddsa-rdfc-2022", "ecdsa-rdfc-2019")
_CREDENTIALS_V2 = "https://www.w3.org/ns/credentials/v2"


@dataclass(frozen=True)
class WalletLinks:
    """Links for wallets.

    Attributes:
        interaction: for a camera, or any wallet with VCALM.
        app: a web address that opens Learner Credential Wallet.
        scheme: the same with its own scheme.
        direct: the same with the registered scheme.
        offer: an OpenID4VCI offer, for which the app asks for the number `tx_code`; "" where there is none.
    """

    interaction: str
    app: str
    scheme: str
    direct: str
    offer: str = ""
    tx_code: str = ""


def interaction_protocols(exchange_url: str, others: Mapping[str, str] = {}) -> dict[str, Any]:
    """Return what an interaction URL answers programs (VCALM 1.0, interaction protocol discovery)."""
    return {"protocols": {"vcapi": exchange_url, **others}}


def wallet_links(interaction_url: str, exchange_url: str) -> WalletLinks:
    """Return the links. `interaction_url` includes its `iuv=1`."""
    request = quote(to_json(interaction_protocols(exchange_url)).decode(), safe="")
    return WalletLinks(
        interaction=interaction_url,
        app=f"https://lcw.app/request?request={request}",
        scheme=f"dccrequest://request?request={request}",
        direct=f"interaction:{interaction_url}",
    )


def ask_for_did(challenge: str, domain: str) -> dict[str, Any]:
    """Build a request to prove a DID. The wallet signs both strings as they are."""
    query = {
        "type": "DIDAuthentication",
        "acceptedMethods": [{"method": "key"}, {"method": "jwk"}],
        "acceptedCryptosuites": [{"cryptosuite": suite} for suite in _SUITES],
    }
    asked = {"query": [query], "challenge": challenge, "domain": domain}
    return {"verifiablePresentationRequest": asked}


def hand_over(credential: JsonObject) -> dict[str, Any]:
    """Return the credential in an unsigned presentation: its own proof counts."""
    presentation = {
        "@context": [_CREDENTIALS_V2],
        "type": ["VerifiablePresentation"],
        "verifiableCredential": [credential],
    }
    return {"verifiablePresentation": presentation}


def read_message(message: JsonObject) -> JsonObject | None:
    """Return the presentation a wallet posts; None for an empty message, which begins the exchange.

    Raises InputError for anything else.
    """
    if not message:
        return None
    presentation = message.get("verifiablePresentation")
    if not isinstance(presentation, Mapping):
        raise InputError("send {} to begin, then the verifiablePresentation that was asked for, as an object")
    return presentation
