"""A JWS that is detached from what it signs: its form, its header and its key, each at its bounds."""

from __future__ import annotations

from typing import Any

import pytest

from credserv.ground.encoding import encode_base64url
from credserv.ground.errors import InvalidSignatureError, MalformedProofError, UnsupportedProofError
from credserv.proof.data_integrity.former_names import Ecdsa2019, Eddsa2022
from credserv.proof.data_integrity.proof_form import previous_of
from credserv.proof.keys.verification_method import did_key_document, find_method
from tests.testkit.proofs import canonizer
from tests.testkit.suites import SuiteIssuer, detached_jws, suite_issuers

BY = {by.identifier: by for by in suite_issuers(11) if by.member == "jws"}
every = pytest.mark.parametrize("by", BY.values(), ids=str)
JWS_2020 = BY["JsonWebSignature2020"]


def made(by: SuiteIssuer, **header: Any) -> str:
    data = by.suite.hash_data(by.badge(), by.options(), by.signer.key_type)
    return detached_jws(data, by.signer, **header)


def verify(by: SuiteIssuer, jws: object) -> None:
    method = by.options()["verificationMethod"]
    found = find_method(did_key_document(by.did), method, purpose="assertionMethod")
    by.suite.verify_proof(by.badge(), by.options() | {"jws": jws}, found)


@every
def test_it_is_over_the_bare_bytes(by: SuiteIssuer) -> None:
    good = made(by)
    verify(by, good)
    head, _, signature = good.split(".")
    token: Any = by.suite
    assert token._parse(good).signing_input == f"{head}.".encode()
    with pytest.raises(InvalidSignatureError):
        by.suite.verify_proof(
            by.badge() | {"name": "Other"},
            by.options() | {"jws": good},
            find_method(
                did_key_document(by.did), by.options()["verificationMethod"], purpose="assertionMethod"
            ),
        )
    with pytest.raises(InvalidSignatureError):
        verify(by, f"{head}..{signature[:-4]}AAAA")


@pytest.mark.parametrize(
    "value",
    [None, 7, ["a..b"], "", "a.b", made(JWS_2020).replace("..", ".e30."), made(JWS_2020) + "A" * 2_048],
    ids=lambda value: str(value)[:12],
)
def test_what_is_no_detached_jws(value: object) -> None:
    with pytest.raises(MalformedProofError, match="is no detached JWS"):
        verify(JWS_2020, value)


def test_its_length_has_a_bound() -> None:
    good = made(JWS_2020)
    longest = good + "A" * (2_048 - len(good))
    with pytest.raises((InvalidSignatureError, MalformedProofError)) as told:
        verify(JWS_2020, longest)
    assert "no detached JWS" not in str(told.value)
    with pytest.raises(MalformedProofError, match="is no detached JWS"):
        verify(JWS_2020, longest + "A")


@every
@pytest.mark.parametrize(
    "header",
    [{"b64": True}, {"b64": 0}, {"b64": None}, {"crit": []}, {"crit": ["b64", "b64"]}],
    ids=str,
)
def test_its_header_says_that_and_no_more(by: SuiteIssuer, header: dict[str, Any]) -> None:
    with pytest.raises(MalformedProofError):
        verify(by, made(by, **header))
    with pytest.raises(UnsupportedProofError, match="'kid' as well"):
        verify(by, made(by, kid="k"))


def test_a_header_of_another_form_is_told_as_such() -> None:
    for header in ({"b64": True}, {"b64": 0}):
        with pytest.raises(MalformedProofError, match="holds alg, b64 false, and b64 as crit"):
            verify(JWS_2020, made(JWS_2020, **header))
    head = encode_base64url(b'{"alg":"EdDSA"}')
    with pytest.raises(MalformedProofError, match="holds alg, b64 false, and b64 as crit"):
        verify(JWS_2020, f"{head}..AAAA")


def test_its_algorithm_is_one_of_the_suite_and_its_signature_is_base64url() -> None:
    with pytest.raises(UnsupportedProofError):
        verify(JWS_2020, made(JWS_2020, alg="RS256"))
    with pytest.raises(MalformedProofError, match="the signature of the JWS is"):
        verify(JWS_2020, made(JWS_2020).partition("..")[0] + "..AAAAA")


def test_suites_by_their_former_names_are_read_and_never_made() -> None:
    assert (Eddsa2022.identifier, Ecdsa2019.identifier) == ("eddsa-2022", "ecdsa-2019")
    assert not Eddsa2022.signs
    assert not Ecdsa2019.signs
    with pytest.raises(UnsupportedProofError, match="eddsa-2022 is verified here, never made"):
        Eddsa2022(canonizer()).create_proof(JWS_2020.badge(), {}, JWS_2020.signer)


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("urn:1", ["urn:1"]),
        (["urn:1"], ["urn:1"]),
        (["urn:1"] * 8, ["urn:1"] * 8),
        (["urn:1"] * 9, None),
        ([], None),
        (7, None),
        (["urn:1", 7], None),
        (None, []),
    ],
    ids=lambda value: str(value)[:20],
)
def test_which_proofs_one_builds_on(value: object, names: list[str] | None) -> None:
    assert previous_of({}) == []
    if names is None:
        with pytest.raises(MalformedProofError, match="previousProof is"):
            previous_of({"previousProof": value})
    else:
        assert previous_of({"previousProof": value}) == names
