"""Rows H1, H3, H7, D1, B13, S3 and F14 of found.md: other issuers' forms, and what is only unknown."""

from __future__ import annotations

import base64
import copy
import csv
import gzip
import json
from collections.abc import Mapping
from typing import Any

import pytest

from credserv.ground.encoding import KeyType, encode_base58btc, encode_base64url
from credserv.ground.errors import InputError, SeveralCredentialsError
from credserv.ground.verification import Check, Outcome, Verdict
from credserv.journeys.check.check import Checked, check
from credserv.journeys.check.cleaning import clean_pasted
from credserv.journeys.check.reports.report import build_report, build_unread_report
from credserv.openbadges.baking import unbake
from credserv.proof.data_integrity.suites import build_suites
from credserv.proof.tokens.envelope import envelope
from credserv.proof.tokens.jws import sign_jws
from credserv.proof.tokens.sd_jwt import digest
from credserv.proof.tokens.vc_jwt import sign_vc_jwt
from credserv.verifying.presentation import verify_presentation
from tests.testkit.proofs import NOW, badge, canonizer, issuer
from tests.testkit.service import Service, make_service
from tests.testkit.shared import shared_path
from tests.testkit.tokens import rsa_signer, token_issuer, with_jwk
from tests.testkit.verifying import STATUS_URL, Hosts, signed_list, status_entry, verifier
from tests.testkit.why import why

ALICE = issuer(1)
TOKENS = token_issuer()
FORMS = shared_path("samples/forms/EXPECTED.tsv").parent
VERDICTS = {
    "valid": (Verdict.VERIFIED, Verdict.ISSUER_UNKNOWN),
    "invalid": (Verdict.NOT_VERIFIED,),
    "unknown": (Verdict.NOT_CHECKED,),
}
CLAIMS = {
    "iss": TOKENS.did,
    "iat": 1_700_000_000,
    "vct": "https://example.org/degree",
    "given_name": "Pat",
}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Service:
    folder = tmp_path_factory.mktemp("forms")
    return make_service(f"sqlite:///{folder / 'credserv.sqlite'}", folder, fetcher=Hosts(), starters=False)


def checked(service: Service, data: bytes | Mapping[str, Any]) -> Checked:
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return check(service.services, data=raw, url=None, now=service.clock.now)


def rows() -> list[dict[str, str]]:
    with (FORMS / "EXPECTED.tsv").open(newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["file"])
def test_found_h3_each_form_gets_its_verdict(service: Service, row: dict[str, str]) -> None:
    found = checked(service, (FORMS / row["file"]).read_bytes())
    assert found.verdict in VERDICTS[row["verdict"]], found.result.checks
    sentence = build_report(found, now=service.clock.now)["sentence"]
    assert "Not genuine" not in sentence


# --- H1: what is only not supported ---------------------------------------------------------------


def proof_of(secured: Any, hosts: Hosts | None = None, **options: Any) -> Check:
    result = (
        verifier().verify_secured(secured, now=NOW, resolvers=(hosts or Hosts()).resolvers, **options).result
    )
    return result.check("proof") or result.checks[0]


@pytest.mark.parametrize(
    "header",
    [
        {"typ": "credential+jwt"},
        {"typ": "something+jwt"},
        {"typ": "JWS"},
        {"alg": "ES256K-R"},
        {"alg": "XMSS"},
        {"alg": "FALCON-512"},
        {"alg": "RS1"},
    ],
    ids=str,
)
def test_found_h1_tokens_of_an_unknown_kind_are_not_called_false(header: dict[str, str]) -> None:
    made = proof_of(TOKENS.forge(TOKENS.header(**header), TOKENS.badge()))
    assert (made.outcome, made.code) == (Outcome.UNKNOWN, "unsupported-proof")
    assert next(iter(header.values()))[:10] in made.reason


@pytest.mark.parametrize("name", ["exp", "nbf", "iat", "jti", "sub", "aud", "status", "cnf"])
def test_found_h3_a_claim_that_is_null_is_absent(name: str) -> None:
    """Libraries of Kotlin, C# and others write what they do not have as null."""
    seconds = int(NOW.timestamp()) - 60
    own = TOKENS.badge()
    old = own | {"@context": ["https://www.w3.org/2018/credentials/v1", *own["@context"][1:]]}
    old = {name: value for name, value in old.items() if not name.startswith("valid")}
    forms: dict[str, tuple[dict[str, Any], str]] = {
        "vc+jwt": (own, ""),
        "JWT": ({"vc": old, "iss": TOKENS.did, "nbf": seconds}, ""),
        "vc+sd-jwt": (own, "~"),
        "dc+sd-jwt": (CLAIMS, "~"),
    }
    for typ, (claims, end) in forms.items():
        header = TOKENS.header(typ=typ)
        absent = proof_of(
            TOKENS.forge(header, {one: value for one, value in claims.items() if one != name}) + end
        )
        null = proof_of(TOKENS.forge(header, claims | {name: None}) + end)
        assert (null.outcome, null.reason) == (absent.outcome, absent.reason), typ


@pytest.mark.parametrize(
    "proof",
    [
        {"type": "MerkleProof2019", "created": "yesterday", "verificationMethod": 5},
        {"type": "BbsBlsSignature2020", "proofValue": None},
        {"type": "DataIntegrityProof", "cryptosuite": "bbs-2023", "created": "2024"},
        {"type": "SomethingNew2031"},
    ],
    ids=lambda proof: proof.get("cryptosuite", proof["type"]),
)
def test_found_h1_a_kind_of_proof_is_asked_for_before_its_members(proof: dict[str, Any]) -> None:
    made = proof_of(badge(ALICE) | {"proof": proof})
    assert (made.outcome, made.code) == (Outcome.UNKNOWN, "unsupported-proof")
    assert str(proof.get("cryptosuite", proof["type"])) in made.reason


def test_found_h1_a_did_method_that_is_not_known() -> None:
    did = "did:ion:EiAnKD8"
    document = badge(ALICE, issuer=did)
    proof = ALICE.prove(document, verificationMethod=f"{did}#key-1")
    made = proof_of(document | {"proof": proof})
    assert (made.outcome, made.code) == (Outcome.UNKNOWN, "unsupported-proof")
    assert "did:ion" in made.reason


def test_found_h1_a_text_that_is_too_large_is_not_called_false(service: Service) -> None:
    with pytest.raises(InputError) as caught:
        checked(service, b'{"a": "' + b"x" * 1_100_000 + b'"}')
    assert build_unread_report(caught.value, now=NOW)["verdict"] == "could_not_be_checked"


# --- D1: dates are judged after the signature ------------------------------------------------------


def test_found_d1_dates_of_a_proof_have_their_own_words_and_code(service: Service) -> None:
    document = badge(ALICE)
    del document["credentialStatus"]
    late = document | {"proof": ALICE.prove(document, created="2031-01-01T00:00:00Z")}
    ended = document | {"proof": ALICE.prove(document, expires="2026-03-14T09:10:00Z")}
    for secured in (late, ended):
        found = checked(service, secured)
        made = found.result.check("proof")
        assert made is not None
        assert (made.outcome, made.code) == (Outcome.FAILED, "proof-time")
        sentence = build_report(found, now=NOW)["sentence"]
        assert "Its signature holds, but does not count at this time." in sentence
        forged = copy.deepcopy(secured) | {"name": "Another"}
        assert proof_of(forged).code == "invalid-signature"


def test_found_d1_the_same_of_tokens() -> None:
    late = TOKENS.forge(TOKENS.header(), TOKENS.badge(iat=int(NOW.timestamp()) + 3_600))
    assert proof_of(late).code == "proof-time"
    head, payload, _ = late.split(".")
    assert proof_of(f"{head}.{payload}.{encode_base64url(bytes(64))}").code == "invalid-signature"


# --- H3 --------------------------------------------------------------------------------------------


def sd_jwt_vc(*disclosures: str, **claims: Any) -> str:
    token = TOKENS.forge(TOKENS.header(typ="dc+sd-jwt"), CLAIMS | claims)
    return "~".join([token, *disclosures, ""])


def test_found_h3_an_sd_jwt_vc_is_judged_as_what_it_is(service: Service) -> None:
    hidden = encode_base64url(json.dumps(["c2FsdA", "family_name", "Doe"]).encode())
    found = checked(service, sd_jwt_vc(hidden, _sd=[digest(hidden, {})], exp=1_999_999_999).encode())
    assert found.result.verified, found.result.checks
    assert found.credential["credentialSubject"] == {"given_name": "Pat", "family_name": "Doe"}
    assert found.display.issuer_id == TOKENS.did


@pytest.mark.parametrize(
    ("claims", "name", "outcome"),
    [
        ({"exp": 1_700_000_001}, "validity", Outcome.FAILED),
        ({"nbf": 1_999_999_999}, "validity", Outcome.FAILED),
        ({"status": {"status_list": {"idx": 0, "uri": "https://a.example"}}}, "status", Outcome.UNKNOWN),
        ({"aud": "https://reader.example"}, "proof", Outcome.FAILED),
        ({"iss": issuer(9).did}, "proof", Outcome.FAILED),
        ({"iss": "did:ion:abc"}, "proof", Outcome.UNKNOWN),
        ({"vct": ""}, "proof", Outcome.FAILED),
    ],
    ids=str,
)
def test_found_h3_an_sd_jwt_vc_with_a_fault(claims: dict[str, Any], name: str, outcome: Outcome) -> None:
    token = sd_jwt_vc(**claims)
    result = verifier().verify_secured(token, now=NOW, resolvers=Hosts().resolvers).result
    made = result.check(name)
    assert made is not None
    assert made.outcome is outcome
    assert not result.verified


def test_found_h3_an_issuer_on_the_web_by_its_metadata() -> None:
    name = "https://issuer.example/tenant"
    page = {"issuer": name, "jwks": {"keys": [TOKENS.jwk | {"kid": "one"}]}}
    url = "https://issuer.example/.well-known/jwt-vc-issuer/tenant"
    token = TOKENS.forge(TOKENS.header(typ="dc+sd-jwt", kid="one"), CLAIMS | {"iss": name}) + "~"
    assert proof_of(token, Hosts({url: page})).outcome is Outcome.PASSED
    assert proof_of(token, Hosts({url: page | {"issuer": "https://other.example"}})).outcome is Outcome.FAILED
    for away in ({"error": "not found"}, {"issuer": name}, {"issuer": name, "jwks": []}):
        assert proof_of(token, Hosts({url: away})).outcome is Outcome.UNKNOWN
    assert proof_of(token).outcome is Outcome.UNKNOWN
    other = {"issuer": name, "jwks_uri": "https://issuer.example/keys"}
    keys = {"keys": page["jwks"]["keys"]}  # type: ignore[index]
    assert proof_of(token, Hosts({url: other, other["jwks_uri"]: keys})).outcome is Outcome.PASSED


def test_found_h3_es256k() -> None:
    by = token_issuer(KeyType.SECP256K1)
    token = sign_vc_jwt(by.badge(), signer=by.signer, verification_method=by.method)
    assert proof_of(token).outcome is Outcome.PASSED
    head, payload, signature = token.split(".")
    assert proof_of(f"{head}.{payload}.{signature[:-4]}AAAA").code == "invalid-signature"


@pytest.mark.parametrize("name", ["eddsa-2022", "ecdsa-2019"])
def test_found_h3_suites_under_their_former_names(name: str) -> None:
    suite = build_suites(canonizer())[name]
    by = token_issuer(next(iter(sorted(suite.key_types, key=str))))
    document = by.badge()
    options = {
        "type": "DataIntegrityProof",
        "cryptosuite": name,
        "created": "2026-03-14T09:00:00Z",
        "verificationMethod": by.method,
        "proofPurpose": "assertionMethod",
    }
    data = suite.hash_data(document, options, by.signer.key_type)  # type: ignore[attr-defined]
    signed = document | {"proof": options | {"proofValue": encode_base58btc(by.signer.sign(data))}}
    assert proof_of(signed).outcome is Outcome.PASSED
    assert proof_of(signed | {"name": "Another"}).code == "invalid-signature"


def test_found_h3_a_numeric_index_of_a_status_list() -> None:
    entry: dict[str, Any] = dict(status_entry())
    entry["statusListIndex"] = 94567
    token = sign_jws(TOKENS.badge(credentialStatus=entry), header=TOKENS.header(), signer=TOKENS.signer)
    lists = Hosts({STATUS_URL: signed_list(ALICE)}, keepers=frozenset({ALICE.did}))
    assert verifier().verify_secured(token, now=NOW, resolvers=lists.resolvers).result.verified


# --- H7: every proof is told -----------------------------------------------------------------------


def two_proofs() -> dict[str, Any]:
    document = badge(ALICE)
    del document["credentialStatus"]
    return document | {"proof": [ALICE.prove(document), ALICE.prove(document, id="urn:uuid:2")]}


def test_found_h7_a_second_proof_that_was_spoiled_is_not_passed_over() -> None:
    good = two_proofs()
    assert proof_of(good).outcome is Outcome.PASSED
    for member in ("cryptosuite", "type"):
        spoiled = copy.deepcopy(good)
        spoiled["proof"][1][member] = spoiled["proof"][1][member].replace("a", "b")
        made = proof_of(spoiled)
        assert made.outcome is Outcome.UNKNOWN, member
    spoiled = copy.deepcopy(good)
    spoiled["proof"][1]["proofValue"] = good["proof"][0]["proofValue"]
    assert proof_of(spoiled).code == "invalid-signature"


def test_found_h7_every_proof_is_told() -> None:
    document = two_proofs()
    proofs = [document["proof"][0], {"type": "DataIntegrityProof", "cryptosuite": "bbs-2023"}]
    made = proof_of(document | {"proof": proofs})
    assert made.outcome is Outcome.PASSED
    assert made.data["proof_1"] == "eddsa-rdfc-2022: held"
    assert made.data["proof_2"] == "bbs-2023: not known"


# --- F14, F1b ---------------------------------------------------------------------------------------


def presentation(*held: Any) -> dict[str, Any]:
    document = {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiablePresentation"],
        "holder": ALICE.did,
        "verifiableCredential": list(held),
    }
    return document | {"proof": ALICE.prove(document, proofPurpose="authentication")}


def test_found_f14_an_empty_signed_presentation_is_not_verified(service: Service) -> None:
    found = checked(service, presentation())
    assert found.established
    assert found.verdict is Verdict.NOT_VERIFIED
    made = found.result.check("credential")
    assert made is not None
    assert made.code == "nothing-presented"


def test_found_f1b_nothing_inside_a_presentation_with_a_bad_proof_is_looked_at() -> None:
    hosts = Hosts({STATUS_URL: signed_list(ALICE)})
    spoiled = presentation(ALICE.sign(badge(ALICE)))
    spoiled["holder"] = ALICE.did
    spoiled["proof"]["created"] = "2026-03-14T09:00:01Z"
    verified = verify_presentation(verifier(), spoiled, now=NOW, resolvers=hosts.resolvers)
    assert verified.within == ()
    assert not verified.result.verified
    assert why(verified.result) == {"proof: invalid-signature"}
    assert hosts.asked == []


# --- B13 --------------------------------------------------------------------------------------------


def pasted(text: str) -> dict[str, str]:
    wrapped = "\n".join(text[at : at + 76] for at in range(0, len(text), 76))
    return {
        "line breaks": wrapped,
        "carriage returns": wrapped.replace("\n", "\r\n"),
        "code fence": f"```json\n{text}\n```",
        "quotes": f'"{text}"' if not text.startswith("{") else json.dumps(text),
        "typographic quotes": f"\u201c{text}\u201d",
        "list of one": f"[{text}]" if text.startswith("{") else json.dumps([text]),
        "zero width space": f"\u200b{text}\u200b",
        "byte order mark": f"\ufeff{text}",
        "quoted mail": "> " + wrapped.replace("\n", "\n> "),
        "quoted, in a fence": f"```\n\u201c{text}\u201d\n```",
        "blanks": f"\n\n  {text}\t\n",
        "a word before": f"Bearer {text}",
        "a name before, and line breaks": f"credential:\n{wrapped}",
        "an answer of an API": json.dumps({"format": "x", "credential": _value(text)}),
        "an answer of a wallet": json.dumps({"credentials": [{"credential": _value(text)}], "c_nonce": "a"}),
    }


def _value(text: str) -> Any:
    return json.loads(text) if text.startswith("{") else text


@pytest.mark.parametrize("name", pasted("").keys())
def test_found_b13_what_a_mail_or_chat_put_around_it_is_taken_away_and_told(
    service: Service, name: str
) -> None:
    document = badge(ALICE)
    del document["credentialStatus"]
    token = sign_vc_jwt(TOKENS.badge(), signer=TOKENS.signer, verification_method=TOKENS.method)
    for text in (token, json.dumps(ALICE.sign(document))):
        found = checked(service, pasted(text)[name].encode())
        assert found.result.verified, (name, text[:20], found.result.checks)
        assert ("pasted" in found.found_in) == (name not in ("blanks", "byte order mark"))


def test_found_b13_what_editors_and_mails_add_to_an_object(service: Service) -> None:
    document = badge(ALICE)
    del document["credentialStatus"]
    text = json.dumps(ALICE.sign(document))
    for data in (text.encode("utf-16"), f"My badge:\n\n{text}\n\nSent from my phone".encode()):
        assert checked(service, data).result.verified
    spoiled = json.loads(text) | {"name": "Chief"}
    assert not checked(service, {"verifiableCredential": spoiled}).result.verified
    assert why(checked(service, {"verifiableCredential": spoiled})) == {"proof: invalid-signature"}


def test_found_b13_an_sd_jwt_that_lost_its_end(service: Service) -> None:
    hidden = encode_base64url(json.dumps(["c2FsdA", "family_name", "Doe"]).encode())
    for whole in (sd_jwt_vc(), sd_jwt_vc(hidden, _sd=[digest(hidden, {})])):
        found = checked(service, whole[:-1].encode())
        assert found.result.verified, found.result.checks
        assert "~" in found.found_in
        assert not checked(service, whole.encode()).found_in
    for other in (sd_jwt_vc(hidden)[:-1], TOKENS.forge(TOKENS.header(), TOKENS.badge()) + "~x"):
        assert not checked(service, other.encode()).result.verified


def test_found_b13_of_several_credentials_none_is_chosen_and_none_called_false(service: Service) -> None:
    one, other = ALICE.sign(badge(ALICE)), ALICE.sign(badge(ALICE, name="Another"))
    for held in ([one, other], {"verifiableCredential": [one, other]}, {"a": one, "b": TOKENS.badge()}):
        with pytest.raises(SeveralCredentialsError, match="several credentials; give one") as caught:
            checked(service, json.dumps(held).encode())
        assert build_unread_report(caught.value, now=NOW)["verdict"] == "could_not_be_checked"
    signed = one | {"verifiableCredential": [other, one]}
    assert why(checked(service, signed)) >= {"proof: undefined-term"}, "what is no plain container is judged"


@pytest.mark.parametrize("text", ["hello", "[{}, {}]", '"hello"', "[]", "``` ```", "> a\n> b"])
def test_found_b13_what_is_no_credential_stays_as_it_is(text: str) -> None:
    assert clean_pasted(text.encode(), lambda _: None) == (text.encode(), "")


# --- S3 ---------------------------------------------------------------------------------------------

_SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:openbadges="https://purl.imsglobal.org/ob/v3p0">'
    '<openbadges:credential verify="a.b.c"></openbadges:credential></svg>'
)
_SVG11 = '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">'


@pytest.mark.parametrize(
    "head",
    [
        _SVG11,
        f'<?xml version="1.0" encoding="UTF-8"?>\n<!-- Made by a program -->\n{_SVG11}\n',
        "<!DOCTYPE svg>",
        "<!DOCTYPE svg SYSTEM 'svg.dtd'>\n",
    ],
)
def test_found_s3_a_doctype_that_defines_nothing_is_skipped(head: str) -> None:
    assert unbake((head + _SVG).encode()) == b"a.b.c"


@pytest.mark.parametrize(
    "head",
    [
        '<!DOCTYPE svg [<!ENTITY a "b">]>',
        '<!DOCTYPE svg SYSTEM "a.dtd" [<!ENTITY % a SYSTEM "http://a.example">%a;]>',
        "<!DOCTYPE svg><!DOCTYPE svg>",
    ],
)
def test_found_s3_one_with_entities_is_not_read_and_not_called_false(head: str) -> None:
    with pytest.raises(InputError) as caught:
        unbake((head + _SVG).encode())
    report = build_unread_report(caught.value, now=NOW)
    assert report["verdict"] == "could_not_be_checked" or "well-formed" in caught.value.detail


@pytest.mark.parametrize("typ", ["vc+jwt", "JWT", None])
def test_found_h3_rsa_of_open_badges_under_each_type(typ: str | None) -> None:
    """An issuer with a did:web and an RSA key, as the standard's own issuers have; bare and enveloped."""
    did, key = "did:web:issuer.example", rsa_signer()
    page = with_jwk(did, key.public_jwk)
    hosts = Hosts({"https://issuer.example/.well-known/did.json": page})
    document = TOKENS.badge(issuer={"id": did, "type": ["Profile"]})
    header = {"kid": f"{did}#key-1"} | ({} if typ is None else {"typ": typ})
    token = sign_jws(document, header=header, signer=key)
    for secured in (token, envelope(token) if typ == "vc+jwt" else token):
        assert verifier().verify_secured(secured, now=NOW, resolvers=hosts.resolvers).result.verified
    forged = token[:-8] + ("A" if token[-8] != "A" else "B") + token[-7:]
    result = verifier().verify_secured(forged, now=NOW, resolvers=hosts.resolvers).result
    assert why(result) == {"proof: invalid-signature"}


@pytest.mark.parametrize(("index", "wanted"), [("4044", {"status: revoked"}), ("4043", set())])
def test_found_h3_a_status_list_as_walt_id_makes_them(index: str, wanted: set[str]) -> None:
    """A JWT without a type: dates without a zone, the issuer as `sub`, base64 with + and / and padding."""
    bits = bytearray(16_384)
    bits[4044 // 8] = 0x80 >> 4044 % 8
    subject = {"id": "50cbfa9f587aac1d", "type": "StatusList2021", "statusPurpose": "revocation"}
    packed = base64.b64encode(gzip.compress(bytes(bits), mtime=0)).decode()
    assert not {"+", "/"}.isdisjoint(packed)
    listed = {
        "@context": ["https://www.w3.org/2018/credentials/v1"],
        "id": "http://localhost:7004/credentials/50cbfa9f587aac1d",
        "type": ["VerifiableCredential", "StatusList2021Credential"],
        "issuer": TOKENS.did,
        "issuanceDate": "2025-02-05T21:53:00.107575300",
        "expirationDate": "2035-02-05T21:53:00.107575300",
        "credentialSubject": subject | {"encodedList": packed},
    }
    claims = {"iss": TOKENS.did, "sub": TOKENS.did, "vc": listed}
    served = TOKENS.forge(TOKENS.header(typ=None), claims).encode()
    url = "https://walt.example/credentials/1"
    entry = status_entry(url=url) | {"type": "StatusList2021Entry", "statusListIndex": index}
    token = TOKENS.forge(TOKENS.header(), TOKENS.badge(credentialStatus=entry))
    hosts = Hosts({url: served})
    result = verifier().verify_secured(token, now=NOW, resolvers=hosts.resolvers).result
    assert why(result) - {"schema: schema-faults"} == wanted
    assert result.verified == (not wanted)
