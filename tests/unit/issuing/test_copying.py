"""A copy of an award in each of its forms, by keys of several kinds, seen by the whole verifier."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import pytest

from credserv.ground.canonical_json import to_json
from credserv.ground.encoding import KeyType
from credserv.ground.errors import ConflictError, InputError
from credserv.ground.strict_json import parse_json_object
from credserv.issuing.copying import copy_content, forms_of, make_copy_bytes, sd_jwt_vc_claims
from credserv.issuing.document import lint, signs_canonical_form
from credserv.issuing.services import IssuingServices
from credserv.openbadges.json_schema import CredentialSchemas
from credserv.openbadges.learning_credential import Learner, LearningFacts
from credserv.openbadges.recipient import names
from credserv.openbadges.studies import Studies
from credserv.proof.data_integrity.suites import build_suites, issuing_suite
from credserv.proof.tokens.jws import payload_of
from credserv.proof.tokens.sd_jwt_vc import MODEL
from credserv.records.copies import CopyForm, CopyPlan, CopyRecord
from credserv.records.credentials import CredentialRecord, Recipient
from credserv.records.organisations import OrganisationRecord
from tests.testkit.holding import wallet_did
from tests.testkit.proofs import NOW, SCHEMAS, canonizer
from tests.testkit.tokens import token_issuer
from tests.testkit.verifying import Hosts, verifier
from tests.unit.issuing.test_template import of_order

URL = "https://badges.example"
HOLDER = wallet_did(7)
AT = NOW.replace(microsecond=0)
FACTS = LearningFacts(Studies(study_time="PT30H"), "AT", Learner("Doe", "Pat", "pat@example.org"))


@cache
def schemas() -> CredentialSchemas:
    return CredentialSchemas.load(SCHEMAS)


class Seen:
    """The whole verifier, by whom everything is seen that is handed on. shown: what, and as of when."""

    def __init__(self) -> None:
        self.shown: list[tuple[bytes, datetime]] = []

    def __call__(self, signed: bytes, now: datetime) -> None:
        self.shown.append((signed, now))
        secured = parse_json_object(signed) if signed.startswith(b"{") else signed.decode()
        verified = verifier().verify_secured(secured, now=now, resolvers=Hosts().resolvers, proof_only=True)
        verified.result.require()


def issuing(kind: KeyType = KeyType.ED25519, **changes: Any) -> IssuingServices:
    by = token_issuer(kind)
    nothing: Any = None
    return replace(
        IssuingServices(
            store=nothing,
            issuer=OrganisationRecord(by.did, {"name": "Example Academy"}),
            verification_method=by.method,
            signer=by.signer,
            unstopped_signer=by.signer,
            suite=build_suites(canonizer())[issuing_suite(kind)],
            canonizer=canonizer(),
            schemas=schemas(),
            require_own=Seen(),
            public_url=URL,
            sends_letters=False,
        ),
        **changes,
    )


def award(kind: KeyType = KeyType.ED25519, *, email: str | None = None, **changes: Any) -> CredentialRecord:
    """changes: of its document; None leaves a member out."""
    document = token_issuer(kind).badge(proof={"type": "DataIntegrityProof"}) | changes
    document = {name: value for name, value in document.items() if value is not None}
    signed = json.dumps(document).encode()
    return replace(of_order(recipient=Recipient(email, None if email else HOLDER)), signed=signed)


def copy(form: CopyForm = CopyForm.LDP_VC) -> CopyRecord:
    return CopyRecord(CopyPlan("copy1", "c1", form, HOLDER, "thumb", "grain", AT), "list1", 7)


@pytest.mark.parametrize(
    ("kind", "lacks"),
    [
        (KeyType.ED25519, {CopyForm.LDP_VC_SD}),
        (KeyType.P256, set()),
        (KeyType.P384, {CopyForm.LDP_VC_SD, CopyForm.JWT_VC_JSON}),
    ],
)
def test_which_forms_a_key_signs(kind: KeyType, lacks: set[CopyForm]) -> None:
    forms = forms_of(issuing(kind))
    assert set(CopyForm) - set(forms) == lacks
    assert [form for form in CopyForm if form in forms] == list(forms)


@pytest.mark.parametrize("kind", [KeyType.ED25519, KeyType.P256, KeyType.P384])
def test_each_form_is_made_and_seen_whole(kind: KeyType) -> None:
    """Under P-384 what is signed is another canonical form than the one that was checked."""
    own = issuing(kind)
    assert signs_canonical_form(own) is (kind is not KeyType.P384)
    for form in forms_of(own):
        seen, facts = Seen(), FACTS if form is CopyForm.LEARNING else None
        made = make_copy_bytes(replace(own, require_own=seen), award(kind), copy(form), facts)
        ((shown, at),) = seen.shown
        assert at == AT
        assert made.startswith(b"{") is not form.is_token
        if form is CopyForm.LDP_VC_SD:
            assert parse_json_object(made)["proof"]["proofValue"].startswith("u2V0A")  # a base proof
            assert parse_json_object(shown)["proof"]["proofValue"].startswith("u2V0B")  # what is shown
            assert parse_json_object(shown).keys() == parse_json_object(made).keys()
        elif form.is_token:
            assert shown == made
        else:
            assert parse_json_object(shown) == parse_json_object(made)
            assert made == to_json(parse_json_object(made))


def test_a_form_that_the_key_does_not_sign_is_refused() -> None:
    with pytest.raises(InputError, match="P-256"):
        make_copy_bytes(issuing(), award(), copy(CopyForm.LDP_VC_SD))


def test_letters_beyond_ascii_stay_as_they_are() -> None:
    made = make_copy_bytes(issuing(), award(name="Führung"), copy())
    assert "Führung".encode() in made


def test_a_copy_is_about_the_key_of_its_holder() -> None:
    content = copy_content(issuing(), award(), copy())
    assert content["id"] == f"{URL}/credentials/copy1"
    assert "proof" not in content
    assert content["credentialSubject"]["id"] == HOLDER
    assert content["credentialStatus"]["statusListCredential"] == f"{URL}/status/list1"
    assert content["credentialStatus"]["statusListIndex"] == "7"
    assert "refreshService" not in content
    was = json.loads(award().signed or b"")["credentialSubject"]["identifier"]
    assert content["credentialSubject"]["identifier"] == was
    (identity,) = copy_content(issuing(), award(email="pat@example.org"), copy())["credentialSubject"][
        "identifier"
    ]
    assert identity["salt"] == "grain"
    assert names({"identifier": [identity]}, "pat@example.org")


def test_a_copy_of_what_lives_is_renewed_by_itself_and_bears_no_word_about_the_award() -> None:
    spoken: dict[str, Any] = {"endorsement": [{}], "endorsementJwt": ["a.b.c"]}
    content = copy_content(issuing(), award(refreshService={"id": "x"}, **spoken), copy())
    assert content["refreshService"]["id"] == f"{URL}/credentials/copy1/refresh"
    assert not content.keys() & spoken.keys()
    assert copy_content(issuing(), award(**spoken), copy()).keys() >= spoken.keys()


def test_only_what_is_signed_by_this_issuer_is_copied() -> None:
    with pytest.raises(ConflictError, match="not issued yet"):
        copy_content(issuing(), replace(award(), signed=None), copy())
    with pytest.raises(ConflictError, match="another issuer"):
        copy_content(issuing(), award(KeyType.P256), copy())


def test_the_claims_of_an_sd_jwt_vc() -> None:
    content = copy_content(issuing(), award(), copy())
    claims = sd_jwt_vc_claims(issuing(), content, copy(CopyForm.DC_SD_JWT), None)
    assert (claims["iss"], claims["sub"], claims["jti"]) == (issuing().issuer.did, HOLDER, content["id"])
    assert claims["iat"] == int(AT.timestamp())
    assert claims["exp"] - claims["nbf"] == 731 * 86_400
    assert claims["status"]["status_list"] == {"idx": 7, "uri": f"{URL}/status/list1/token"}
    assert "sandbox" not in claims
    undated = copy_content(issuing(), award(validUntil=None), copy())
    endless = sd_jwt_vc_claims(issuing(), undated, copy(CopyForm.DC_SD_JWT), None)
    assert "exp" not in endless
    trying = issuing(issuer=replace(issuing().issuer, sandbox=True))
    assert sd_jwt_vc_claims(trying, content, copy(CopyForm.DC_SD_JWT), None)["sandbox"] is True


def test_a_learning_credential_has_its_facts_and_nothing_else_has() -> None:
    content = copy_content(issuing(), award(), copy())
    for form, facts in ((CopyForm.LEARNING, None), (CopyForm.DC_SD_JWT, FACTS)):
        with pytest.raises(ConflictError):
            sd_jwt_vc_claims(issuing(), content, copy(form), facts)


def test_what_a_holder_of_an_sd_jwt_vc_may_withhold_is_disclosed_apart() -> None:
    made = make_copy_bytes(issuing(), award(), copy(CopyForm.DC_SD_JWT)).decode()
    said = parse_json_object(payload_of(made.partition("~")[0]))
    assert made.count("~") - 1 == len(said["_sd"]) == 3  # the identifier, the achievement and the result
    assert not said.keys() & {"identifier", "achievement", "result"}
    opened = verifier().verify_secured(made, now=NOW + timedelta(hours=1), resolvers=Hosts().resolvers)
    structure = opened.result.check("structure")
    assert structure is not None
    assert structure.data["model"] == MODEL


def test_what_the_official_schema_forbids_is_not_signed() -> None:
    content = copy_content(issuing(), award(), copy())
    with pytest.raises(InputError, match="official schema"):
        lint(issuing(), content | {"name": 7})
    names = ("name", "description", "awardedDate", "validFrom", "image", "evidence", "credentialSchema")
    with pytest.raises(InputError, match="official schema") as told:
        lint(issuing(), content | dict.fromkeys(names, 7))
    assert len(told.value.faults) > 5
    assert told.value.detail.count("; ") == 4, "five are told, and all are kept"


def test_what_is_signed_is_the_canonical_form_under_one_kind_of_suite_alone() -> None:
    suites = build_suites(canonizer())
    assert signs_canonical_form(issuing(suite=suites["eddsa-rdfc-2022"]))
    assert not signs_canonical_form(issuing(suite=suites["eddsa-jcs-2022"]))
