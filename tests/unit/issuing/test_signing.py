"""What a caller may wish of a proof or token, and which members its holder may withhold."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from credserv.ground.encoding import KeyType
from credserv.ground.errors import InputError
from credserv.issuing.copying import _is_there
from credserv.issuing.credential_signer import (
    CredentialSigner,
    ProofWishes,
    TokenSigner,
    _meet,
    _withholdable,
    suites_for,
)
from credserv.issuing.template import _letters
from credserv.proof.data_integrity.ecdsa_sd_2023 import EcdsaSd2023
from credserv.proof.data_integrity.ecdsa_sd_2023_base import parse_base_proof
from credserv.proof.data_integrity.proofs import ProofExtras
from credserv.proof.data_integrity.suites import build_suites
from credserv.proof.tokens.token import Binding
from credserv.verifying.checks.proof import open_secured
from tests.testkit.proofs import NOW, canonizer
from tests.testkit.tokens import token_issuer

EDWARDS, P256 = token_issuer(), token_issuer(KeyType.P256)
USUAL = {KeyType.ED25519: "eddsa-rdfc-2022", KeyType.P256: "ecdsa-rdfc-2019"}


def signer(by: Any = EDWARDS) -> CredentialSigner:
    key_type = by.signer.key_type
    suites = suites_for(build_suites(canonizer()), by.signer, USUAL[key_type])
    return CredentialSigner(by.did, by.method, by.signer, suites, canonizer())


def test_a_key_signs_with_the_suites_that_fit_it_the_usual_one_first() -> None:
    fitting = list(signer().suites)
    assert fitting[0] == "eddsa-rdfc-2022"
    assert {name.partition("-")[0] for name in fitting} == {"eddsa"}
    of_p256 = signer(P256).suites
    assert next(iter(of_p256)) == "ecdsa-rdfc-2019"
    assert EcdsaSd2023.identifier in of_p256
    assert all(suite.signs and KeyType.P256 in suite.key_types for suite in of_p256.values())


def test_a_proof_is_of_the_suite_and_date_that_are_wished_for() -> None:
    document = EDWARDS.badge()
    then = NOW - timedelta(hours=1)
    for wishes, suite, created in (
        (ProofWishes(), "eddsa-rdfc-2022", "2026-03-14T09:26:53Z"),
        (ProofWishes("DataIntegrityProof", created=then), "eddsa-rdfc-2022", "2026-03-14T08:26:53Z"),
        (ProofWishes(cryptosuite="eddsa-jcs-2022"), "eddsa-jcs-2022", "2026-03-14T09:26:53Z"),
        (ProofWishes(extras=ProofExtras(domain=("x.example",))), "eddsa-rdfc-2022", "2026-03-14T09:26:53Z"),
    ):
        proof = signer().sign(document, wishes, now=NOW)["proof"]
        assert (proof["cryptosuite"], proof["created"]) == (suite, created)
        assert proof.get("domain") == ("x.example" if wishes.extras else None)


@pytest.mark.parametrize(
    "wishes",
    [
        ProofWishes(proof_type="Ed25519Signature2018"),
        ProofWishes(cryptosuite="ecdsa-sd-2023"),
        ProofWishes(cryptosuite="none"),
        ProofWishes(mandatory=("/issuer",)),
        ProofWishes("vc+jwt", mandatory=("/issuer",)),
        ProofWishes("vc+cose", mandatory=("/issuer",)),
        ProofWishes("vc+jwt", cryptosuite="eddsa-rdfc-2022"),
        ProofWishes("vc+jwt", created=NOW),
        ProofWishes("vc+jwt", extras=ProofExtras(domain=("x.example",))),
    ],
)
def test_a_wish_that_this_key_or_form_cannot_fulfil_is_refused(wishes: ProofWishes) -> None:
    with pytest.raises(InputError):
        signer().sign(EDWARDS.badge(), wishes, now=NOW)


def test_a_token_says_what_the_credential_says() -> None:
    document = EDWARDS.badge()
    for form in ("vc+jwt", "vc+sd-jwt", "vc+cose"):
        made = signer().sign(document, ProofWishes(form, extras=ProofExtras()), now=NOW)
        assert made["type"] == "EnvelopedVerifiableCredential"
        assert made["id"].startswith(f"data:application/{form}")
        assert open_secured(made).document["id"] == document["id"]
    mandatory = ("/credentialSubject/achievement",)
    made = signer().sign(document, ProofWishes("vc+sd-jwt", mandatory=mandatory), now=NOW)
    free = made["id"].count("~") - 1
    assert free == len(document["credentialSubject"].keys() - {"id", "type", "achievement"})


def test_a_presentation_is_made_for_its_reader() -> None:
    held = {"@context": ["https://www.w3.org/ns/credentials/v2"], "type": ["VerifiablePresentation"]}
    for form in ("vc+jwt", "vc+sd-jwt", "vc+cose"):
        token = TokenSigner(EDWARDS.did, EDWARDS.method, EDWARDS.signer, form)
        made = token.sign_presentation(held | {"holder": EDWARDS.did}, Binding("reader", "n-1"), now=NOW)
        assert made["type"] == "EnvelopedVerifiablePresentation"
        assert made["id"].startswith(f"data:application/{form.replace('vc', 'vp')}")
    assert TokenSigner(EDWARDS.did, EDWARDS.method, EDWARDS.signer).form == "vc+jwt"


@pytest.mark.parametrize(
    ("subject", "mandatory", "paths"),
    [
        ({"id": "x", "type": "T", "a": 1, "b": 2}, (), [("a",), ("b",)]),
        ({"a": {"c": 1}, "b": 2}, ("/credentialSubject/a/c",), [("b",)]),
        ({"a": 1, "ab": 2}, ("/credentialSubject/a",), [("ab",)]),
        ({"a": 1}, ("/credentialSubject",), []),
        ({"a/b": 1, "c~d": 2}, ("/credentialSubject/a~1b",), [("c~d",)]),
        ({"c~d": 2}, ("/credentialSubject/c~0d",), []),
        ([{"a": 1}, "text", {"a": 2}], ("/credentialSubject/0/a",), [(2, "a")]),
    ],
)
def test_what_a_holder_may_withhold(subject: Any, mandatory: tuple[str, ...], paths: list[Any]) -> None:
    found = list(_withholdable({"credentialSubject": subject}, mandatory))
    assert found == [("credentialSubject", *path) for path in paths]


def test_pointers_meet_where_one_leads_through_the_other() -> None:
    assert _meet("/a", "/a")
    assert _meet("/a/b", "/a")
    assert _meet("/a", "/a/b")
    assert not _meet("/ab", "/a")
    assert not _meet("/a", "/ab")


def test_a_pointer_leads_somewhere_or_not() -> None:
    content = {"a": {"b": None}, "c": ["d"]}
    assert [_is_there(content, one) for one in ("/a", "/a/b", "/a/c", "/b", "/c/0", "/c/d", "/a/b/c")] == [
        True, True, False, False, False, False, False,
    ]  # fmt: skip


def test_slots_have_names_of_letters_each_its_own() -> None:
    names = [_letters(number) for number in range(100)]
    assert (names[0], names[9], names[10]) == ("a", "j", "aa")
    assert len(set(names)) == 100


def test_what_a_holder_cannot_withhold_is_what_was_asked_for() -> None:
    wishes = ProofWishes(cryptosuite="ecdsa-sd-2023", mandatory=("/issuer", "/name"))
    made = signer(P256).sign(P256.badge(), wishes, now=NOW)
    assert parse_base_proof(made["proof"]["proofValue"]).mandatory == ("/issuer", "/name")
    with pytest.raises(InputError, match="always shows all"):
        signer(P256).sign(P256.badge(), ProofWishes(mandatory=("/issuer",)), now=NOW)
