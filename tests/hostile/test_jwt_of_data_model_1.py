"""Attacks on JWTs with the document in a claim (data model 1.1). Forged ones carry a good signature."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from credserv.ground.encoding import KeyType, encode_base64url, parse_instant
from credserv.ground.verification import VerificationResult
from credserv.proof.tokens.envelope import parse_token
from credserv.proof.tokens.jwt_claims import to_date
from credserv.proof.tokens.token import Kind
from credserv.verifying.presentation import is_presentation, verify_presentation
from credserv.verifying.surroundings import Verified
from tests.testkit.proofs import NOW, OB3, V2
from tests.testkit.tokens import HOLDER, token_issuer
from tests.testkit.verifying import Hosts, verifier
from tests.testkit.why import why

V1 = "https://www.w3.org/2018/credentials/v1"
ISSUER, THIEF, PERSON = token_issuer(), token_issuer(seed=9), token_issuer(seed=4)
BEGINS = NOW - timedelta(days=1)
BARE = {"@context": [V1], "type": ["VerifiableCredential"], "credentialSubject": {"id": HOLDER}}
FULL = BARE | {"issuer": ISSUER.did, "issuanceDate": "2026-03-13T09:26:53.5Z", "id": "urn:uuid:1"}
CLAIMS = {"iss": ISSUER.did, "nbf": to_date(BEGINS), "sub": HOLDER, "jti": "urn:uuid:1"}


def token(vc: Mapping[str, Any] | None = None, header: Mapping[str, Any] | None = None, **claims: Any) -> str:
    payload = {**CLAIMS, "vc": FULL if vc is None else vc, **claims}
    kept = {name: value for name, value in payload.items() if value is not None}
    return ISSUER.forge(ISSUER.header(**{"typ": "JWT", **(header or {})}), kept)


def result_of(secured: Any, **options: Any) -> VerificationResult:
    return verifier().verify_secured(secured, now=NOW, resolvers=Hosts().resolvers, **options).result


def refuse(secured: Any, **options: Any) -> None:
    result = result_of(secured, **options)
    assert not result.verified
    assert why(result) & {
        "parse: malformed-json",
        "proof: invalid-signature",
        "proof: malformed-proof",
        "proof: proof",
        "proof: proof-time",
        "proof: verification-method",
        "validity: expired",
        "validity: not-yet-valid",
    }
    assert not result.unknown, result.checks


def present(secured: Any, **options: Any) -> Verified:
    return verify_presentation(verifier(), secured, now=NOW, resolvers=Hosts().resolvers, **options)


@pytest.mark.parametrize("typ", ["JWT", "jwt", "application/Jwt", None])
def test_the_document_is_whole_with_its_claims(typ: str | None) -> None:
    for vc in (FULL, BARE):
        text = token(vc, {"typ": typ})
        assert result_of(text).verified, result_of(text).checks
        document = parse_token(text, Kind.CREDENTIAL).document
        assert document["issuer"] == ISSUER.did
        assert document["id"] == "urn:uuid:1"
        assert document["issuanceDate"] == vc.get("issuanceDate", "2026-03-13T09:26:53Z")
    without_id = token({**FULL, "credentialSubject": {"type": "Person"}})
    assert parse_token(without_id, Kind.CREDENTIAL).document["credentialSubject"]["id"] == HOLDER


def test_an_empty_member_is_none_where_a_claim_says_it() -> None:
    """As issuers write whose documents have every member, and whose ids are no URLs."""
    empty = {**BARE, "id": "", "issuer": "", "issuanceDate": "", "credentialSubject": {"type": "Person"}}
    text = token(empty, jti="9f4fe59e", sub="pat")
    assert result_of(text).verified, result_of(text).checks
    document = parse_token(text, Kind.CREDENTIAL).document
    assert document["issuer"] == ISSUER.did
    assert document["issuanceDate"] == "2026-03-13T09:26:53Z"
    assert "id" not in document["credentialSubject"]
    named = parse_token(token({**empty, "issuer": {"id": "", "name": "A"}}), Kind.CREDENTIAL).document
    assert named["issuer"] == {"id": ISSUER.did, "name": "A"}
    assert named["id"] == "urn:uuid:1"
    refuse(token({**empty, "issuer": THIEF.did}))
    assert not result_of(token(empty, iss=None)).verified


def test_the_issuer_beside_the_document_is_the_issuer() -> None:
    """As did-jwt-vc writes it, and so Veramo and the hubs that are built on it."""
    for issuer in ({"name": "A"}, {"name": "A", "id": ISSUER.did}):
        text = token(BARE, issuer=issuer)
        assert result_of(text).verified, result_of(text).checks
        assert parse_token(text, Kind.CREDENTIAL).document["issuer"] == {"id": ISSUER.did, "name": "A"}
        refuse(token(FULL, issuer=issuer))
        refuse(token({**BARE, "issuer": {"id": ISSUER.did, "name": "B"}}, issuer=issuer))
        refuse(token(BARE, issuer={**issuer, "id": THIEF.did}))
        refuse(token(BARE, issuer={**issuer, "id": None}))
        refuse(token(BARE, issuer=issuer, iss=THIEF.did))
    refuse(token(BARE, issuer={"name": "A"}, iss=None))


@pytest.mark.parametrize("key_type", list(KeyType), ids=lambda kind: kind.name)
def test_every_kind_of_key(key_type: KeyType) -> None:
    by = token_issuer(key_type)
    text = by.forge(by.header(typ="JWT"), {**CLAIMS, "iss": by.did, "vc": BARE})
    assert result_of(text).verified
    assert "6.3.1" in result_of(text).checks[4].spec


def test_found_h3_of_two_dates_that_data_model_1_has_a_claim_repeats_either() -> None:
    """Its section 6.3.1 makes `nbf` the date of issuance; others, such as EBSI, repeat that of validity."""
    later, ends, first = "2026-03-14T00:00:00Z", "2027-03-14T00:00:00Z", "2027-01-01T00:00:00Z"
    vc = FULL | {"validFrom": later, "expirationDate": first, "validUntil": ends}
    for nbf in ("2026-03-13T09:26:53Z", later):
        for exp in (first, ends):
            claims = {"nbf": to_date(parse_instant(nbf)), "exp": to_date(parse_instant(exp))}
            text = token(vc, **claims)
            assert result_of(text).verified
            late = verifier().verify_secured(text, now=parse_instant(first), resolvers=Hosts().resolvers)
            assert why(late.result) == {"validity: expired"}  # the stricter of the two counts
    refuse(token(vc, nbf=to_date(parse_instant("2026-03-12T00:00:00Z"))))
    refuse(token(vc, exp=to_date(parse_instant("2028-03-14T00:00:00Z"))))


def test_dates_out_of_claims_bound_the_credential() -> None:
    cases: list[tuple[dict[str, Any], str]] = [
        ({"exp": to_date(NOW)}, "expired"),
        ({"nbf": to_date(NOW + timedelta(hours=1))}, "not-yet-valid"),
    ]
    for claims, code in cases:
        validity = result_of(token(BARE, **claims)).check("validity")
        assert validity is not None
        assert validity.code == code
        refuse(token(BARE, **claims))
    refuse(token(iat=to_date(NOW + timedelta(hours=1))))


@pytest.mark.parametrize("algorithm", ["none", "None", "HS256", "", None, 5])
def test_attacks_25_and_26_no_algorithm_or_a_symmetric_one(algorithm: Any) -> None:
    refuse(token(header={"alg": algorithm}))


@pytest.mark.parametrize("header", [{"crit": ["exp"]}, {"b64": False}, {"epk": {}}, {"zip": "DEF"}])
def test_attacks_28_to_35_headers(header: dict[str, Any]) -> None:
    refuse(token(header=header))


@pytest.mark.parametrize("typ", ["vp+jwt", "at+jwt", "", 5])
def test_attack_31_typ(typ: Any) -> None:
    refuse(token(header={"typ": typ}))


def test_attack_31_no_second_document_in_a_vc_jwt() -> None:
    """Under `vc+jwt` the claim is forbidden. Issuers who have it there alone are not called false."""
    alone = result_of(token(header={"typ": "vc+jwt"}))
    assert not alone.verified
    assert why(alone) == {"proof: unsupported-proof"}
    for name in ("@context", "type", "credentialSubject"):
        refuse(token(FULL, {"typ": "vc+jwt"}, **{name: FULL[name]}))
    refuse(ISSUER.forge(ISSUER.header(typ="vc+jwt"), {**ISSUER.badge(), "vc": FULL}))
    shown = {"@context": [V1], "type": ["VerifiablePresentation"], "verifiableCredential": [token()]}
    claims = {"iss": PERSON.did, "vp": shown}
    found = present(PERSON.forge(PERSON.header(typ="vp+jwt"), claims)).result
    assert not found.verified
    assert why(found) == {"proof: unsupported-proof"}
    for name in ("type", "verifiableCredential", "vc"):
        more = claims | {name: FULL if name == "vc" else shown[name]}
        found = present(PERSON.forge(PERSON.header(typ="vp+jwt"), more)).result
        assert why(found) & {"proof: malformed-proof"}


def test_attack_31_credentials_and_presentations_are_not_each_other() -> None:
    held_out = {"@context": [V1], "type": ["VerifiablePresentation"], "verifiableCredential": [token()]}
    payload = {"iss": PERSON.did, "vp": held_out}
    text = PERSON.forge(PERSON.header(typ="JWT"), payload)
    assert is_presentation(text)
    assert not is_presentation(token())
    refuse(text)
    assert not present(token()).result.verified
    assert why(present(token()).result) == {"proof: malformed-proof"}
    both = PERSON.forge(PERSON.header(typ="JWT"), {**payload, "vc": FULL})
    refuse(both)
    assert not present(both).result.verified
    assert why(present(both).result) == {"proof: malformed-proof"}


def test_attack_32_duplicate_members() -> None:
    good = token()
    header, payload, _ = good.split(".")
    doubled = b'{"vc":{},"vc":{},"iss":"did:example:a"}'
    refuse(ISSUER.forge(ISSUER.header(typ="JWT"), doubled))
    refuse(f"{header}.{payload}.{encode_base64url(bytes(64))}")


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("iss", THIEF.did),
        ("jti", "urn:uuid:2"),
        ("sub", "did:example:other"),
        ("nbf", to_date(BEGINS) - 1),
        ("exp", to_date(NOW) + 60),
        ("aud", "https://other.example"),
        ("iss", ["did:example:a"]),
        ("nbf", "yesterday"),
        ("exp", True),
        ("issuer", THIEF.did),
        ("credentialSubject", {"id": "did:example:other"}),
        ("@context", [V2]),
        ("type", ["VerifiableCredential", "Other"]),
        ("credentialStatus", {"id": "https://badges.example/status/1#1", "type": "BitstringStatusListEntry"}),
        ("expirationDate", "2026-03-14T09:05:00Z"),
        ("validUntil", "2026-03-14T09:05:00Z"),
    ],
)
def test_attack_33_the_envelope_says_something_else(claim: str, value: Any) -> None:
    refuse(token({**FULL, "expirationDate": "2030-01-01T00:00:00Z"}, **{claim: value}))


def test_attack_33_several_subjects_have_no_one_sub() -> None:
    refuse(token({**FULL, "credentialSubject": [{"id": HOLDER}, {"id": "did:example:other"}]}))


def test_attack_17_a_key_that_the_issuer_does_not_control() -> None:
    refuse(THIEF.forge(THIEF.header(typ="JWT"), {**CLAIMS, "vc": FULL}))
    refuse(THIEF.forge(ISSUER.header(typ="JWT"), {**CLAIMS, "vc": FULL}))


@pytest.mark.parametrize("vc", ["text", [], [FULL], 5, None, {}])
def test_a_claim_that_is_no_document(vc: Any) -> None:
    payload = {**CLAIMS, "vc": vc}
    result = result_of(ISSUER.forge(ISSUER.header(typ="JWT"), payload))
    assert not result.verified
    assert why(result) & {"proof: malformed-proof", "proof: unsupported-proof"}


def test_found_h3_data_model_2_is_read_out_of_a_claim() -> None:
    beside = dict.fromkeys(("jti", "nbf", "sub"))
    result = result_of(token({**ISSUER.badge(), "@context": [V2, OB3]}, **beside))
    assert result.verified, result.checks
    result = result_of(token({**ISSUER.badge(), "@context": ["https://example.org/other"]}, **beside))
    assert result.unknown


def test_no_single_character_can_be_changed() -> None:
    good = token()
    for place in range(0, len(good), 11):
        other = "A" if good[place] != "A" else "B"
        assert not result_of(good[:place] + other + good[place + 1 :]).verified


# --- presentations ------------------------------------------------------------------------------------


def held_out(*credentials: Any, by: Any = PERSON, **claims: Any) -> str:
    vp = {"@context": [V1], "type": ["VerifiablePresentation"], "verifiableCredential": list(credentials)}
    payload = {"iss": by.did, "aud": "https://reader.example", "nonce": "n", "vp": vp, **claims}
    return str(by.forge(by.header(typ="JWT"), payload))


def test_a_presentation_of_bare_tokens() -> None:
    verified = present(held_out(token(), token(BARE)), challenge="n", domain="https://reader.example")
    assert verified.result.verified, verified.result.checks
    assert verified.holder == PERSON.did
    spoilt = token()[:-8] + "AAAAAAAA"
    assert not present(held_out(token(), spoilt)).result.verified


@pytest.mark.parametrize(
    ("claims", "asked"),
    [
        ({}, {"challenge": "m"}),
        ({}, {"domain": "https://other.example"}),
        ({"exp": to_date(NOW)}, {}),
        ({"iss": THIEF.did}, {}),
        ({"holder": THIEF.did}, {}),
    ],
)
def test_attacks_84_and_85_another_reader_occasion_or_holder(
    claims: dict[str, Any], asked: dict[str, str]
) -> None:
    assert not present(held_out(token(), **claims), **asked).result.verified


def test_tokens_are_bare_in_data_model_1_alone() -> None:
    vp = {"@context": [V2], "type": ["VerifiablePresentation"], "holder": PERSON.did}
    text = PERSON.forge(PERSON.header(typ="vp+jwt"), {**vp, "verifiableCredential": [token()]})
    assert not present(text).result.verified
    assert why(present(text).result) == {"credential: invalid-input", "structure: invalid-input"}
