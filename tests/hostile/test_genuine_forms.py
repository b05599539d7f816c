"""Row H3 of found.md: further forms that other issuers write, and what a forger makes of each."""

from __future__ import annotations

from typing import Any

import pytest

from credserv.ground.encoding import KeyType
from credserv.ground.verification import VerificationResult
from credserv.proof.tokens.envelope import envelope
from credserv.verifying.presentation import is_presentation, verify_presentation
from tests.testkit.proofs import NOW, V2
from tests.testkit.tokens import TokenIssuer, token_issuer
from tests.testkit.verifying import Hosts, verifier
from tests.testkit.why import why

BY, THIEF = token_issuer(), token_issuer(seed=2)
GOOD = BY.forge(BY.header(), BY.badge())
SECONDS = int(NOW.timestamp())


def result_of(secured: Any) -> VerificationResult:
    return verifier().verify_secured(secured, now=NOW, resolvers=Hosts().resolvers).result


def enveloped(media_type: str, token: str) -> dict[str, str]:
    return envelope(GOOD) | {"id": f"data:application/{media_type},{token}"}


# --- names of types in the drafts of VC-JOSE-COSE -------------------------------------------------------


@pytest.mark.parametrize(
    "former", ["{}+ld+json+{}", "{}+ld+{}", "{}-ld+{}", "application/{}+ld+{}", "{}+LD+{}"]
)
@pytest.mark.parametrize("form", ["jwt", "sd-jwt"])
def test_found_h3_a_token_with_the_type_of_a_draft(former: str, form: str) -> None:
    """Issuers still write `vc+ld+json+jwt` and its successors, in the header and in envelopes."""
    typ, end = former.format("vc", form), "~" if form == "sd-jwt" else ""
    media_type = typ.lower().removeprefix("application/")

    def made(by: TokenIssuer, **header: Any) -> str:
        return by.forge(BY.header(typ=typ, cty="vc+ld+json", iss=BY.did) | header, BY.badge()) + end

    for secured in (made(BY), enveloped(media_type, made(BY))):
        assert result_of(secured).verified
    for forged in (made(THIEF), enveloped(media_type, made(THIEF))):
        assert why(result_of(forged)) == {"proof: invalid-signature"}
    assert why(result_of(made(BY, typ=former.format("vp", form)))) == {"proof: malformed-proof"}
    other = media_type.replace("vc", "vp", 1)
    assert why(result_of(enveloped(other, made(BY)))) == {"proof: malformed-proof"}


@pytest.mark.parametrize("typ", ["vp+ld+json+jwt", "vp+ld+jwt", "vp-ld+jwt", "jwt"])
def test_found_h3_a_presentation_with_the_type_of_a_draft(typ: str) -> None:
    held = {"@context": [V2], "type": ["VerifiablePresentation"], "holder": BY.did}
    claims = held | {"verifiableCredential": [envelope(GOOD)], "aud": "reader", "nonce": "n-1"}

    def presented(by: TokenIssuer, challenge: str) -> VerificationResult:
        token = by.forge(BY.header(typ=typ), claims)
        assert is_presentation(token)
        asked: Any = {"challenge": challenge, "domain": "reader"}
        return verify_presentation(verifier(), token, now=NOW, resolvers=Hosts().resolvers, **asked).result

    assert presented(BY, "n-1").verified
    assert why(presented(BY, "n-2")) == {"proof: other-occasion"}
    assert why(presented(THIEF, "n-1")) == {"proof: invalid-signature"}
    assert why(result_of(BY.forge(BY.header(typ=typ), claims))) != set()


@pytest.mark.parametrize("typ", ["vc+ld+json", "vcld+jwt", "vc+ld+json+ld+jwt", "jwt_vc", "credential+jwt"])
def test_found_h1_another_type_makes_no_token_false(typ: str) -> None:
    assert why(result_of(BY.forge(BY.header(typ=typ), BY.badge()))) == {"proof: unsupported-proof"}


# --- JWTs that repeat less than the Open Badges profile asks for ----------------------------------------


def open_badge(by: TokenIssuer, leave: tuple[str, ...], **changes: Any) -> dict[str, Any]:
    document = by.badge()
    claims = {"iss": by.did, "jti": document["id"], "nbf": 1_773_478_800, "exp": 1_836_637_200}
    whole = document | claims | {"sub": document["credentialSubject"]["id"]} | changes
    return {name: value for name, value in whole.items() if name not in leave}


@pytest.mark.parametrize("leave", [("exp",), ("sub",), ("exp", "sub"), ("jti",), ("validUntil",)], ids=str)
@pytest.mark.parametrize("kind", [KeyType.ED25519, KeyType.P256, KeyType.P384, KeyType.SECP256K1], ids=str)
def test_found_h3_a_jwt_that_repeats_less_of_its_badge_than_the_profile_asks(
    kind: KeyType, leave: tuple[str, ...]
) -> None:
    """Open Badges 3.0, 8.2.4: what is not repeated is said by the badge, under the same signature."""
    by, thief = token_issuer(kind), token_issuer(kind, seed=2)

    def made(signer: TokenIssuer = by, **changes: Any) -> VerificationResult:
        return result_of(signer.forge(by.header(typ="JWT"), open_badge(by, leave, **changes)))

    assert made().verified
    assert why(made(thief)) == {"proof: invalid-signature"}
    assert made(iss=thief.did).verified is False
    past: dict[str, Any] = {"validFrom": "2020-01-01T00:00:00Z", "nbf": 1_577_836_800}
    ended = {"validUntil": "2026-03-14T09:26:53Z", "exp": SECONDS}
    assert made(**past).verified
    assert why(made(**past, **ended)) & {"validity: expired", "proof: proof-time"}
    if "exp" not in leave and "validUntil" not in leave:
        assert why(made(exp=1_900_000_000)) == {"proof: malformed-proof"}
    assert why(made(sub="did:example:other")) == ({"proof: malformed-proof"} if "sub" not in leave else set())


@pytest.mark.parametrize("alg", [["ES256"], {}, None, 5, "none", "HS256"], ids=str)
def test_attack_25_an_algorithm_of_any_shape_is_refused(alg: Any) -> None:
    made = BY.forge(BY.header(typ="JWT") | {"alg": alg}, open_badge(BY, ()))
    assert why(result_of(made)) == {"proof: malformed-proof"}
