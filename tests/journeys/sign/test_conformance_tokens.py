"""Tokens and selective disclosure at the conformance issuers (found S5)."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.testkit.service import Service
from tests.testkit.vc_api import CREDENTIAL, CREDENTIAL_1, EXAMPLES, SUBJECT, V1, V2, issue, issued, verify

FORMS = ["vc-jwt", "vc-sd-jwt", "vc-cose"]
TOKENS = [f"{form}{suffix}" for form in FORMS for suffix in ("", "-es384", "-eddsa")]
SPOKEN = {**SUBJECT, "name": "Pat", "description": "A mentor"}
ASKED = {"challenge": "u0123", "domain": "https://reader.example"}
PRESENTATION = {"@context": [V2], "type": ["VerifiablePresentation"]}


def derive(service: Service, credential: Any, *pointers: Any, headers: Any = None) -> TestResponse:
    body = {"verifiableCredential": credential, "options": {"selectivePointers": list(pointers)}}
    return service.client().post("/credentials/derive", json=body, headers=headers)


@pytest.mark.parametrize("name", TOKENS)
def test_found_s5_every_form_of_token_is_issued(suites: Service, name: str) -> None:
    secured = issued(suites, {"credentialSubject": SPOKEN}, name)
    assert (secured["@context"], secured["type"]) == (V2, "EnvelopedVerifiableCredential")
    form = name.removesuffix("-es384").removesuffix("-eddsa").replace("-", "+", 1)
    assert secured["id"].startswith(f"data:application/{form}")
    for checks in ({}, {"checks": ["proof"]}):
        assert verify(suites, secured, **checks).status_code == 200
    head, _, text = secured["id"].partition(",")
    middle = len(text) // 3
    altered = f"{head},{text[:middle]}{'A' if text[middle] != 'A' else 'B'}{text[middle + 1 :]}"
    for change in ({"id": altered}, {"@context": EXAMPLES}, {"type": "VerifiableCredential"}, {"more": 1}):
        assert verify(suites, {**secured, **change}).status_code == 400, change
    for refused in ({"refreshService": {}}, {"credentialSubject": {}}, {"@context": [V1]}, {"nonce": "x"}):
        assert issue(suites, {**CREDENTIAL, **refused}, name).status_code == 422, refused
    assert issue(suites, CREDENTIAL_1, name).status_code == 422
    for wish in ({"created": "2026-03-01T00:00:00Z"}, {"type": "vc+cose"}, {"challenge": "1"}):
        assert issue(suites, CREDENTIAL, name, **wish).status_code == 400, wish


@pytest.mark.parametrize("name", TOKENS)
def test_found_s5_every_form_of_token_presents(suites: Service, name: str) -> None:
    held = [issued(suites, {}, name), issued(suites)]
    door = f"/issuers/{name}/presentations"

    def present(presentation: Any, options: Any = ASKED) -> TestResponse:
        return suites.client().post(door, json={"presentation": presentation, "options": options})

    def verified(presentation: Any, **options: Any) -> int:
        body = {"verifiablePresentation": presentation, "options": options}
        return suites.client().post("/presentations/verify", json=body).status_code

    answer = present({**PRESENTATION, "verifiableCredential": held})
    assert answer.status_code == 201, answer.text
    shown = answer.json["verifiablePresentation"]
    assert shown["type"] == "EnvelopedVerifiablePresentation"
    assert verified(shown, **ASKED) == 200
    assert verified(shown, **{**ASKED, "challenge": "another"}) == 400
    assert verified(shown, **{**ASKED, "domain": "https://other.example"}) == 400
    assert verified({**shown, "type": "EnvelopedVerifiableCredential"}, **ASKED) == 400
    assert verify(suites, {**shown, "type": "EnvelopedVerifiableCredential"}).status_code == 400
    spoiled = copy.deepcopy(held)
    spoiled[1]["credentialSubject"] = {"id": "did:example:other"}
    bad = present({**PRESENTATION, "verifiableCredential": spoiled}).json["verifiablePresentation"]
    assert verified(bad, **ASKED) == 400
    for refused in ({}, {**PRESENTATION, "type": []}, {**PRESENTATION, "@context": [V1]}):
        assert present(refused).status_code in (400, 422), refused
    assert present({**PRESENTATION, "undefined": 1}).status_code == 422
    without = suites.client().post("/issuers/eddsa-jcs-2022/presentations", json={"presentation": {}})
    assert without.status_code == 404


def test_found_s5_the_holder_of_an_sd_jwt_withholds_what_is_not_mandatory(suites: Service) -> None:
    change = {"credentialSubject": [SPOKEN, {"id": "did:example:2", "name": "Kim"}]}
    answer = issue(
        suites, {**CREDENTIAL, **change}, "vc-sd-jwt", mandatoryPointers=["/credentialSubject/0/name"]
    )
    assert answer.status_code == 201, answer.text
    token = answer.json["verifiableCredential"]["id"].partition(",")[2]
    assert token.count("~") == 3  # the first subject's description, the second's name
    assert verify(suites, token).status_code == 200
    issuers_part = token.partition("~")[0]
    assert verify(suites, f"{issuers_part}~").status_code == 200


def test_found_s5_a_base_proof_and_what_is_derived_from_it(suites: Service) -> None:
    for base in (CREDENTIAL, CREDENTIAL_1):
        credential = {**base, "id": "urn:uuid:s5", "credentialSubject": SPOKEN}
        answer = issue(
            suites, credential, "ecdsa-sd-2023", mandatoryPointers=["/issuer", "/credentialSubject/id"]
        )
        assert answer.status_code == 201, answer.text
        secured = answer.json["verifiableCredential"]
        assert secured["proof"]["proofValue"].startswith("u2V0A")
        assert verify(suites, secured).status_code == 400  # is for its holder alone
        shown = derive(suites, secured, "/credentialSubject/name")
        assert shown.status_code == 201, shown.text
        part = shown.json["verifiableCredential"]
        assert part["credentialSubject"] == {"id": SUBJECT["id"], "name": "Pat"}
        assert verify(suites, part, checks=["proof"]).status_code == 200
        assert verify(suites, {**part, "id": "urn:uuid:other"}).status_code == 400
        other = derive(suites, {**secured, "id": "urn:uuid:other"}, "/id")
        if base is CREDENTIAL:  # what its issuer's signature covers is seen by whoever is shown
            assert verify(suites, other.json["verifiableCredential"]).status_code == 400
        else:
            assert other.status_code == 422
        for refused in (
            derive(suites, secured, "/nowhere"),
            derive(suites, secured, 7),
            derive(suites, {**secured, "credentialSubject": SUBJECT}, "/id"),
            derive(suites, part, "/credentialSubject/name"),
            derive(suites, credential, "/id"),
            derive(suites, "text", "/id"),
        ):
            assert refused.status_code in (400, 422), refused.text
    wrong = issue(suites, CREDENTIAL, "ecdsa-sd-2023", mandatoryPointers=["/nowhere"])
    assert wrong.status_code == 422
    plain = issue(suites, CREDENTIAL, "ecdsa-rdfc-2019", mandatoryPointers=["/issuer"])
    assert plain.status_code == 400


_SPOILED = (..., None, 7, "", [], {}, [None], "data:,")


@pytest.mark.parametrize("name", ["ecdsa-sd-2023", "bitstring-status-list"])
def test_found_s5_no_member_that_is_spoiled_or_missing_ends_in_a_500(suites: Service, name: str) -> None:
    """Every member of a good credential and of its proof, by every door that takes one."""
    good = issued(
        suites, {"id": "urn:uuid:s5", "credentialSubject": SPOKEN, "@context": [V2, EXAMPLES]}, name
    )
    for inside, value in [(place, value) for place in (good, good["proof"]) for value in _SPOILED]:
        for member in list(inside):
            spoiled = copy.deepcopy(good)
            target = spoiled if inside is good else spoiled["proof"]
            target |= {} if value is ... else {member: value}
            if value is ...:
                del target[member]
            answers = [
                verify(suites, spoiled),
                *(derive(suites, spoiled, pointer) for pointer in ("/issuer", "/credentialSubject", "")),
                issue(suites, {**spoiled, "proof": None} if "proof" in spoiled else spoiled, name),
            ]
            assert all(one.status_code < 500 for one in answers), (member, value)
