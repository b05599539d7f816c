"""Attacks on JWT, JOSE and SD-JWT, by their numbers. Forged tokens carry a good signature unless said."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from itertools import product
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from credserv.ground.encoding import KeyType, decode_base64url, encode_base64url
from credserv.ground.errors import CredservError
from credserv.ground.verification import Outcome, VerificationResult
from credserv.proof.keys.did_jwk import did_jwk
from credserv.proof.tokens.envelope import envelope, parse_token
from credserv.proof.tokens.sd_jwt_issue import bind_sd_jwt, sign_sd_jwt
from credserv.proof.tokens.token import Binding, Kind
from credserv.proof.tokens.vc_jwt import sign_vc_jwt, sign_vp_jwt
from credserv.verifying.presentation import is_presentation, verify_presentation
from tests.testkit.bounds import HANGS_AFTER
from tests.testkit.proofs import NOW, V2, issuer
from tests.testkit.tokens import HOLDER, token_issuer
from tests.testkit.verifying import Hosts, verifier
from tests.testkit.why import why

ISSUER, THIEF = token_issuer(), token_issuer(seed=9)
GOOD = sign_vc_jwt(ISSUER.badge(), signer=ISSUER.signer, verification_method=ISSUER.method)


def result_of(
    secured: str | Mapping[str, Any], hosts: Hosts | None = None, **options: Any
) -> VerificationResult:
    resolvers = (hosts or Hosts()).resolvers
    return verifier().verify_secured(secured, now=NOW, resolvers=resolvers, **options).result


def refuse(secured: str | Mapping[str, Any], code: str | None = None, **options: Any) -> None:
    """Not verified, because something FAILED: no crash, not merely unknown; and nothing was fetched."""
    hosts = Hosts()
    result = result_of(secured, hosts, **options)
    failed = [check for check in result.checks if check.outcome is Outcome.FAILED]
    assert failed, result.checks
    assert not result.verified
    assert not result.unknown
    assert hosts.asked == []
    if code is not None:
        assert failed[0].code == code, failed[0]


def unsigned(header: Mapping[str, Any], payload: Mapping[str, Any], signature: str) -> str:
    parts = (encode_base64url(json.dumps(part).encode()) for part in (header, payload))
    return ".".join([*parts, signature])


def test_the_token_that_is_attacked_is_good() -> None:
    assert result_of(GOOD).verified


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", "", None, 5, ["EdDSA"], {}])
def test_attack_25_alg_none(algorithm: Any) -> None:
    header = ISSUER.header() | {"alg": algorithm}
    for signature in ("", GOOD.split(".")[2]):
        refuse(unsigned(header, ISSUER.badge(), signature), "malformed-proof")
    del header["alg"]
    refuse(unsigned(header, ISSUER.badge(), ""), "malformed-proof")


def test_attack_26_hmac_with_the_public_key_as_secret() -> None:
    for secret in (ISSUER.signer.public_key_multibase.encode(), json.dumps(ISSUER.jwk).encode()):
        for algorithm, name in (("HS256", "sha256"), ("HS512", "sha512")):
            token = unsigned(ISSUER.header(alg=algorithm), ISSUER.badge(), "")
            code = hmac.new(secret, token[:-1].encode(), name).digest()
            refuse(token + encode_base64url(code), "malformed-proof")


def test_attack_26_an_algorithm_that_is_not_the_keys() -> None:
    for algorithm in ("ES256", "ES384", "ES512"):
        refuse(ISSUER.forge(ISSUER.header(alg=algorithm), ISSUER.badge()), "malformed-proof")


def test_attack_27_a_key_in_the_header() -> None:
    for kid in (ISSUER.method, ISSUER.did, None):
        refuse(THIEF.forge(ISSUER.header(kid=kid, jwk=THIEF.jwk), ISSUER.badge()), "verification-method")
        refuse(THIEF.forge(ISSUER.header(kid=kid, jwk=ISSUER.jwk), ISSUER.badge()), "invalid-signature")
        assert result_of(ISSUER.forge(ISSUER.header(kid=kid, jwk=ISSUER.jwk), ISSUER.badge())).verified
    for jwk in ({}, "key", None, ISSUER.jwk | {"d": "AAAA"}):
        refuse(ISSUER.forge(ISSUER.header() | {"jwk": jwk}, ISSUER.badge()), "verification-method")
    header = {"alg": "EdDSA", "typ": "JWT", "jwk": THIEF.jwk}
    claims = {"iss": ISSUER.did, "jti": ISSUER.badge()["id"], "sub": HOLDER, "nbf": 1_773_478_800}
    claims["exp"] = 1_836_637_200
    assert result_of(ISSUER.forge(header | {"jwk": ISSUER.jwk}, ISSUER.badge() | claims)).verified
    refuse(THIEF.forge(header, ISSUER.badge() | claims), "verification-method")


def test_attack_27_a_method_of_the_attackers_own() -> None:
    for kid in (THIEF.method, None, ISSUER.method):
        token = THIEF.forge(ISSUER.header(kid=kid), ISSUER.badge())
        refuse(token)


@pytest.mark.parametrize("member", ["jku", "x5u"])
def test_attack_28_and_29_keys_from_elsewhere(member: str) -> None:
    """Nothing is fetched from there, and the issuer's own key decides, as if it were not there."""
    value = "https://thief.example/keys.json"
    hosts = Hosts({value: {"keys": [THIEF.jwk | {"kid": ISSUER.method}]}})
    for typ, kid in product(("vc+jwt", "vc+sd-jwt"), (ISSUER.method, None)):
        header = ISSUER.header(typ=typ, kid=kid, **{member: value})
        tail = "~" if typ == "vc+sd-jwt" else ""
        forged = result_of(THIEF.forge(header, ISSUER.badge()) + tail, hosts)
        assert why(forged) == {"proof: invalid-signature"}
        assert result_of(ISSUER.forge(header, ISSUER.badge()) + tail, hosts).verified
    assert hosts.asked == []


def test_a_content_type_decides_nothing_and_an_unknown_one_is_not_false() -> None:
    for cty in ("vc", "application/vc", "VC+LD+JSON", "json", "application/ld+json"):
        token = ISSUER.forge(ISSUER.header(cty=cty), ISSUER.badge())
        assert result_of(token).verified
        head, payload, signature = token.split(".")
        assert not result_of(f"{head}.{payload}.{signature[::-1]}").verified
    assert why(result_of(ISSUER.forge(ISSUER.header(cty="credential-claims-set+json"), ISSUER.badge()))) == {
        "proof: unsupported-proof"
    }
    for cty in ("vp", "JWT", "kb+jwt", "", 5, None):
        refuse(ISSUER.forge(ISSUER.header() | {"cty": cty}, ISSUER.badge()), "malformed-proof")


def test_attack_29_a_certificate_brings_no_key() -> None:
    refuse(THIEF.forge(ISSUER.header(x5c=["MIIB"]), ISSUER.badge()), "invalid-signature")
    assert result_of(ISSUER.forge(ISSUER.header(x5c=["MIIB"]), ISSUER.badge())).verified


@pytest.mark.parametrize(
    "kid",
    [
        "https://thief.example/keys.json",
        "did:web:thief.example#key-1",
        "k" * 10_000,
        "",
        None,
        5,
        True,
        [],
        {"a": 1},
    ],
)
def test_attack_28_a_kid_of_any_shape(kid: Any) -> None:
    refuse(ISSUER.forge(ISSUER.header() | {"kid": kid}, ISSUER.badge()))
    refuse(ISSUER.forge(ISSUER.header() | {"kid": kid, "typ": "JWT"}, ISSUER.badge()))


@pytest.mark.parametrize("kid", ["../../etc/passwd", "' OR 1=1 --", "#", "k" * 1_024, "urn:uuid:7"])
def test_attack_28_a_kid_of_no_key_means_the_only_key_of_a_did_that_is_one(kid: str) -> None:
    """As a path in the issuer's key store does; nobody else's key comes out of it."""
    for typ in ("vc+jwt", "JWT"):
        header = ISSUER.header(kid=kid, typ=typ)
        assert result_of(ISSUER.forge(header, ISSUER.badge())).verified
        refuse(THIEF.forge(header, ISSUER.badge()), "invalid-signature")


@pytest.mark.parametrize("crit", [[], ["exp"], ["alg"], ["urn:example:x"], "b64", None, 5])
def test_attack_30_crit(crit: Any) -> None:
    refuse(ISSUER.forge(ISSUER.header() | {"crit": crit}, ISSUER.badge()), "malformed-proof")


@pytest.mark.parametrize("more", [{}, {"b64": False}])
def test_an_extension_that_is_not_known_here_makes_no_token_false(more: dict[str, Any]) -> None:
    header = ISSUER.header() | {"sigT": "2026-03-14T00:00:00Z", "crit": ["sigT"]} | more  # ETSI TS 119 182-1
    result = result_of(ISSUER.forge(header, ISSUER.badge()))
    outcome = Outcome.FAILED if more else Outcome.UNKNOWN
    assert [check.outcome for check in result.checks if check.code] == [outcome], result.checks


@pytest.mark.parametrize(
    "typ",
    ["vp+jwt", "at+jwt", "kb+jwt", "openid4vci-proof+jwt", "VP+JWT", "vc+sd-jwt", "", 5, ["vc+jwt"], {}],
)
def test_attack_31_a_token_made_for_something_else(typ: Any) -> None:
    refuse(ISSUER.forge(ISSUER.header() | {"typ": typ}, ISSUER.badge()), "malformed-proof")


@pytest.mark.parametrize("typ", ["JWT", None])
def test_attack_31_without_a_type_of_its_own_it_is_judged_as_what_it_says(typ: str | None) -> None:
    """The type should be there and need not (VC-JOSE-COSE 1.0, 3.1.1); what is said twice must agree."""
    for more in ({}, {"cty": "vc"}, {"kid": None}, {"iat": 1}):
        header = ISSUER.header(typ=typ, **more)
        token = ISSUER.forge(header, ISSUER.badge())
        enveloped = envelope(GOOD) | {"id": f"data:application/vc+jwt,{token}"}
        for secured in (token, enveloped):
            assert result_of(secured).verified
        refuse(THIEF.forge(header, ISSUER.badge()), "invalid-signature")
    for claim in ({"iss": THIEF.did}, {"aud": "https://app.example"}, {"exp": 1_900_000_000}, {"vp": {}}):
        refuse(ISSUER.forge(ISSUER.header(typ=typ), ISSUER.badge() | claim))
    login = {"iss": ISSUER.did, "sub": HOLDER, "nonce": "n", "exp": 1_900_000_000}
    refuse(ISSUER.forge(ISSUER.header(typ=typ), login))
    refuse(ISSUER.forge(ISSUER.header(typ=typ, cty="vp"), ISSUER.badge()), "malformed-proof")
    held = ISSUER.forge(ISSUER.header(typ=typ), {"vc": ISSUER.badge()})
    found = result_of(envelope(GOOD) | {"id": f"data:application/vc+jwt,{held}"})
    assert not found.verified
    assert why(found) == {"proof: unsupported-proof"}


@pytest.mark.parametrize("typ", ["JWT", None])
def test_attack_31_a_presentation_without_a_type_is_one_by_what_it_says(typ: str | None) -> None:
    held = {"@context": [V2], "type": ["VerifiablePresentation"], "holder": THIEF.did}
    held["verifiableCredential"] = [envelope(GOOD)]
    claims = held | {"aud": BINDING.audience, "nonce": BINDING.nonce}
    token = THIEF.forge(THIEF.header(typ=typ), claims)

    def presented(secured: str, **asked: Any) -> VerificationResult:
        return verify_presentation(verifier(), secured, now=NOW, resolvers=Hosts().resolvers, **asked).result

    assert is_presentation(token)
    assert presented(token, challenge=BINDING.nonce, domain=BINDING.audience).verified
    assert why(presented(token, challenge="n-2")) == {"proof: other-occasion"}
    assert why(presented(ISSUER.forge(THIEF.header(typ=typ), claims))) == {"proof: invalid-signature"}
    refuse(token)
    credential = ISSUER.forge(ISSUER.header(typ=typ), ISSUER.badge())
    assert not is_presentation(credential)
    assert not presented(credential).verified


def test_attack_31_credentials_and_presentations_are_not_each_other() -> None:
    document = {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiablePresentation"],
        "holder": ISSUER.did,
    }
    vp = sign_vp_jwt(
        document,
        signer=ISSUER.signer,
        verification_method=ISSUER.method,
        binding=Binding("a", "n"),
        issued_at=NOW,
    )
    refuse(vp, "malformed-proof")
    refuse(envelope(GOOD) | {"id": f"data:application/vc+jwt,{vp}"}, "malformed-proof")
    for secured in (GOOD, envelope(GOOD), ISSUER.forge(ISSUER.header(), document)):
        found = verify_presentation(verifier(), secured, now=NOW, resolvers=Hosts().resolvers)
        assert not found.result.verified
        assert why(found.result) & {
            "proof: malformed-proof",
            "proof: missing-proof",
            "structure: invalid-input",
        }


def test_attack_32_duplicate_members() -> None:
    header, payload = json.dumps(ISSUER.header()), json.dumps(ISSUER.badge())
    twice = [
        (header[:-1] + ', "alg": "EdDSA"}', payload),
        (header[:-1] + f', "kid": "{THIEF.method}"}}', payload),
        (header, payload[:-1] + f', "issuer": "{THIEF.did}"}}'),
        (header, payload.replace('"name": "Mentor"', '"name": "Mentor", "n\\u0061me": "Chief"')),
    ]
    for forged_header, forged_payload in twice:
        token = ISSUER.forge(forged_header.encode(), forged_payload.encode())
        refuse(token, "malformed-json")


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("iss", THIEF.did),
        ("iss", {"id": ISSUER.did}),
        ("sub", "did:example:other"),
        ("jti", "https://badges.example/credentials/2"),
        ("nbf", 1_773_478_801),
        ("exp", 1_999_999_999),
        ("vc", {}),
        ("vp", None),
    ],
)
def test_attack_33_the_envelope_says_something_else(claim: str, value: Any) -> None:
    refuse(ISSUER.forge(ISSUER.header(), ISSUER.badge() | {claim: value}), "malformed-proof")


@pytest.mark.parametrize("identifier", [{}, {"a": 1}, [], [[]], 7])
@pytest.mark.parametrize("count", [1, 2])
def test_attack_39_a_subject_named_by_no_text_is_no_crash(identifier: Any, count: int) -> None:
    """Nothing but its own key holds the payload of a token to any form."""
    subject = ISSUER.badge()["credentialSubject"] | {"id": identifier}
    forged = ISSUER.forge(ISSUER.header(), ISSUER.badge() | {"credentialSubject": [subject] * count})
    assert not result_of(forged).verified
    assert why(result_of(forged)) >= {"schema: schema-faults", "structure: invalid-input"}


@pytest.mark.parametrize("header", [b'{"alg":"EdDSA","typ":"\\u0000"}', b'{"typ":"\\ud800"}', b"[]", b"{"])
def test_attack_40_a_header_that_is_no_text_is_no_presentation_and_no_crash(header: bytes) -> None:
    token = ISSUER.forge(header, ISSUER.badge())
    assert not is_presentation(token)
    refuse(token)


def test_attack_33_an_object_beside_the_token_is_not_shown() -> None:
    refuse(envelope(GOOD) | {"credentialSubject": {"name": "Chief"}}, "malformed-proof")
    verified = verifier().verify_secured(envelope(GOOD), now=NOW, resolvers=Hosts().resolvers)
    assert verified.document == ISSUER.badge()


def test_attack_34_unencoded_detached_and_several_signatures() -> None:
    head, payload, signature = GOOD.split(".")
    refuse(ISSUER.forge(ISSUER.header(b64=False), ISSUER.badge()), "malformed-proof")
    refuse(ISSUER.forge(ISSUER.header(b64=True), ISSUER.badge()), "malformed-proof")
    refuse(f"{head}..{signature}")
    general = {"payload": payload, "signatures": [{"protected": head, "signature": signature}] * 2}
    assert not result_of(general).verified
    assert why(result_of(general)) == {"proof: unsupported-proof"}
    assert not result_of(json.dumps(general)).verified
    assert why(result_of(json.dumps(general))) == {"proof: malformed-proof"}


def test_attack_34_one_spelling() -> None:
    head, payload, signature = GOOD.split(".")
    last = signature[-1]
    stray = signature[:-1] + chr(ord(last) + 1)
    for changed in (
        f"{head}.{payload}.{signature}==",
        f"{head}.{payload}.{stray}",
        f"{head}.{payload}.{signature[:8]}\n{signature[8:]}",
        f" {GOOD}",
        f"{GOOD}.",
        f"{GOOD}.{signature}",
        f"{head}.{payload}.{signature.replace('-', '+').replace('_', '/')}+",
        f"{head}.{payload}.",
        f"{head}.{payload}.{signature[:40]}",
        f"{head}.{payload}.{'A' * 100_000}",
    ):
        refuse(changed)


@pytest.mark.parametrize("key_type", [KeyType.P256, KeyType.P384, KeyType.P521], ids=lambda kind: kind.name)
def test_attack_34_ecdsa_signatures_have_one_form(key_type: KeyType) -> None:
    by = token_issuer(key_type)
    head, payload, signature = by.forge(by.header(), by.badge()).split(".")
    assert result_of(f"{head}.{payload}.{signature}").verified
    for other in (b"\x30\x06\x02\x01\x01\x02\x01\x01", b"\0" * (len(signature) * 3 // 4), b"\xff" * 64):
        refuse(f"{head}.{payload}.{encode_base64url(other)}", "invalid-signature")


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "RSA1_5", "enc": "A128CBC-HS256"},
        {"alg": "PBES2-HS256+A128KW", "enc": "A128GCM", "p2c": 2_000_000_000, "p2s": "AA"},
        {"alg": "dir", "enc": "A128GCM", "zip": "DEF"},
        {"alg": "EdDSA", "zip": "DEF"},
        {"alg": "EdDSA", "enc": "A128GCM"},
    ],
    ids=lambda header: "-".join(header),
)
def test_attack_35_encryption_and_compression(header: dict[str, Any]) -> None:
    token = ISSUER.forge(ISSUER.header() | header, ISSUER.badge())
    refuse(token, "malformed-proof")
    refuse(f"{token}.AAAA.AAAA")


# --- attack 36: SD-JWT ------------------------------------------------------------------------------

SD_HEADER = ISSUER.header(typ="vc+sd-jwt")
BINDING = Binding("https://reader.example", "n-1")


def disclosure(*parts: Any) -> str:
    return encode_base64url(json.dumps(list(parts)).encode())


def digest(encoded: str, name: str = "sha256") -> str:
    return encode_base64url(hashlib.new(name, encoded.encode()).digest())


def sd(payload: Mapping[str, Any], *disclosures: str) -> str:
    return "~".join([ISSUER.forge(SD_HEADER, payload), *disclosures, ""])


NAME = disclosure("salt", "name", "Mentor foundation")


def withheld(**changes: Any) -> dict[str, Any]:
    """The badge with its name in a disclosure."""
    document = ISSUER.badge(_sd=[digest(NAME)])
    del document["name"]
    return document | changes


def test_attack_36_the_token_that_is_attacked_is_good() -> None:
    assert result_of(sd(withheld(), NAME)).verified
    assert result_of(sd(withheld())).verified


def test_attack_36_disclosures_that_belong_nowhere() -> None:
    other = disclosure("salt", "name", "Chief of everything")
    refuse(sd(withheld(), other), "malformed-proof")
    refuse(sd(withheld(), NAME, other), "malformed-proof")
    refuse(sd(ISSUER.badge(), NAME), "malformed-proof")


def test_attack_36_disclosed_twice() -> None:
    refuse(sd(withheld(), NAME, NAME), "malformed-proof")
    refuse(sd(withheld(_sd=[digest(NAME), digest(NAME)]), NAME), "malformed-proof")
    subject = ISSUER.badge()["credentialSubject"] | {"_sd": [digest(NAME)]}
    refuse(sd(withheld(credentialSubject=subject), NAME), "malformed-proof")


def test_attack_36_a_disclosure_that_overrides() -> None:
    refuse(sd(withheld(name="Intern"), NAME), "malformed-proof")
    second = disclosure("other", "name", "Intern")
    refuse(sd(withheld(_sd=[digest(NAME), digest(second)]), NAME, second), "malformed-proof")


@pytest.mark.parametrize("name", ["_sd", "...", "_sd_alg"])
def test_attack_36_reserved_names(name: str) -> None:
    hidden = disclosure("salt", name, ["x"])
    refuse(sd(withheld(_sd=[digest(hidden)]), hidden), "malformed-proof")
    if name != "_sd":
        nested = disclosure("salt", "name", {name: "x"})
        refuse(sd(withheld(_sd=[digest(nested)]), nested), "malformed-proof")


@pytest.mark.parametrize(
    "parts", [[], ["salt"], ["salt", "a", 1, 2], [5, "name", 1], ["salt", 5, 1], [None, 1], ["salt", None, 1]]
)
def test_attack_36_disclosures_of_another_shape(parts: list[Any]) -> None:
    encoded = disclosure(*parts)
    refuse(sd(withheld(_sd=[digest(encoded)]), encoded), "malformed-proof")


@pytest.mark.parametrize(
    "raw", [b"{}", b"null", b"[", b'["s","name",NaN]', b'["s","name",{"a":1,"a":2}]', b"\xff"]
)
def test_attack_36_disclosures_that_are_not_strict_json(raw: bytes) -> None:
    encoded = encode_base64url(raw)
    refuse(sd(withheld(_sd=[digest(encoded)]), encoded), "malformed-proof")


def test_attack_36_disclosures_with_another_spelling() -> None:
    for encoded in (NAME + "=", NAME + "\n", "%", ""):
        refuse(sd(withheld(_sd=[digest(NAME), digest(encoded)]), encoded), "malformed-proof")


def test_attack_36_members_and_elements_are_not_each_other() -> None:
    element = disclosure("salt", "mentoring")
    refuse(sd(withheld(_sd=[digest(element)]), element), "malformed-proof")
    member = disclosure("salt", "tag", "mentoring")
    subject = ISSUER.badge()["credentialSubject"]
    for entry in ({"...": digest(member)}, {"...": digest(element), "also": 1}, {"...": 5}):
        subject["achievement"]["tag"] = [entry]
        refuse(sd(ISSUER.badge(credentialSubject=subject), member), "malformed-proof")
    subject["achievement"]["tag"] = [{"...": digest(element), "also": 1}]
    refuse(sd(ISSUER.badge(credentialSubject=subject), element), "malformed-proof")
    subject["achievement"]["tag"] = [{"...": digest(element)}]
    assert result_of(sd(ISSUER.badge(credentialSubject=subject), element)).verified


@pytest.mark.parametrize("value", ["x", 5, {}, [5], [None], [["a"]]])
def test_attack_36_sd_of_another_shape(value: Any) -> None:
    refuse(sd(withheld(_sd=value)), "malformed-proof")


@pytest.mark.parametrize("name", ["md5", "sha-1", "SHA-256", "", 5, None, ["sha-256"]])
def test_attack_36_weak_or_unknown_hashes(name: Any) -> None:
    hashed = digest(NAME, "md5") if name == "md5" else digest(NAME)
    result = result_of(sd(withheld(_sd=[hashed], _sd_alg=name), NAME))
    code = "unsupported-proof" if isinstance(name, str) else "malformed-proof"
    assert not result.verified
    assert why(result) == {f"proof: {code}"}


def test_attack_36_known_hashes() -> None:
    for name in ("sha256", "sha384", "sha512"):
        known = withheld(_sd=[digest(NAME, name)], _sd_alg=name.replace("sha", "sha-"))
        assert result_of(sd(known, NAME)).verified


def test_attack_36_a_thousand_levels() -> None:
    """A chain of disclosures, each inside the one before, far below what JSON itself may nest."""
    encoded, chain = disclosure("salt", "x", "end"), []
    for _ in range(400):
        chain.append(encoded)
        encoded = disclosure("salt", "x", {"_sd": [digest(encoded)]})
    started = time.perf_counter()
    deep = sd(withheld(_sd=[digest(encoded)]), encoded, *chain)
    many = sd(withheld(), *[disclosure("salt", f"n{number}", 1) for number in range(1_000)])
    for token in (deep, many):
        assert why(result_of(token)) == {"parse: too-large"}
    assert time.perf_counter() - started < HANGS_AFTER


def test_attack_36_decoys_are_ignored() -> None:
    decoys = [digest(f"decoy {number}") for number in range(50)]
    assert result_of(sd(withheld(_sd=[digest(NAME), *decoys]), NAME)).verified


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("iss", ISSUER.did),
        ("exp", 1_836_637_200),
        ("nbf", 1_773_478_800),
        ("cnf", {"jwk": THIEF.jwk}),
        ("status", {"status_list": {}}),
        ("vct", "https://badges.example/type"),
        ("validUntil", "2029-01-01T00:00:00Z"),
        ("credentialStatus", {"type": "None"}),
        ("@context", ["https://www.w3.org/ns/credentials/v2"]),
    ],
)
def test_attack_36_what_must_always_be_visible(name: str, value: Any) -> None:
    hidden = disclosure("salt", name, value)
    payload = withheld(_sd=[digest(hidden)])
    payload.pop(name, None)
    refuse(sd(payload, hidden), "malformed-proof")
    if isinstance(value, dict):
        inner = disclosure("salt", "inner", 1)
        refuse(sd(withheld(**{name: value | {"_sd": [digest(inner)]}}), inner), "malformed-proof")


# key binding

BOUND_PAYLOAD = withheld(cnf={"jwk": THIEF.jwk})  # THIEF plays the holder here


def kb(**changes: Any) -> str:
    """A key binding by the holder; a change to None leaves a claim out."""
    presented = sd(BOUND_PAYLOAD, NAME)
    claims: dict[str, Any] = {
        "iat": int(NOW.timestamp()),
        "aud": BINDING.audience,
        "nonce": BINDING.nonce,
        "sd_hash": digest(presented),
    }
    claims = {name: value for name, value in (claims | changes).items() if value is not None}
    return presented + THIEF.forge({"alg": "EdDSA", "typ": "kb+jwt"}, claims)


def test_attack_36_the_binding_that_is_attacked_is_good() -> None:
    assert result_of(kb(), binding=BINDING).verified


def test_attack_36_a_binding_that_is_absent() -> None:
    refuse(sd(BOUND_PAYLOAD, NAME), "proof", binding=BINDING)


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "https://other.example"},
        {"aud": [BINDING.audience]},
        {"aud": None},
        {"nonce": "n-2"},
        {"nonce": 5},
        {"nonce": None},
        {"sd_hash": digest("other")},
        {"sd_hash": None},
        {"iat": int(NOW.timestamp()) + 61},
        {"iat": int(NOW.timestamp()) - 361},
        {"iat": None},
        {"iat": "2026-03-14T09:26:53Z"},
        {"iat": True},
        {"iat": -1},
    ],
    ids=str,
)
def test_attack_36_a_binding_for_something_else(changes: dict[str, Any]) -> None:
    refuse(kb(**changes), binding=BINDING)


def test_attack_36_a_binding_moved_to_other_disclosures() -> None:
    binding = kb().rpartition("~")[2]
    refuse(sd(BOUND_PAYLOAD) + binding, binding=BINDING)
    refuse(sd(BOUND_PAYLOAD) + binding)


def test_attack_36_a_binding_of_another_type_or_key() -> None:
    presented, claims = sd(BOUND_PAYLOAD, NAME), {"aud": "a"}
    for header in ({"alg": "EdDSA", "typ": "JWT"}, {"alg": "none", "typ": "kb+jwt"}, {"alg": "EdDSA"}):
        refuse(presented + THIEF.forge(header, claims), "malformed-proof", binding=BINDING)
    token = sign_sd_jwt(
        ISSUER.badge(), signer=ISSUER.signer, verification_method=ISSUER.method, holder_jwk=THIEF.jwk
    )
    bound = bind_sd_jwt(token, signer=issuer(7).signer, binding=BINDING, now=NOW)
    refuse(bound, "invalid-signature", binding=BINDING)


@pytest.mark.parametrize("cnf", [{}, "x", {"jwk": {}}, {"jwk": 5}, {"jwk": ISSUER.jwk, "kid": "1"}])
def test_attack_36_a_confirmation_of_another_shape(cnf: Any) -> None:
    presented = sd(withheld(cnf=cnf), NAME)
    claims = {"iat": int(NOW.timestamp()), "aud": "a", "nonce": "n", "sd_hash": digest(presented)}
    refuse(presented + THIEF.forge({"alg": "EdDSA", "typ": "kb+jwt"}, claims))


def test_attack_36_a_binding_to_no_key_is_none_and_makes_its_credential_no_false_one() -> None:
    """Whether a binding counts must not depend on whether there is one (RFC 9901, section 7.3)."""
    for payload in (withheld(), withheld(cnf=None)):
        presented = sd(payload, NAME)
        claims = {"iat": int(NOW.timestamp()), "sd_hash": digest(presented)}
        claims |= {"aud": BINDING.audience, "nonce": BINDING.nonce}
        token = presented + THIEF.forge({"alg": "EdDSA", "typ": "kb+jwt"}, claims)
        assert why(result_of(token)) == {"proof: unsupported-proof"}
        refuse(token, "malformed-proof", binding=BINDING)


def test_attack_21_a_signature_in_der_does_not_verify_and_is_not_called_false() -> None:
    by = token_issuer(KeyType.P256)
    token = by.forge(by.header(), by.badge())
    part, _, signature = token.rpartition(".")
    raw = decode_base64url(signature)
    der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    result = result_of(f"{part}.{encode_base64url(der)}")
    assert why(result) == {"proof: unsupported-proof"}
    other = by.forge(by.header(), by.badge(name="Other")).rpartition(".")[0]
    refuse(f"{other}.{encode_base64url(der)}", "invalid-signature")


def test_attack_36_a_key_that_is_named_is_not_looked_up_and_a_name_beside_it_decides_nothing() -> None:
    def judged(cnf: Any) -> set[str]:
        presented = sd(withheld(cnf=cnf), NAME)
        claims = {"iat": int(NOW.timestamp()), "sd_hash": digest(presented)}
        claims |= {"aud": BINDING.audience, "nonce": BINDING.nonce}
        token = presented + THIEF.forge({"alg": "EdDSA", "typ": "kb+jwt"}, claims)
        return why(result_of(token, binding=BINDING))

    assert judged({"jwk": THIEF.jwk, "kid": "1"}) == set()
    for did in (THIEF.did, THIEF.method, did_jwk(THIEF.jwk), f"{did_jwk(THIEF.jwk)}#0"):
        assert judged({"kid": did}) == set(), "a DID that is its own key"
    assert judged({"kid": ISSUER.method}) == {"proof: invalid-signature"}
    for cnf in (
        {"kid": "key-1"},
        {"kid": "did:web:a.example#1"},
        {"kid": 5},
        {"kid": "did:key:x"},
        {"jkt": "abc"},
        {"jku": "https://thief.example", "kid": "1"},
    ):
        assert judged(cnf) == {"proof: unsupported-proof"}


# --- attack 37: dates ---------------------------------------------------------------------------------


@pytest.mark.parametrize("claim", ["exp", "nbf", "iat"])
@pytest.mark.parametrize("text", ['"1836637200"', "true", "-1", "[]", '"NaN"', '"tomorrow"'])
def test_attack_37_dates_that_are_none(claim: str, text: str) -> None:
    document = ISSUER.badge()
    del document["validUntil"]
    payload = json.dumps(document)[:-1] + f', "{claim}": {text}}}'
    refuse(ISSUER.forge(ISSUER.header(), payload.encode()), "malformed-proof")


@pytest.mark.parametrize("claim", ["exp", "nbf", "iat"])
def test_attack_37_milliseconds_are_no_date_and_make_nothing_false(claim: str) -> None:
    document = ISSUER.badge()
    del document["validUntil"]
    token = ISSUER.forge(ISSUER.header(), document | {claim: 1_836_637_200_000})
    assert result_of(token).unknown
    assert why(result_of(token)) == {"proof: unsupported-proof"}


@pytest.mark.parametrize("claim", ["exp", "nbf", "iat"])
@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "1e400", "-1e400", "1" + "0" * 5_000])
def test_attack_37_numbers_that_are_none(claim: str, text: str) -> None:
    payload = json.dumps(ISSUER.badge())[:-1] + f', "{claim}": {text}}}'
    refuse(ISSUER.forge(ISSUER.header(), payload.encode()))


# --- all of it ----------------------------------------------------------------------------------------


def test_no_single_character_can_be_changed() -> None:
    """Every character of the token, and of a bound SD-JWT: another one in its place is never verified."""
    bound = kb()
    for token, options in ((GOOD, {}), (bound, {"binding": BINDING})):
        for place in range(0, len(token), 7):
            other = "A" if token[place] != "A" else "B"
            changed = token[:place] + other + token[place + 1 :]
            assert not result_of(changed, **options).verified, place


@pytest.mark.parametrize(
    "text", ["", ".", "..", "...", "~", "~~", "a.b.c", "a.b.c~", "e30.e30.", "\0", "é.é.é", "." * 10_000]
)
def test_text_that_is_no_token(text: str) -> None:
    refuse(text)
    found = verify_presentation(verifier(), text, now=NOW, resolvers=Hosts().resolvers)
    assert not found.result.verified
    assert why(found.result) == {"proof: malformed-proof"}


def test_a_token_larger_than_is_read() -> None:
    started = time.perf_counter()
    for token in ("e30." + "A" * 3_000_000 + ".AAAA", "e30.e30.AAAA" + "~AAAA" * 300_000 + "~"):
        result = result_of(token)
        assert (result.unknown, result.checks[0].code) == (True, "too-large")
    assert time.perf_counter() - started < HANGS_AFTER


def test_nothing_but_our_own_errors_leaves_the_parsers() -> None:
    for kind in Kind:
        for text in ("a.b.c", "~", "e30.e30.e30", "e30.e30.e30~W10~", GOOD[:-40]):
            with pytest.raises(CredservError):
                parse_token(text, kind)


def test_attack_4_an_end_that_is_null_is_none_and_the_end_of_the_token_counts() -> None:
    """As web5 writes credentials without an end; it must not hide the `exp` beside it."""
    endless = ISSUER.badge(validUntil=None)
    old = {name: value for name, value in endless.items() if name not in ("validFrom", "validUntil")}
    old |= {"@context": ["https://www.w3.org/2018/credentials/v1"], "expirationDate": None}
    past = int(NOW.timestamp()) - 1
    for typ, claims, tail in (
        ("vc+jwt", endless, ""),
        ("vc+sd-jwt", endless, "~"),
        ("JWT", {"iss": ISSUER.did, "vc": old}, ""),
        ("JWT", {"iss": ISSUER.did, "vc": old}, "~"),
    ):
        header = ISSUER.header(typ=typ)
        assert result_of(ISSUER.forge(header, claims) + tail).verified
        assert result_of(ISSUER.forge(header, claims | {"exp": past + 60}) + tail).verified
        ended = result_of(ISSUER.forge(header, claims | {"exp": past}) + tail)
        assert why(ended) & {"proof: proof-time", "validity: expired"}, ended.checks
        assert not ended.verified
