"""vc+sd-jwt: what is withheld is not shown, what is shown was signed, and a holder signs for one reader."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import pytest

from credserv.ground.encoding import KeyType, decode_base64url
from credserv.ground.errors import InputError, InvalidSignatureError, MalformedProofError, ProofError
from credserv.ground.strict_json import parse_json_object
from credserv.proof.tokens.sd_jwt import parse_sd_jwt
from credserv.proof.tokens.sd_jwt_issue import Path, bind_sd_jwt, present_sd_jwt, sign_sd_jwt
from credserv.proof.tokens.token import Binding
from tests.testkit.proofs import NOW
from tests.testkit.tokens import circumstances, token_issuer

ISSUER = token_issuer()
HOLDER = token_issuer(KeyType.P256, seed=5)
BINDING = Binding("https://reader.example", "n-1")
PATHS: list[Path] = [
    ("name",),
    ("credentialSubject", "identifier", 0),
    ("credentialSubject", "achievement", "tag", 1),
    ("credentialSubject", "achievement"),
]


def issue(**changes: Any) -> str:
    arguments: dict[str, Any] = {
        "signer": ISSUER.signer,
        "verification_method": ISSUER.method,
        "disclosable": PATHS,
        "holder_jwk": HOLDER.jwk,
    }
    return sign_sd_jwt(ISSUER.badge(), **arguments | changes)


def bound(sd_jwt: str, **changes: Any) -> str:
    arguments: dict[str, Any] = {"signer": HOLDER.signer, "binding": BINDING, "now": NOW}
    return bind_sd_jwt(sd_jwt, **arguments | changes)


def verify(token: str, binding: Binding | None = None, **changes: Any) -> str:
    return parse_sd_jwt(token).verify(ISSUER.did, circumstances(binding, **changes))


def test_with_every_disclosure_it_is_the_credential() -> None:
    token = issue()
    assert token.count("~") == 5
    assert verify(token) == ISSUER.method
    assert parse_sd_jwt(token).document == ISSUER.badge()


def test_what_is_withheld_is_nowhere_in_the_token() -> None:
    payload = parse_json_object(decode_base64url(issue().split(".")[1]))
    text = str(payload)
    assert "Mentor foundation" not in text
    assert "sha256$4d3f2c1b" not in text
    assert "Three observed sessions" not in text
    assert payload["credentialSubject"]["id"]


def test_the_holder_chooses() -> None:
    shown = present_sd_jwt(issue(), withhold=["name", "achievement"])
    assert verify(shown) == ISSUER.method
    document = parse_sd_jwt(shown).document
    expected = ISSUER.badge()
    del expected["name"], expected["credentialSubject"]["achievement"]
    assert document == expected


def test_every_choice_verifies_and_shows_a_part() -> None:
    issued, *disclosures, _ = issue(disclosable=PATHS[:2]).split("~")
    for count in range(len(disclosures) + 1):
        for chosen in itertools.combinations(disclosures, count):
            assert verify("~".join([issued, *chosen, ""])) == ISSUER.method


def test_decoys_say_nothing() -> None:
    token = issue(disclosable=[("name",)], decoys=3)
    payload = parse_json_object(decode_base64url(token.split(".")[1]))
    assert len(payload["_sd"]) == 4
    assert payload["_sd"] == sorted(payload["_sd"])
    assert parse_sd_jwt(token).document == ISSUER.badge()


@pytest.mark.parametrize("name", ["iss", "exp", "proof", "cnf", "_sd"])
def test_what_secures_a_credential_is_no_member_of_it(name: str) -> None:
    with pytest.raises(InputError, match=r"belongs to what secures|that SD-JWT uses itself"):
        sign_sd_jwt(ISSUER.badge() | {name: 1}, signer=ISSUER.signer, verification_method=ISSUER.method)


def test_salts_differ() -> None:
    assert issue().split("~")[1:] != issue().split("~")[1:]


@pytest.mark.parametrize(
    "path",
    [
        (),
        ("issuer",),
        ("type", 0),
        ("@context",),
        ("validUntil",),
        ("credentialStatus",),
        ("nothing",),
        ("credentialSubject", "achievement", "tag", 2),
        ("credentialSubject", "achievement", "tag", -1),
        ("credentialSubject", "achievement", "tag", "0"),
        ("name", 0),
    ],
    ids=str,
)
def test_what_cannot_be_withheld(path: Path) -> None:
    with pytest.raises(InputError):
        issue(disclosable=[path])


def test_names_that_sd_jwt_uses_itself() -> None:
    for name in ("_sd", "...", "_sd_alg"):
        document = ISSUER.badge()
        document["credentialSubject"]["achievement"][name] = []
        with pytest.raises(InputError):
            sign_sd_jwt(document, signer=ISSUER.signer, verification_method=ISSUER.method)


def test_a_changed_payload() -> None:
    head, _, rest = issue().split(".", 2)
    with pytest.raises(InvalidSignatureError):
        verify(f"{head}.{ISSUER.forge({}, ISSUER.badge()).split('.')[1]}.{rest.split('~')[0]}~")


# --- key binding --------------------------------------------------------------------------------


def test_a_holder_signs_for_one_reader_and_occasion() -> None:
    token = bound(present_sd_jwt(issue(), withhold=["name"]))
    assert verify(token, BINDING) == ISSUER.method
    assert verify(token) == ISSUER.method
    for other in (Binding("https://other.example", "n-1"), Binding("https://reader.example", "n-2")):
        with pytest.raises(ProofError, match="another"):
            verify(token, other)


def test_bound_by_someone_else() -> None:
    token = bound(issue(), signer=token_issuer(KeyType.P256, seed=6).signer)
    for binding in (BINDING, None):
        with pytest.raises(InvalidSignatureError):
            verify(token, binding)


def test_bound_once() -> None:
    with pytest.raises(InputError, match="already"):
        bound(bound(issue()))


def test_bound_to_nobody() -> None:
    with pytest.raises(MalformedProofError, match="bound it to no"):
        verify(bound(issue(holder_jwk=None)), BINDING)


def test_a_binding_in_its_time() -> None:
    token = bound(issue())
    assert verify(token, BINDING, now=NOW + timedelta(minutes=5))
    with pytest.raises(ProofError, match="older"):
        verify(token, BINDING, now=NOW + timedelta(minutes=7))
    assert verify(token, now=NOW + timedelta(days=7)), "nobody asked for a fresh one"
