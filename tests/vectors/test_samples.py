"""Signed credentials of other issuers, each with the verdict that its publisher gives it.

Which ones must come out as published is decided by the proof column of EXPECTED.tsv: what is secured in a
way that is not supported (yet) must come out as unknown, never as good.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from credserv.fetch.guarded import FileFetcher
from credserv.ground.strict_json import parse_json_object
from credserv.ground.verification import Outcome, VerificationResult
from credserv.journeys.check.resolve import DidResolver
from credserv.verifying.presentation import is_presentation, verify_presentation
from credserv.verifying.surroundings import Resolvers
from tests.testkit.shared import shared_path
from tests.testkit.verifying import verifier
from tests.testkit.why import why

SUPPORTED = frozenset({"DataIntegrityProof/eddsa-rdfc-2022", "Ed25519Signature2020", "JsonWebSignature2020"})
# Their issuer is an https address, which no DID document vouches for, and their example context defines
# terms for anything, so that it is not carried: see test_legacy_suites.py for their signatures.
BY_NOBODY = "spruce/tests__lds-ed25519-2020"
NOW = datetime(2026, 3, 14, tzinfo=UTC)  # the samples' dates lie years to either side
SAMPLES = shared_path("samples/EXPECTED.tsv").parent
# Of did:example, which no service can resolve; the public numbers are those of tests/did-example-foo.json in
# the repository of the samples, the modulus without the zero byte before it (RFC 7518, section 6.3.1.1).
FOO = "did:example:foo"
FOO_PAGE: dict[str, Any] = {
    "id": FOO,
    "verificationMethod": [
        {
            "id": f"{FOO}#key1",
            "type": "JsonWebKey2020",
            "controller": FOO,
            "publicKeyJwk": {
                "kty": "RSA",
                "n": (
                    "sbX82NTV6IylxCh7MfV4hlyvaniCajuP97GyOqSvTmoEdBOflFvZ06kR_9D6ctt45Fk6hskfnag2GG69NALVH2o4RC"
                    "R6tQiLRpKcMRtDYE_thEmfBvDzm_VVkOIYfxu-Ipuo9J_S5XDNDjczx2v-3oDh5-CIHkU46hvFeCvpUS-L8TJSbgX0"
                    "kjVk_m4eIb9wh63rtmD6Uz_KBtCo5mmR4TEtcLZKYdqMp3wCjN-TlgHiz_4oVXWbHUefCEe8rFnX1iQnpDHU49_SaX"
                    "Qoud1jCaexFn25n-Aa8f8bc5Vm-5SeRwidHa6ErvEhTvf1dz6GoNPp2iRvm-wJ1gxwWJEYPQ"
                ),
                "e": "AQAB",
            },
        },
        {
            "id": f"{FOO}#key2",
            "type": "Ed25519VerificationKey2018",
            "controller": FOO,
            "publicKeyJwk": {
                "kty": "OKP",
                "crv": "Ed25519",
                "x": "G80iskrv_nE69qbGLSpeOHJgmV4MKIzsy5l5iT6pCww",
            },
        },
    ],
    "assertionMethod": [f"{FOO}#key1", f"{FOO}#key2"],
    "authentication": [f"{FOO}#key1", f"{FOO}#key2"],
}
CODES = {
    "invalid": ("proof", "redefined-term"),
    "revoked": ("status", "revoked"),
    "expired": ("validity", "expired"),
    "not_yet_valid": ("validity", "not-yet-valid"),
    "invalid_signature": ("proof", "invalid-signature"),
    "status_list_invalid(list type)": ("status", "status-list"),
}


def rows() -> Iterator[dict[str, str]]:
    with (SAMPLES / "EXPECTED.tsv").open(newline="") as file:
        yield from csv.DictReader(file, delimiter="\t")


def is_supported(row: dict[str, str]) -> bool:
    """A second proof of another kind beside one that is known decides nothing."""
    return not row["file"].startswith(BY_NOBODY) and any(
        proof in SUPPORTED for proof in row["proof"].split("+")
    )


CREDENTIALS = [row for row in rows() if not row["file"].startswith("hosts/") and row["proof"] != "none"]


def outside(*, with_foo: bool = True) -> Resolvers:
    """The hosts of the samples, and the one DID that no host has."""
    hosts = FileFetcher(SAMPLES / "hosts")
    did = DidResolver(find_own=lambda _did: None, fetcher=hosts)
    return Resolvers(
        resolve_did=lambda name: FOO_PAGE if with_foo and name == FOO else did(name),
        fetch=hosts,
        own_status_list=lambda url: None,
        keeps_lists=lambda issuer: True,  # DCC keeps one list for all of its test issuers
    )


def verify(name: str, *, with_foo: bool = True, **settings: int) -> tuple[dict[str, Any], VerificationResult]:
    document = parse_json_object((SAMPLES / name).read_bytes())
    resolvers = outside(with_foo=with_foo)
    if is_presentation(document):
        held = verify_presentation(verifier(**settings), document, now=NOW, resolvers=resolvers)
        return document, held.result
    return document, verifier(**settings).verify_credential(document, now=NOW, resolvers=resolvers)


@pytest.mark.parametrize(
    "row", [row for row in CREDENTIALS if is_supported(row)], ids=lambda row: row["file"]
)
def test_a_supported_sample_gets_the_verdict_of_its_publisher(row: dict[str, str]) -> None:
    _, result = verify(row["file"])
    if row["expected"] == "valid":
        assert result.verified, result.checks
        return
    assert not result.verified
    assert not result.unknown
    for word in row["expected"].split("+"):
        name, code = CODES[word]
        check = result.check(name)
        assert check is not None
        assert (check.outcome, check.code) == (Outcome.FAILED, code), check


def test_a_short_list_says_nothing_where_the_operator_asks_for_a_longer_one() -> None:
    """The list of revoked ones has 100,000 entries."""
    name = "dcc/v1__dataIntegrityProof__didWeb__legacy-revokedStatus-noExpiry.json"
    _, result = verify(name, minimum_status_entries=131_072)
    status = result.check("status")
    assert status is not None
    assert (status.outcome, status.code) == (Outcome.UNKNOWN, "status-list-length")
    assert not result.verified


@pytest.mark.parametrize(
    "row", [row for row in CREDENTIALS if "vc-jws2020" in row["file"]], ids=lambda row: row["file"]
)
def test_a_key_that_no_host_has(row: dict[str, str]) -> None:
    """The good one is unknown then; the terms that the others redefine are found before any key is."""
    _, result = verify(row["file"], with_foo=False)
    assert not result.verified
    assert why(result) & {"proof: redefined-term", "proof: unsupported-proof"}
    assert result.unknown is (row["expected"] == "valid")


def test_an_issuer_whose_address_nobody_answers_for_is_unknown() -> None:
    _, result = verify(f"{BY_NOBODY}-vc0.jsonld")
    assert result.unknown
    proof = result.check("proof")
    assert proof is not None
    assert proof.code == "unavailable"


def test_a_presentation_by_another_than_its_holder_is_not_the_holders() -> None:
    """Its publisher looks at the signature alone; the holder is a DID, the key that of an https address."""
    _, result = verify(f"{BY_NOBODY}-vp0.jsonld")
    assert not result.verified
    proof = result.check("proof")
    assert proof is not None
    assert proof.code == "verification-method"


PRESENTATION = "spruce/examples__files__vp-jwtvc.jsonld"


def test_a_presentation_whose_proof_does_not_cover_what_it_holds() -> None:
    """Its signature fits what JSON-LD leaves of it, where the credential, being text, is lost (attack 1).

    So it would fit with any other one, too. The credential is judged by its own signature.
    """
    document = parse_json_object((SAMPLES / PRESENTATION).read_bytes())
    verified = verify_presentation(verifier(), document, now=NOW, resolvers=outside())
    proof = verified.result.check("proof")
    assert proof is not None
    assert (proof.outcome, proof.code) == (Outcome.FAILED, "undefined-term")
    (credential,) = verified.within
    assert credential.result.verified, credential.result.checks
    assert credential.document["issuer"] == FOO
    spoilt = document | {"verifiableCredential": document["verifiableCredential"][:-4] + "AAAA"}
    (credential,) = verify_presentation(verifier(), spoilt, now=NOW, resolvers=outside()).within
    assert not credential.result.verified


def test_a_presentation_without_its_credential_is_another_one() -> None:
    """And one whose holder's key no host has is unknown."""
    document = parse_json_object((SAMPLES / PRESENTATION).read_bytes())
    nothing = {name: value for name, value in document.items() if name != "verifiableCredential"}
    result = verify_presentation(verifier(), nothing, now=NOW, resolvers=outside()).result
    proof = result.check("proof")
    assert proof is not None
    assert (proof.outcome, proof.code) == (Outcome.FAILED, "invalid-signature")
    unknown = verify_presentation(verifier(), document, now=NOW, resolvers=outside(with_foo=False)).result
    assert unknown.unknown


def test_some_of_either_kind_are_there() -> None:
    assert sum(map(is_supported, CREDENTIALS)) >= 21
    assert {row["expected"] for row in CREDENTIALS if is_supported(row)} > {"valid", "revoked", "expired"}


@pytest.mark.parametrize(
    "row", [row for row in CREDENTIALS if is_supported(row)], ids=lambda row: row["file"]
)
def test_a_changed_sample_is_not_verified(row: dict[str, str]) -> None:
    document = parse_json_object((SAMPLES / row["file"]).read_bytes())
    document["issuanceDate" if "issuanceDate" in document else "validFrom"] = "2020-01-01T00:00:00Z"
    result = verifier().verify_credential(document, now=NOW, resolvers=outside())
    proof = result.check("proof")
    assert proof is not None
    code = "redefined-term" if row["expected"] == "invalid" else "invalid-signature"
    assert (proof.outcome, proof.code) == (Outcome.FAILED, code)
