"""Row H3 of found.md: further forms that other issuers write, and what a forger makes of each."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from credserv.ground.encoding import KeyType
from credserv.ground.verification import Verdict, VerificationResult
from credserv.journeys.check.check import Checked, Question, check, check_document
from credserv.proof.keys.jwk import thumbprint
from credserv.proof.tokens.envelope import envelope
from credserv.verifying.presentation import is_presentation, verify_presentation
from tests.testkit.proofs import NOW, V2, badge, issuer
from tests.testkit.service import Service, make_service
from tests.testkit.tokens import TokenIssuer, token_issuer, with_jwk
from tests.testkit.verifying import Hosts, verifier
from tests.testkit.why import why

BY, THIEF = token_issuer(), token_issuer(seed=2)
GOOD = BY.forge(BY.header(), BY.badge())
SECONDS = int(NOW.timestamp())


def result_of(secured: Any, pages: dict[str, Any] | None = None) -> VerificationResult:
    hosts = Hosts(pages or {})
    return verifier().verify_secured(secured, now=NOW, resolvers=hosts.resolvers).result


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


# --- how keys are named and written ---------------------------------------------------------------------

SCHOOL, PAGE = "did:web:school.example", "https://school.example/.well-known/did.json"
PROFILE = {"type": ["Profile"], "name": "School"}


@pytest.mark.parametrize("named", ["{}", SCHOOL + "#{}"])
@pytest.mark.parametrize("own", ["kid", "thumbprint"])
def test_found_h3_a_kid_that_names_the_json_web_key_within_the_did(named: str, own: str) -> None:
    """The method is `#key-1`, its key has a name of its own, and the header puts that behind the DID."""
    name = "signing-2026" if own == "kid" else thumbprint(BY.jwk)
    document = with_jwk(SCHOOL, BY.jwk | ({"kid": name} if own == "kid" else {}))
    header = BY.header(kid=named.format(name))

    def made(by: TokenIssuer, header: dict[str, Any] = header, page: Any = document) -> VerificationResult:
        return result_of(by.forge(header, BY.badge(issuer={"id": SCHOOL, **PROFILE})), {PAGE: page})

    assert made(BY).verified
    assert why(made(THIEF)) == {"proof: invalid-signature"}
    elsewhere = BY.header(kid=f"{THIEF.did}#{name}")
    assert why(made(BY, elsewhere)) == {"proof: verification-method"}
    unlisted = document | {"assertionMethod": None}
    assert why(made(BY, page=unlisted)) == {"proof: verification-method"}


def _did_jwk(jwk: Any, *, pad: bool = False) -> str:
    text = base64.urlsafe_b64encode(json.dumps(jwk).encode()).decode()
    return "did:jwk:" + (text if pad else text.rstrip("="))


def test_found_h3_a_did_jwk_with_members_that_are_null() -> None:
    did = _did_jwk(BY.jwk | {"alg": None, "use": None, "d": None, "key_ops": None})
    whole = BY.badge(issuer={"id": did, **PROFILE})
    assert result_of(BY.forge(BY.header(kid=f"{did}#0"), whole)).verified
    assert why(result_of(THIEF.forge(BY.header(kid=f"{did}#0"), whole))) == {"proof: invalid-signature"}
    told = _did_jwk(BY.jwk | {"d": "AAAA"})
    secret = BY.forge(BY.header(kid=f"{told}#0"), BY.badge(issuer={"id": told, **PROFILE}))
    assert why(result_of(secret)) == {"proof: verification-method"}


def test_found_h1_a_did_jwk_that_cannot_be_read_makes_no_badge_false() -> None:
    padded = next(
        did
        for length in range(3)
        if (did := _did_jwk(BY.jwk | {"kid": "k" * length}, pad=True)).endswith("=")
    )
    for did in (padded, "did:jwk:xx", "did:jwk:e30x"):
        token = BY.forge(BY.header(kid=f"{did}#0"), BY.badge(issuer={"id": did, **PROFILE}))
        assert why(result_of(token)) == {"proof: unsupported-proof"}, did


ALICE, MALLORY = issuer(1), issuer(2)


@pytest.mark.parametrize("fragment", ["key-1", ALICE.did, "z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc"])
def test_found_h1_a_method_of_a_did_key_by_another_name(fragment: str) -> None:
    whole = badge(ALICE)
    del whole["credentialStatus"]
    for by in (ALICE, MALLORY):
        proof = by.prove(whole, verificationMethod=f"{ALICE.did}#{fragment}")
        assert why(result_of({**whole, "proof": proof})) == {"proof: unsupported-proof"}
    stolen = MALLORY.prove(whole, verificationMethod=f"{MALLORY.did}#{fragment}")
    assert why(result_of({**whole, "proof": stolen})) == {"proof: verification-method"}


def test_found_h1_a_proof_that_names_its_key_as_before_data_integrity() -> None:
    whole = badge(ALICE)
    del whole["credentialStatus"]
    proof = ALICE.prove(whole)
    full = {
        "id": ALICE.method,
        "type": "Multikey",
        "controller": ALICE.did,
        "publicKeyMultibase": ALICE.did[8:],
    }
    former = {
        "type": "Ed25519Signature2018",
        "created": "2019-03-14T09:00:00Z",
        "creator": ALICE.method,
        "jws": "a..b",
    }
    for changed in (
        proof | {"verificationMethod": full},
        former,
        former | {"proofPurpose": "assertionMethod"},
    ):
        assert "proof: unsupported-proof" in why(result_of({**whole, "proof": changed}))
        assert not result_of({**whole, "proof": changed}).verified
    stripped = {name: value for name, value in proof.items() if name != "verificationMethod"}
    for changed in (stripped, stripped | {"creator": ALICE.method}):
        assert "proof: malformed-proof" in why(result_of({**whole, "proof": changed}))


# --- a credential in a presentation that nobody signed --------------------------------------------------


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Service:
    folder = tmp_path_factory.mktemp("genuine")
    return make_service(f"sqlite:///{folder / 'credserv.sqlite'}", folder, fetcher=HOSTS, starters=False)


HOSTS = Hosts()
SIGNED = ALICE.sign({name: value for name, value in badge(ALICE).items() if name != "credentialStatus"})


def presented(*held: Any, **members: Any) -> dict[str, Any]:
    """As wallets share a badge: `holder` is claimed by nobody in particular."""
    around = {"@context": [V2], "type": ["VerifiablePresentation"], "holder": MALLORY.did}
    return around | {"verifiableCredential": list(held)} | members


def look(
    service: Service, document: Any, url: str | None = None, *, is_presented: bool = False, **asked: Any
) -> Checked:
    data, now = None if url else json.dumps(document).encode(), service.clock.now
    question = Question(**asked)
    return check(service.services, data=data, url=url, now=now, question=question, is_presented=is_presented)


@pytest.mark.parametrize("held", [SIGNED, GOOD, envelope(GOOD)], ids=["proof", "token", "enveloped"])
@pytest.mark.parametrize("proof", [{}, {"proof": None}, {"proof": []}], ids=str)
def test_found_h2_a_badge_in_a_presentation_that_nobody_signed_is_judged_itself(
    service: Service, held: Any, proof: dict[str, Any]
) -> None:
    shared = presented(held, **proof)
    HOSTS.pages = {"https://wallet.example/shared": shared}
    for found in (
        look(service, shared),
        look(service, None, url="https://wallet.example/shared"),
        check_document(service.services, shared, now=service.clock.now),
    ):
        assert found.verdict is Verdict.ISSUER_UNKNOWN
        assert (found.kind, found.holder, found.display.name) == ("credential", "", "Mentor")
        assert found.found_in.endswith("the presentation around it, which nobody signed")
    # Who asked for its holder has nobody's signature.
    assert "proof: missing-proof" in why(look(service, shared, challenge="n-1").result)
    assert "proof: missing-proof" in why(look(service, shared, is_presented=True).result)


def test_attack_86_a_presentation_that_nobody_signed_makes_no_badge_better(service: Service) -> None:
    altered = SIGNED | {"name": "Master"}
    unsigned = {name: value for name, value in SIGNED.items() if name != "proof"}
    spoilt = {"proof": ALICE.prove(presented(SIGNED), proofPurpose="authentication")}
    for document, reason in (
        (presented(altered), "invalid-signature"),
        (presented(unsigned), "missing-proof"),
        (presented(SIGNED, altered), "missing-proof"),
        (presented(SIGNED, SIGNED), "missing-proof"),
        (presented(SIGNED, **spoilt), "verification-method"),
        (presented(SIGNED, proof={}), "malformed-proof"),
        (presented(presented(SIGNED)), "missing-proof"),
        (presented(), "missing-proof"),
        (presented(THIEF.forge(BY.header(), BY.badge())), "invalid-signature"),
        (presented("https://wallet.example/shared"), "malformed-proof"),
    ):
        found = look(service, document)
        assert f"proof: {reason}" in why(found.result), document
        assert not found.result.verified
